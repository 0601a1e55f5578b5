"""Examples as chat messages, in the two forms that trainers read.

Lists of parts, one `{"type": "image"}` per picture, with `images` beside the messages: what TRL and the chat
templates of transformers take. And content as text with `<image>` where the picture goes: what LLaMA-Factory
takes, which passes content on as text and counts the placeholders against `images`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from vpd.records import Example

PLACEHOLDER = "<image>"


def chat_messages(example: Example) -> list[dict[str, Any]]:
    """Return the conversation of an example: the user's picture and prompt, the assistant's target."""
    return [
        {"role": "user", "content": [{"type": "image"}, {"type": "text", "text": example.prompt}]},
        {"role": "assistant", "content": [{"type": "text", "text": example.target}]},
    ]


def text_messages(example: Example) -> list[dict[str, str]]:
    """Return the conversation with content as text and a placeholder for the picture."""
    return [
        {"role": "user", "content": f"{PLACEHOLDER}{example.prompt}"},
        {"role": "assistant", "content": example.target},
    ]


def count_images(messages: Sequence[Mapping[str, Any]]) -> int:
    """Return the number of pictures that messages of either form have a place for."""
    contents = [message["content"] for message in messages]
    parts = [part for content in contents if isinstance(content, list) for part in content]
    texts = [c for c in contents if isinstance(c, str)] + [str(p.get("text", "")) for p in parts]
    return [p["type"] for p in parts].count("image") + sum(text.count(PLACEHOLDER) for text in texts)
