"""The sampling benchmark's judgement, with a few programs: no language model."""

import pytest

from benchmarks import _puzzles, sampling
from benchmarks._puzzles import Judged, judge, scene_puzzles
from vpd.chat.answers import Answer
from vpd.datasets.scenes.questions import bank
from vpd.execution.program import canonical
from vpd.review.finding import Finding
from vpd.review.reviewer import Review
from vpd.sampling.drafts import Draft
from vpd.sampling.prompt import Asked
from vpd.sampling.request import SamplingConfig, build_request

HEAD = "def execute_command(image):\n    patch = ImagePatch(image)\n    "
RIGHT = HEAD + "return str(len(patch.find('cube')))"
CONSTANT = HEAD + "return '1'"
FAILS = HEAD + "return patch.find('pyramid')[0].simple_query('What?')"
TEXT = "How many cubes are there?"


@pytest.fixture(autouse=True)
def one_text(monkeypatch: pytest.MonkeyPatch) -> None:
    """Puzzles for one text alone: those for all take ten seconds."""
    monkeypatch.setattr(_puzzles, "bank", lambda level: [form for form in bank(level) if form.text == TEXT])


def test_judge_tells_right_programs_from_lucky_ones_and_failing_ones():
    puzzles, oracle = scene_puzzles()
    judged = judge([p for p in puzzles if p.text == TEXT], oracle, {TEXT: [RIGHT, CONSTANT, FAILS]})
    assert judged[TEXT, RIGHT] == Judged(1.0, True)
    assert judged[TEXT, CONSTANT] == Judged(1.0, False)
    assert judged[TEXT, FAILS] == Judged(0.0, False)


def draft(place: int, source: str, finding: Finding | None = None) -> Draft:
    config = SamplingConfig()
    request = build_request(config, config.writers[0], Asked(TEXT))
    answer = Answer(request.key, place, source, None, None, "stop", -0.1, 10, 0, 0, "live")
    program = canonical(source)
    review = Review(program, finding, source)
    return Draft(place, "first", config.writers[0], 0.5, request, answer, review, finding)


def test_figures_count_candidates_and_questions():
    [puzzle] = [p for p in scene_puzzles()[0] if p.text == TEXT]
    sources = [canonical(text).source for text in (RIGHT, RIGHT, CONSTANT, FAILS)]
    drafts = [draft(n, source) for n, source in enumerate(sources[:3])]
    drafts.append(draft(3, sources[3], Finding("vocabulary", "no pyramids")))
    judged = {
        (TEXT, sources[0]): Judged(1.0, True),
        (TEXT, sources[2]): Judged(1.0, False),
        (TEXT, sources[3]): Judged(0.0, False),
    }
    assert sampling._figures([puzzle], drafts, judged) == {
        "questions": 1,
        "parses": 1,
        "executes": 0.75,
        "pass_at_1": 0.5,
        "any_of_5": 1,
        "call_graphs": 3,
        "finding_rate": 0.25,
        "false_alarms": 0,
    }
