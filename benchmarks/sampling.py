"""How good the programs are that the language model writes, what each measure gains, and how fast it goes.

`vpd bench sampling --json` prints it. Programs come from VPD_LLM_URL, else the embedded model, which takes
two to three hours on two cores the first time; answers are kept under VPD_HOME, so it can be stopped at any
point.
All programs are judged on 12 pictures a question with tools that know the truth (`benchmarks._puzzles`).

    parses          share of candidates that are programs
    executes        share of runs that end in an answer
    pass_at_1       share of candidates that are right on all pictures
    any_of_5        share of questions with a right candidate
    call_graphs     different call graphs per question
    finding_rate    share of candidates in which the review finds something wrong
    false_alarms    share of right candidates in which it does

`quality` is the default configuration on all texts. `measures` compares ways of asking, each against the
first answers, on one everyday text in twelve: about scenes nearly all first answers are right. `speed` is
tokens per second over those of the bare endpoint (`benchmarks._asking`).
"""

import sys
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import mean
from typing import Any

from benchmarks._asking import speed
from benchmarks._puzzles import Judged, Puzzle, everyday_puzzles, judge, scene_puzzles
from vpd.sampling.drafts import Draft
from vpd.sampling.plan import load_plan
from vpd.sampling.prompt import Asked
from vpd.sampling.request import SamplingConfig
from vpd.sampling.sampler import open_sampler
from vpd.settings import load_settings
from vpd.tools.protocol import ToolSet

K = 5
STEP = 12  # one everyday text in so many, where ways of asking are compared


@dataclass(frozen=True)
class Set:
    """Questions for one tool set, and tools that know the answers."""

    tools: str
    puzzles: list[Puzzle]
    oracle: ToolSet


def run() -> dict[str, Any]:
    """Measure quality, measures and speed."""
    sets = [Set("scenes", *scene_puzzles()), Set("photos", *everyday_puzzles())]
    return {
        "texts": {s.tools: len(s.puzzles) for s in sets},
        "quality": {s.tools: _quality(s) for s in sets},
        "measures": _measures(replace(sets[-1], puzzles=sets[-1].puzzles[::STEP])),
        "speed": speed(),
    }


def _quality(questions: Set) -> dict[str, Any]:
    drafts = _written(questions, {})
    judged = _judged(questions, drafts)
    return {
        "first answers": _by_family(questions, _first(drafts), judged),
        "with repair": _by_family(questions, _standing(drafts), judged),
    }


def _measures(questions: Set) -> dict[str, Any]:
    ways: dict[str, dict[str, Any]] = {
        "first answers": {"repair": False},
        "the same examples for all": {"repair": False, "tools": "benchmarks._fixed:PHOTOS"},
        "raw": {"repair": False, "style": "raw"},
        "grammar": {"repair": False, "grammar": "grammar"},
        "repair": {},
        "repair, then written again": {"resample": K},
    }
    drafts = {way: _standing(_written(questions, change)) for way, change in ways.items()}
    judged = _judged(questions, [d for found in drafts.values() for d in found])
    return {way: _figures(questions.puzzles, found, judged) for way, found in drafts.items()}


def _written(questions: Set, change: Mapping[str, Any]) -> list[Draft]:
    """Return the drafts for all questions under a changed configuration."""
    settings = load_settings()
    plan = load_plan(settings)
    writers = [w.model_copy(update=_of(change, type(w))) for w in plan.config.writers]
    known = {"tools": questions.tools, **_of(change, SamplingConfig), "writers": writers}
    config = SamplingConfig.model_validate(plan.config.model_dump() | known)
    with open_sampler(settings, replace(plan, config=config)) as sampler:
        asked = [Asked(puzzle.text) for puzzle in questions.puzzles]
        return [draft for _, drafts in sampler.sample(asked, _tell(change)) for draft in drafts]


def _of(change: Mapping[str, Any], model: Any) -> dict[str, Any]:
    return {name: value for name, value in change.items() if name in model.model_fields}


def _tell(change: Mapping[str, Any]) -> Any:
    def tell(done: int, total: int) -> None:
        print(f"\r{change or 'default'}: {done} of {total} questions  ", end="", file=sys.stderr, flush=True)

    return tell


def _first(drafts: Iterable[Draft]) -> list[Draft]:
    return [draft for draft in drafts if draft.round == "first"]


def _standing(drafts: Iterable[Draft]) -> list[Draft]:
    return [draft for draft in drafts if draft.stands]


def _source(draft: Draft) -> str | None:
    return draft.review.program.source if draft.review and draft.review.program else None


def _judged(questions: Set, drafts: Iterable[Draft]) -> dict[tuple[str, str], Judged]:
    programs: dict[str, list[str]] = defaultdict(list)
    for draft in drafts:
        source = _source(draft)
        if source is not None:
            programs[draft.request.question].append(source)
    return judge(questions.puzzles, questions.oracle, programs)


def _by_family(
    questions: Set, drafts: Sequence[Draft], judged: Mapping[tuple[str, str], Judged]
) -> dict[str, Any]:
    families = dict.fromkeys(puzzle.family for puzzle in questions.puzzles)
    found = {f: [p for p in questions.puzzles if p.family == f] for f in families}
    return {
        f: _figures(puzzles, drafts, judged) for f, puzzles in {**found, "all": questions.puzzles}.items()
    }


def _figures(
    puzzles: Sequence[Puzzle], drafts: Sequence[Draft], judged: Mapping[tuple[str, str], Judged]
) -> dict[str, Any]:
    """Return the rates of the drafts for these questions."""
    none = Judged(0.0, False)
    by_text: dict[str, list[tuple[Draft, Judged]]] = {puzzle.text: [] for puzzle in puzzles}
    for draft in drafts:
        text, source = draft.request.question, _source(draft)
        if text in by_text:
            by_text[text].append((draft, judged[text, source] if source is not None else none))
    pairs = [pair for found in by_text.values() for pair in found]
    right = [draft for draft, how in pairs if how.right]
    return {
        "questions": len(by_text),
        "parses": mean(_source(draft) is not None for draft, _ in pairs),
        "executes": mean(how.answered for _, how in pairs),
        "pass_at_1": mean(how.right for _, how in pairs),
        "any_of_5": mean(any(how.right for _, how in found) for found in by_text.values()),
        "call_graphs": mean(len({d.sense for d, _ in found if d.sense}) for found in by_text.values()),
        "finding_rate": mean(draft.finding is not None for draft, _ in pairs),
        "false_alarms": mean(draft.finding is not None for draft in right) if right else 0.0,
    }
