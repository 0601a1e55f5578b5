"""A source of questions in a home of its own, and a writer whose second program is wrong at first."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from tests.chat_server import Reply, answers, question_of
from vpd.datasets.scenes.source import scenes_spec
from vpd.datasets.sources import register, shard_names
from vpd.records import QUESTIONS, Question
from vpd.sampling.prompt import Asked
from vpd.store import ArtifactStore

GOOD = 'def execute_command(image):\n    return str(len(ImagePatch(image).find("{}")))'
BAD = "def execute_command(image):\n    return ImagePatch(image).nonsense()"
SHAPES = ("cube", "sphere", "cylinder", "cone")
ASKED = [Asked(f"How many {shape}s are there?") for shape in SHAPES]


def write_source(home: Path, name: str = "mine") -> list[str]:
    """Two shards of questions; two of the texts are in both."""
    store = ArtifactStore.open(str(home.resolve() / "store"))
    shards = shard_names(register(store, scenes_spec(name, 2)))
    for shard, asked in zip(shards, (ASKED[:3], ASKED[1:]), strict=True):
        rows = [
            Question(f"{shard}-{i}", "image", one.text, ("1",), (), "count", "train", False, name)
            for i, one in enumerate(asked)
        ]
        store.write_shard(QUESTIONS, shard, QUESTIONS.frame(rows), "f")
    return shards


def writes(payload: dict[str, Any]) -> Reply:
    """First one good program and then bad ones; told what is wrong, good ones."""
    text = question_of(payload)
    repairs = not text.startswith("How many")
    question = payload["messages"][-3]["content"] if repairs else text
    good = GOOD.format(next(shape for shape in SHAPES if shape in question))
    programs = [good if repairs or i == 0 else BAD for i in range(payload["n"])]
    usage = {"prompt_tokens": 100, "completion_tokens": 2 * payload["n"]}
    return answers(*programs, usage=usage)


def refuses(payload: dict[str, Any]) -> Reply:
    return 401, {}, b"nobody may ask"


def first_round(payloads: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return [payload for payload in payloads if question_of(payload).startswith("How many")]
