"""Preference pairs for direct preference optimisation (Rafailov et al. 2023), as TRL's DPOTrainer reads them.

programs     text alone: the question, a right program, a worse one. Worse is in this order wrong, runtime,
             syntax (`vpd.export.tries`), and one pair of each comes before a second of any.
rationales   with the picture: the question's rationale, and that of a run that gave a wrong answer

Both are conversations: `prompt`, `chosen` and `rejected` are lists of messages, and rationales have `images`
beside them. No pair is there twice; programs of a text that is asked of many pictures would be.

Not here: pairs of two wrong programs; how good a pair is for training.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice, zip_longest

from vpd.export.standing import Standing
from vpd.export.tables import TALK, TALK_OF_PARTS, TEXT, ExportTable, Row, split_name
from vpd.export.told import Told
from vpd.export.tries import WORSE, Rank, Tried, Tries
from vpd.records import Example, Question
from vpd.sampling.prompt import Asked, question_line
from vpd.scoring.score import answer_key

INSTRUCTION = (
    "Write a Python function execute_command(image) that answers the question about a picture through the "
    "vision API `{tools}`."
)
_ABOUT = dict.fromkeys(("question_id", "split", "family", "rejected_rank", "rejected_outcome"), TEXT)
PROGRAM_PAIRS = ExportTable(
    "preferences-programs",
    "two programs for one question text, the one better than the other",
    {"prompt": TALK, "chosen": TALK, "rejected": TALK, **_ABOUT},
    pictures=False,
)
RATIONALE_PAIRS = ExportTable(
    "preferences-rationales",
    "the rationale of a question, and that of a run that gave a wrong answer",
    {"prompt": TALK_OF_PARTS, "chosen": TALK_OF_PARTS, "rejected": TALK_OF_PARTS, **_ABOUT},
)


def program_pairs(tries: Tries, standing: Standing, tools: str, most: int) -> list[Row]:
    """Return at most `most` pairs for a question, without those that other pictures of its text contradict.

    `tools` is the version of the tools of the runs, which begins with the tool set's name.
    """
    question, right = tries.question, tries.of("right")
    if not right or not standing.counts(question):
        return []
    asked = question_line(Asked(*question.asks))
    prompt = f"{INSTRUCTION.format(tools=tools.partition('[')[0])}\n\n{asked}"
    rows = (
        Row(
            question.split,
            question.image_id,
            {
                "prompt": [{"role": "user", "content": prompt}],
                "chosen": [{"role": "assistant", "content": chosen.source}],
                "rejected": [{"role": "assistant", "content": rejected.source}],
                **_about(question, rejected),
            },
        )
        for chosen, rejected in _in_turn(right, [tries.of(rank) for rank in WORSE])
        if standing.better(question, chosen, rejected)
    )
    return list(islice(rows, most))


def rationale_pairs(question: Question, rationale: Example, told: Iterable[Told], most: int) -> list[Row]:
    """Return at most `most` pairs of a question's rationale with another's; answers and texts differ."""
    rows, said = [], {rationale.target}
    prompt = [{"type": "image"}, {"type": "text", "text": rationale.prompt}]
    for run in told:
        same = answer_key(run.tried.answer or "") == answer_key(rationale.answer)
        if run.tried.rank != "wrong" or same or run.text in said:
            continue
        said.add(run.text)
        columns = {
            "prompt": [{"role": "user", "content": prompt}],
            "chosen": _says(rationale.target),
            "rejected": _says(run.text),
            **_about(question, run.tried),
        }
        rows.append(Row(question.split, question.image_id, columns))
    return rows[:most]


def _in_turn(right: Sequence[Tried], worse: Sequence[Sequence[Tried]]) -> Iterator[tuple[Tried, Tried]]:
    """Yield pairs: the first of each worse rank, then the second of each, against the right ones in turn."""
    for number, rejected in enumerate(zip_longest(*worse)):
        yield from ((right[number % len(right)], one) for one in rejected if one is not None)


def _says(text: str) -> list[dict[str, object]]:
    return [{"role": "assistant", "content": [{"type": "text", "text": text}]}]


def _about(question: Question, rejected: Tried) -> dict[str, str]:
    rank: Rank = rejected.rank
    return {
        "question_id": question.question_id,
        "split": split_name(question.split),
        "family": question.family,
        "rejected_rank": rank,
        "rejected_outcome": rejected.outcome,
    }
