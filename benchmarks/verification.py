"""Which programs each policy keeps, and how many of them are right for the right reason.

`vpd bench verification --json` prints it. Questions are those of generated pictures, programs run with the
OpenCV tools, and nothing but labels is known to any policy. A program is right if it answers right on 12
counterfactual scenes with tools that know the truth (`benchmarks._puzzles`); that is used to measure alone.

Two sets of candidates, five for each of 257 texts (`early_programs.jsonl.zst`): `written`, by a language
model that was shown the same thirteen examples for every question, and `planted`, in which every second one
of these on average has a planted mistake (`benchmarks._mistakes`).

    precision       share of kept candidates that are right programs; what is missing to 1 is the share that
                    is right for the wrong reason
    recall          share kept, of the right programs whose answer equals the label
    wrong_questions share of questions with a chosen program whose chosen program is wrong
    coverage        share of questions with a chosen program

`policies` is what is in force, `worth` the same with parts left out, `cost` what probing costs.
"""

import json
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import zstandard

from benchmarks._mistakes import with_mistake
from benchmarks._puzzles import judge, scene_puzzles
from vpd.datasets.ingest import ingest_images, ingest_questions
from vpd.datasets.scenes.source import scenes_spec
from vpd.datasets.scenes.world import LEVELS
from vpd.datasets.sources import register
from vpd.execution.engine import open_engine
from vpd.execution.stage import execute_programs
from vpd.probing.ablation import deniable
from vpd.probing.prober import Prober
from vpd.probing.stage import PICTURES, probe_programs
from vpd.records import PROBES, PROGRAMS, QUESTIONS, TRACES, Candidate, Probe, Question, Trace, stable_id
from vpd.review.reviewer import open_reviewer
from vpd.store import ArtifactStore
from vpd.tools.toolset import SCENES
from vpd.verification.evidence import Evidence, gather
from vpd.verification.judge import choose
from vpd.verification.policy import AgreementPolicy, Bar, LabelPolicy, Policy, ProbedPolicy
from vpd.verification.words import looked_for

PROGRAMS_FILE = Path(__file__).parent / "early_programs.jsonl.zst"
IMAGES = {"easy": 800, "full": 800}
SEED = 92  # pictures from 920,000,000; the policies were made on those of the seeds 90 and 91
MISTAKES = 0.5  # share of candidates that are given one in the planted set


Labels = Literal["all", "others", "none"]


@dataclass(frozen=True)
class Case:
    """One question of the train split with its candidates, their runs and probes."""

    question: Question
    candidates: list[Candidate]
    traces: dict[str, Trace]
    probes: dict[str, Probe]
    known: frozenset[str]

    def evidence(self, pictures: int, labels: Labels = "all") -> list[Evidence]:
        """Return the evidence with so many other pictures, if these and the question have labels."""
        others = labels != "none"
        probes = {name: _first(probe, pictures, others) for name, probe in self.probes.items()}
        question = self.question if labels == "all" else replace(self.question, answers=())
        return gather(question, self.candidates, self.traces, probes, self.known)


@dataclass(frozen=True)
class Way:
    """A policy, and what it is given."""

    policy: Policy
    pictures: int = PICTURES
    labels: Labels = "all"


POLICIES = {
    "label": Way(LabelPolicy(), 0),
    "probed": Way(ProbedPolicy()),
    "agreement": Way(AgreementPolicy(), labels="none"),
    "agreement, no other pictures": Way(AgreementPolicy(), 0, "none"),
    "agreement, others labelled": Way(AgreementPolicy(), labels="others"),
}
NOT_BEST, ONLY_BEST = Bar(behind=99), Bar(way=-9.0)
WORTH = {
    "probed, no other pictures": Way(ProbedPolicy(), 0),
    "probed, 4 pictures": Way(ProbedPolicy(), 4),
    "probed, 8 pictures": Way(ProbedPolicy(), 8),
    "probed, luck not asked for": Way(ProbedPolicy(luck=1.0)),
    "probed, agreement does not count": Way(ProbedPolicy(alike=1.1)),
    "probed, not held against the best": Way(ProbedPolicy(NOT_BEST)),
    "probed, one behind the best": Way(ProbedPolicy(Bar(behind=1))),
    "probed, only held against the best": Way(ProbedPolicy(ONLY_BEST)),
}


