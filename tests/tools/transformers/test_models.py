"""Every kind of model, with random weights, through the way that a user's file goes."""

import dataclasses
import math

import pytest

from vpd.geometry import Box
from vpd.tools.protocol import Detection, ToolFailure, ToolRequest, ToolResult

CASES = {
    "owlv2": ("detector", "find", ("cat",)),
    "grounding_dino": ("detector", "find", ("Traffic light.",)),
    "detr": ("detector", "find", ("the cats",)),
    "rt_detr": ("detector", "find", ("some dogs",)),
    "clip": ("image_text", "verify_property", ("car", "red")),
    "siglip": ("image_text", "best_text_match", (("red", "blue", "a green car"),)),
    "dpt": ("depth", "compute_depth", ()),
    "depth_anything": ("depth", "compute_depth", ()),
    "paligemma": ("questions", "simple_query", ("What color is it?",)),
    "idefics3": ("questions", "simple_query", ("What color is it?",)),
    "llava": ("reading", "read_text", ()),
    "got_ocr2": ("reading", "read_text", ()),
}
# PaliGemma's processor converts tensors to arrays in a way that numpy has deprecated.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation doesn't accept:DeprecationWarning")


def options(kind):
    """Let detectors give what they see at all, and writers write little."""
    section, _, _ = CASES[kind]
    return {"detector": {"threshold": 0.0}, "reading": {"tokens": 5}, "questions": {"tokens": 5}}.get(
        section, {}
    )


@pytest.fixture(scope="module")
def tool_of(open_section):
    """The tool of a kind in a type, opened once."""
    opened = {}

    def get(kind, dtype="float32"):
        if (kind, dtype) not in opened:
            section, method, _ = CASES[kind]
            opened[kind, dtype] = open_section(section, kind, dtype, **options(kind))[method]
        return opened[kind, dtype]

    return get


def numbers(answer):
    """All numbers of an answer, in order."""
    assert isinstance(answer, ToolResult), answer
    found = [] if answer.confidence is None else [answer.confidence]
    if isinstance(answer.value, float):
        return [*found, answer.value]
    if not isinstance(answer.value, tuple):
        return found
    for seen in answer.value:
        assert isinstance(seen, Detection)
        found += [seen.confidence, *dataclasses.astuple(seen.box)]
    return found


@pytest.mark.parametrize("kind", CASES)
def test_pictures_of_every_size_are_answered_alone_as_in_a_batch(kind, tool_of, requests_of):
    requests = requests_of(*CASES[kind][2])
    together = tool_of(kind).run(requests)
    for request, answer in zip(requests, together, strict=True):
        [alone] = tool_of(kind).run([request])
        assert numbers(answer) == pytest.approx(numbers(alone), rel=1e-4, abs=1e-3)
        if isinstance(answer.value, str | bool):
            assert answer.value == alone.value


@pytest.mark.parametrize("kind", CASES)
def test_answers_depend_on_the_picture(kind, tool_of, requests_of):
    answers = tool_of(kind).run(requests_of(*CASES[kind][2]))
    assert len({str(answer) for answer in answers}) > 1


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", CASES)
def test_weights_have_the_type_and_room_that_the_card_says_and_answers_are_finite(
    kind, dtype, tool_of, requests_of
):
    tool = tool_of(kind, dtype)
    for answer in tool.run(requests_of(*CASES[kind][2])):
        assert all(map(math.isfinite, numbers(answer)))
    with tool._pool.lend(tool._weights) as model:
        assert {str(p.dtype) for p in model.network.parameters()} == {f"torch.{dtype}"}
        assert {p.device.type for p in model.network.parameters()} == {tool.card.device} == {"cpu"}
        assert model.nbytes == tool.card.memory_bytes
        assert not model.network.training


@pytest.mark.parametrize("kind", ["owlv2", "grounding_dino", "detr", "rt_detr"])
def test_boxes_lie_in_the_region_that_was_asked_about(kind, tool_of, requests_of):
    requests = requests_of(*CASES[kind][2])
    answers = tool_of(kind).run(requests)
    assert any(answer.value for answer in answers)
    for request, answer in zip(requests, answers, strict=True):
        for seen in answer.value:
            assert seen.box.overlap(request.region) > 0
            assert 0 <= seen.confidence <= 1


