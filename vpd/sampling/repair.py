"""The repair round: a bad program goes back to the model that wrote it, with what is wrong with it.

Not here: finding out what is wrong (`vpd.review`).
"""

from typing import Any

from vpd.review.finding import Finding
from vpd.sampling.prompt import ENTRY_LINE, Asked, Style, build_prompt

INSTRUCTION = "That program is wrong: {problem}\nWrite execute_command(image) again, without this mistake."


def build_repair(
    asked: Asked, tools: str, examples: int, style: Style, text: str, finding: Finding
) -> dict[str, Any]:
    """Return the part of a request's payload that asks for a better program than `text`.

    It begins like the prompt that `text` answered, so an endpoint that keeps the start of a prompt reads only
    the rest.
    """
    prompt = build_prompt(asked, tools, examples, style)
    said = INSTRUCTION.format(problem=finding.message)
    if style == "raw":
        comment = "\n".join(f"# {line}" for line in said.split("\n"))
        return {**prompt, "prompt": f"{prompt['prompt']}{text.rstrip()}\n\n{comment}\n{ENTRY_LINE}"}
    more = [{"role": "assistant", "content": text}, {"role": "user", "content": said}]
    return {"messages": [*prompt["messages"], *more]}