def run(images: Mapping[str, int] = IMAGES) -> dict[str, Any]:
    """Measure both levels and both sets."""
    return {level: _level(level, count) for level, count in images.items()}


def _level(level: str, images: int) -> dict[str, Any]:
    puzzles, oracle = scene_puzzles(LEVELS[level])
    figures = {}
    for name, programs in {"written": _written(), "planted": _planted()}.items():
        with tempfile.TemporaryDirectory() as folder:
            store = ArtifactStore.open(folder)
            shard = _ingest(store, level, images, programs)
            cases, cost = _cases(store, shard)
        sources = {text: [c.source for c in found if c.problem is None] for text, found in programs.items()}
        right = {key for key, judged in judge(puzzles, oracle, sources).items() if judged.right}
        figures[name] = {
            "questions": len(cases),
            "right_programs": _share(
                (c.question_text, c.source) in right for found in programs.values() for c in found
            ),
            "policies": {n: _figures(cases, way, right) for n, way in POLICIES.items()},
            "by_family": {n: _by_family(cases, way, right) for n, way in POLICIES.items()},
            "worth": {n: _figures(cases, way, right) for n, way in WORTH.items()},
            "probes": _alone(cases, right),
            "cost": cost,
        }
    return figures


def _written() -> dict[str, list[Candidate]]:
    with zstandard.open(PROGRAMS_FILE, "rt", encoding="utf-8") as lines:
        next(lines)
        rows = [json.loads(line) for line in lines]
    with open_reviewer(SCENES) as reviewer:
        return {
            row["question"]: [
                _candidate(row["question"], place, text, row["logprobs"][place], reviewer)
                for place, text in enumerate(row["programs"])
            ]
            for row in rows
        }


def _planted() -> dict[str, list[Candidate]]:
    rng = random.Random(SEED)
    with open_reviewer(SCENES) as reviewer:
        return {
            text: [
                _candidate(text, place, with_mistake(c.source, rng), c.logprob, reviewer)
                if c.problem is None and rng.random() < MISTAKES
                else c
                for place, c in enumerate(found)
            ]
            for text, found in _written().items()
        }


def _candidate(text: str, place: int, source: str, logprob: float | None, reviewer: Any) -> Candidate:
    [review] = reviewer.review(text, [source])
    program, finding = review.program, review.finding
    return Candidate(
        candidate_id=stable_id("bench", text, place),
        question_text=text,
        choices=(),
        sample_index=place,
        round="first",
        program_id=program.program_id if program else None,
        call_graph=review.call_graph,
        source=program.source if program else source,
        problem=f"{finding.kind}: {finding.message}" if finding else None,
        prompt_sha256="",
        request_key="",
        model="",
        origin="record",
        temperature=0.5,
        logprob=logprob,
        completion_tokens=0,
        prompt_tokens=0,
        cached_tokens=0,
        cost=None,
    )


def _ingest(store: ArtifactStore, level: str, images: int, programs: Mapping[str, list[Candidate]]) -> str:
    """Commit pictures, the questions that have candidates, and the candidates; returns the shard."""
    spec = register(store, scenes_spec(f"bench-{level}", 1, level=level, images=images, seed=SEED))
    shard = f"{spec.name}-000"
    ingest_images(store, shard)
    manifest = ingest_questions(store, shard).manifest
    rows = QUESTIONS.rows(store.read_shard(QUESTIONS, shard))
    asked = [q for q in rows if q.text in programs and q.split == "train"]
    store.write_shard(QUESTIONS, shard, QUESTIONS.frame(asked), manifest.fingerprint, manifest.stats)
    texts = {q.text for q in asked}
    rows_ = [c for text, found in programs.items() if text in texts for c in found]
    store.write_shard(PROGRAMS, shard, PROGRAMS.frame(rows_), "bench")
    return shard