def test_a_name_outside_the_vocabulary_and_a_region_outside_the_picture_hurt_only_themselves(
    open_section, pictures
):
    tool = open_section("detector", "detr", threshold=0.0)["exists"]
    assert tool.card.vocabulary == ("cat", "dog", "traffic light", "person", "glass")
    whole = Box(0, 0, 90, 40)
    asked = [(whole, "zebra"), (whole, "cat"), (Box(500, 0, 600, 10), "cat")]
    zebra, cat, nowhere = tool.run([ToolRequest(pictures["wide"], box, (name,)) for box, name in asked])
    assert (zebra.kind, nowhere.kind) == ("vocabulary", "argument")
    assert cat.value is True


def test_bad_requests_load_no_weights(open_section, pictures):
    tool = open_section("detector", "detr")["find"]
    tool.run([ToolRequest(pictures["wide"], Box(0, 0, 9, 9), ("zebra",))])
    assert tool._pool.nbytes == 0


@pytest.mark.parametrize(
    ("section", "kind", "method", "args"),
    [
        ("detector", "owlv2", "find", ("",)),
        ("image_text", "clip", "verify_property", ("car", " ")),
        ("image_text", "clip", "best_text_match", ((),)),
        ("questions", "llava", "simple_query", ("  ",)),
    ],
)
def test_an_empty_argument_is_refused(section, kind, method, args, open_section, pictures):
    tool = open_section(section, kind)[method]
    [answer] = tool.run([ToolRequest(pictures["wide"], Box(0, 0, 9, 9), args)])
    assert isinstance(answer, ToolFailure)
    assert answer.kind == "argument"


def test_texts_longer_than_a_model_reads_are_cut_off(open_section, pictures):
    request = ToolRequest(pictures["wide"], Box(0, 0, 90, 40), ("cat " * 300,))
    for kind in ("owlv2", "grounding_dino"):
        [answer] = open_section("detector", kind)["find"].run([request])
        assert isinstance(answer, ToolResult)
    request = ToolRequest(pictures["wide"], Box(0, 0, 90, 40), ("cat " * 300, "red"))
    for kind in ("clip", "siglip"):
        [answer] = open_section("image_text", kind)["verify_property"].run([request])
        assert isinstance(answer, ToolResult)


def test_a_version_names_all_that_decides_answers_and_nothing_else(open_section, open_file, models):
    def version(section="detector", kind="owlv2", method="find", dtype="float32", **more):
        return open_section(section, kind, dtype, **more)[method].card.version

    assert version() == version(batch=2) == version(method="exists")
    asks = {"section": "questions", "kind": "llava", "method": "simple_query"}
    distinct = [
        version(),
        version(kind="grounding_dino"),
        version(dtype="bfloat16"),
        version(threshold=0.3),
        version(overlap=0.7),
        version(**asks),
        version(**asks, prompt="answer en {question}"),
        version(**asks, tokens=3),
        version("image_text", "clip", "verify_property"),
        version("image_text", "clip", "verify_property", threshold=0.6),
    ]
    assert len(set(distinct)) == len(distinct)
    tools = open_file(f"device = 'cpu'\nmemory_gb = 1\n[detector]\nmodel = '{models['owlv2']}'").tools
    assert tools["find"].card.version == version()


def test_models_that_do_not_fit_together_take_turns(open_file, models, requests_of):
    sections = {"detector": "owlv2", "image_text": "clip", "depth": "dpt"}
    text = "memory_gb = 0.0008\n"  # each takes 0.3 to 0.4 MB
    text += "".join(f"[{name}]\nmodel = '{models[kind]}'\n" for name, kind in sections.items())
    tools = open_file(text).tools
    asked = {"find": ("cat",), "verify_property": ("car", "red"), "compute_depth": ()}
    for method in [*asked, *asked]:
        assert all(isinstance(a, ToolResult) for a in tools[method].run(requests_of(*asked[method])))
        assert 0 < tools[method]._pool.nbytes <= 800_000
