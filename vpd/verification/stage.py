"""The stage that turns questions, programs, traces and probes of a shard into verdicts.

Not here: the rules themselves (`vpd.verification.judge`, `vpd.verification.policy`).
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Literal

from vpd.records import (
    PROBES,
    PROGRAMS,
    QUESTIONS,
    TRACES,
    VERDICTS,
    Candidate,
    Probe,
    Trace,
    Verdict,
    stable_id,
)
from vpd.scoring.score import SCORER
from vpd.stage import Inputs, ShardResult, Stage, StageOutput, run_stage
from vpd.store import ArtifactStore
from vpd.verification.judge import Policies, judge
from vpd.verification.policy import AgreementPolicy, LabelPolicy, Policy, ProbedPolicy, UnfilteredPolicy
from vpd.verification.words import looked_for
from vpd.verification.yields import count_yields

STAGE = Stage(VERDICTS, "2", (QUESTIONS, PROGRAMS, TRACES, PROBES))
MOST_SHORTCUTS = 0.1  # share of a shard's chosen programs
LabelledPolicy = Literal["label", "probed", "agreement", "unfiltered"]
Asks = tuple[str, tuple[str, ...]]


def verify_programs(
    store: ArtifactStore,
    shard: str,
    *,
    policy: LabelledPolicy = "probed",
    alike: float = 0.5,
    first: int | None = None,
) -> ShardResult:
    """Judge every candidate for every question of a shard that has its text.

    Labelled questions go by `policy`, others by agreement of the share `alike`. With `first`, only so many
    candidates of each text are judged, as if no more had been sampled. Of the chosen programs at most one in
    ten may be a shortcut, unless they are unfiltered. The manifest's stats hold the counts of
    `vpd.verification.yields` under "yields".
    """
    unlabelled = AgreementPolicy(alike)
    known: dict[LabelledPolicy, Policy] = {
        "label": LabelPolicy(),
        "probed": ProbedPolicy(),
        "agreement": unlabelled,
        "unfiltered": UnfilteredPolicy(),
    }
    policies = Policies(known[policy], unlabelled)

    def compute(inputs: Inputs) -> StageOutput:
        sampled = PROGRAMS.rows(inputs[PROGRAMS.name])
        programs = [c for c in sampled if first is None or c.sample_index < first]
        candidates, known = _by_what_is_asked(programs), looked_for(programs)
        traces = _by_question(TRACES.rows(inputs[TRACES.name]))
        probes = _probes(PROBES.rows(inputs[PROBES.name]))
        questions = QUESTIONS.rows(inputs[QUESTIONS.name])
        verdicts = [
            verdict
            for q in questions
            for verdict in judge(
                q, candidates[q.asks], traces[q.question_id], probes[q.asks], policies, known
            )
        ]
        capped = verdicts if policy == "unfiltered" else cap_shortcuts(verdicts)
        return StageOutput(VERDICTS.frame(capped), {"yields": count_yields(questions, capped)})

    settings = {
        "scorer": SCORER,
        "policies": [asdict(policies.labelled), asdict(policies.unlabelled)],  # type: ignore[call-overload]
        "most_shortcuts": MOST_SHORTCUTS,
        **({} if first is None else {"first": first}),
    }
    return run_stage(store, STAGE, shard, settings, compute)


def cap_shortcuts(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Return verdicts in which at most one in ten of the chosen programs is a shortcut.

    Those that lose their place are the last by a hash of their question, so that no family is favoured.
    """
    chosen = [v for v in verdicts if v.chosen]
    shortcuts = sorted((v for v in chosen if v.shortcut), key=lambda v: stable_id(v.question_id))
    others = len(chosen) - len(shortcuts)
    room = int(others * MOST_SHORTCUTS / (1 - MOST_SHORTCUTS))
    over = {v.verdict_id for v in shortcuts[room:]}
    reason = f"{MOST_SHORTCUTS:.0%} of the chosen programs of this shard are shortcuts already"
    return [replace(v, chosen=False, reason=reason) if v.verdict_id in over else v for v in verdicts]


def _by_what_is_asked(candidates: list[Candidate]) -> dict[Asks, list[Candidate]]:
    grouped: dict[Asks, list[Candidate]] = defaultdict(list)
    for candidate in sorted(candidates, key=lambda c: (c.sample_index, c.candidate_id)):
        grouped[candidate.asks].append(candidate)
    return grouped


def _by_question(traces: list[Trace]) -> dict[str, dict[str, Trace]]:
    grouped: dict[str, dict[str, Trace]] = defaultdict(dict)
    for trace in traces:
        grouped[trace.question_id][trace.program_id] = trace
    return grouped


def _probes(probes: list[Probe]) -> dict[Asks, dict[str, Probe]]:
    grouped: dict[Asks, dict[str, Probe]] = defaultdict(dict)
    for probe in probes:
        grouped[probe.question_text, probe.choices][probe.program_id] = probe
    return grouped
