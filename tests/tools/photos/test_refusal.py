"""What is refused without a picture is what the real tools refuse, with made-up models that see all."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vpd.geometry import Box
from vpd.tools.coco import KINDS, NAMES
from vpd.tools.photos.imagenet import LABELS
from vpd.tools.photos.methods import photo_tools
from vpd.tools.photos.questions import read_question
from vpd.tools.photos.seeing import Eyes, Seen
from vpd.tools.protocol import Picture, ToolFailure, ToolRequest
from vpd.tools.toolset import PHOTOS

PICTURE = Picture("all", np.full((40, 40, 3), (220, 0, 0), np.uint8))
WHOLE = Box(0.0, 0.0, 40.0, 40.0)
WORDS = [
    "dog",
    "cat",
    "person",
    "people",
    "man",
    "squirrel",
    "animal",
    "lemon",
    "wug",
    "object",
    "red",
    "old",
]
nouns = st.one_of(
    st.sampled_from(WORDS),
    st.sampled_from([*NAMES, *KINDS]),
    st.sampled_from(LABELS).map(lambda x: x.everyday),
)
names = st.one_of(nouns, nouns.map("red {}".format), nouns.map("tall {}".format), nouns.map("{}s".format))
colors = st.sampled_from(["red", "grey", "blue", "beige"])
questions = st.one_of(
    names.map("How many {} are there?".format),
    names.map("Is there a {}?".format),
    names.map("What color is the {}?".format),
    names.map("What kind of {} is this?".format),
    st.tuples(names, colors).map(lambda pair: "Is the {} {}?".format(*pair)),
    st.tuples(names, names).map(lambda pair: "Is it a {} or a {}?".format(*pair)),
    names.map("Is it a {}?".format),
    names.map("What is the {} doing?".format),
    st.sampled_from(["What does it say?", "What is it?", "Why?", "Is it red?", "Is it red or blue?"]),
)
calls = st.one_of(
    st.tuples(st.sampled_from(["find", "exists"]), st.tuples(names)),
    st.tuples(st.just("verify_property"), st.tuples(names, st.one_of(names, colors))),
    st.tuples(st.just("simple_query"), st.tuples(questions)),
    st.tuples(
        st.just("best_text_match"),
        st.tuples(st.lists(st.one_of(names, colors), min_size=1, max_size=3).map(tuple)),
    ),
    st.tuples(st.just("read_text"), st.just(())),
)


class SeesAll:
    """A model that sees the same everywhere."""

    version, memory_bytes = "all", 0

    def __init__(self, sight):
        self._sight = sight

    def look(self, picture, region):
        return self._sight


@pytest.fixture(scope="module")
def tools():
    everything = tuple(Seen(name, WHOLE, 0.9) for name in NAMES)
    return photo_tools(Eyes(SeesAll(everything), SeesAll(np.ones(len(LABELS), np.float32)), SeesAll(())), 1)


@given(calls)
@settings(max_examples=500)
def test_photo_refusal_is_what_the_real_tool_says_of_a_picture_with_everything(tools, call):
    method, args = call
    [answer] = tools[method].run([ToolRequest(PICTURE, WHOLE, args)])
    refused = PHOTOS.refuses(method, args)
    if refused is not None:
        assert refused == answer
    elif isinstance(answer, ToolFailure):  # the question is clear, but here it cannot be told
        assert answer.kind == "argument"
        assert method != "simple_query" or read_question(args[0])


def test_photo_refusal_of_what_needs_no_vocabulary_is_none():
    assert PHOTOS.refuses("llm_query", ("What do wugs eat?",)) is None


def test_photo_refusal_loads_no_model():
    code = (
        "import sys; from vpd.tools.toolset import PHOTOS; assert PHOTOS.refuses('find', ('wug',));"
        "assert not {'onnx', 'onnxruntime', 'rapidocr', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