def _cases(store: ArtifactStore, shard: str) -> tuple[list[Case], dict[str, float]]:
    """Execute and probe; return the cases and what it cost."""
    started = time.perf_counter()
    with open_engine(SCENES.open()) as engine:
        executed = execute_programs(store, shard, engine).manifest
    between = time.perf_counter()
    with open_engine(deniable(SCENES.open())) as engine:
        probed = probe_programs(store, shard, Prober(engine, store)).manifest
    seconds = time.perf_counter() - between
    candidates, traces, probes = defaultdict(list), defaultdict(dict), defaultdict(dict)
    for c in PROGRAMS.rows(store.read_shard(PROGRAMS, shard)):
        candidates[c.question_text].append(c)
    for t in TRACES.rows(store.read_shard(TRACES, shard)):
        traces[t.question_id][t.program_id] = t
    for p in PROBES.rows(store.read_shard(PROBES, shard)):
        probes[p.question_text][p.program_id] = p
    known = looked_for(c for found in candidates.values() for c in found)
    cases = [
        Case(q, candidates[q.text], traces[q.question_id], probes[q.text], known)
        for q in QUESTIONS.rows(store.read_shard(QUESTIONS, shard))
    ]
    return cases, {
        "runs": executed.rows,
        "run_seconds": between - started,
        "probe_runs": probed.stats["runs"],
        "probe_seconds": seconds,
        "programs_probed": probed.rows,
    }


def _first(probe: Probe, pictures: int, labelled: bool) -> Probe:
    """Return what a probe with fewer pictures, or without their labels, would have been."""
    kept = probe.question_ids[:pictures]
    return replace(
        probe,
        question_ids=kept,
        answers=probe.answers[:pictures],
        labelled_ids=tuple(q for q in probe.labelled_ids if q in kept and labelled),
        right_ids=tuple(q for q in probe.right_ids if q in kept and labelled),
    )


def _figures(cases: Sequence[Case], way: Way, right: set[tuple[str, str]]) -> dict[str, float]:
    kept = kept_right = matched_right = chosen = chosen_wrong = 0
    for case in cases:
        evidence = case.evidence(way.pictures, way.labels)
        truth = [(case.question.text, e.candidate.source) in right for e in evidence]
        decisions = way.policy.decide(evidence)
        labelled = case.evidence(0)
        kept += sum(d.kept for d in decisions)
        kept_right += sum(d.kept and t for d, t in zip(decisions, truth, strict=True))
        matched_right += sum(bool(e.correct) and t for e, t in zip(labelled, truth, strict=True))
        best = choose(evidence, decisions)
        if best is not None:
            chosen += 1
            chosen_wrong += not truth[evidence.index(best)]
    return {
        "kept": kept,
        "precision": kept_right / max(1, kept),
        "recall": kept_right / max(1, matched_right),
        "wrong_questions": chosen_wrong / max(1, chosen),
        "coverage": chosen / max(1, len(cases)),
    }


def _by_family(cases: Sequence[Case], way: Way, right: set[tuple[str, str]]) -> dict[str, Any]:
    families = sorted({case.question.family for case in cases})
    return {f: _figures([c for c in cases if c.question.family == f], way, right) for f in families}


def _alone(cases: Sequence[Case], right: set[tuple[str, str]]) -> dict[str, Any]:
    """Return, for each probe, how many label matches it flags, and the share of them that are wrong."""
    flags: dict[str, list[bool]] = defaultdict(list)
    for case in cases:
        for e in case.evidence(PICTURES):
            if e.correct:
                for name in _flags(e):
                    flags[name].append((case.question.text, e.candidate.source) not in right)
    return {name: {"flagged": len(found), "wrong": _share(found)} for name, found in sorted(flags.items())}


def _flags(e: Evidence) -> Iterator[str]:
    yield "all label matches"
    if e.looked is False:
        yield "nothing changed its answer"
    if not e.fits:
        yield "answer of another kind"
    if e.ignored:
        yield "ignores what the question names"
    if e.shortcut:
        yield "shortcut"
    if NOT_BEST.against(e.tried):
        yield "poor on other pictures"
    if ONLY_BEST.against(e.tried):
        yield "worse than the best on other pictures"
    if e.options and e.agreement.graphs < 2:
        yield "few options, one call graph"
    if e.confidence is not None and e.confidence < 0.5:
        yield "tool confidence below 0.5"


def _share(values: Any) -> float:
    found = list(values)
    return sum(found) / max(1, len(found))
