"""The stage that turns questions, programs and traces of a shard into verdicts.

Not here: the rules themselves (`vpd.verification.judge`, `vpd.verification.policy`).
"""

from collections import defaultdict

from vpd.records import PROGRAMS, QUESTIONS, TRACES, VERDICTS, Candidate, Trace
from vpd.scoring.score import SCORER
from vpd.stage import Inputs, ShardResult, Stage, StageOutput, run_stage
from vpd.store import ArtifactStore
from vpd.verification.judge import judge
from vpd.verification.policy import AgreementPolicy, LabelPolicy
from vpd.verification.yields import count_yields

STAGE = Stage(VERDICTS, "1", (QUESTIONS, PROGRAMS, TRACES))


def verify_programs(store: ArtifactStore, shard: str, *, minimum_share: float = 0.5) -> ShardResult:
    """Judge every candidate for every question of a shard that has its text.

    Labelled questions go by label@1, others by agreement@1 with `minimum_share`. The manifest's stats hold
    the counts of `vpd.verification.yields` under "yields".
    """
    labelled, unlabelled = LabelPolicy(), AgreementPolicy(minimum_share)

    def compute(inputs: Inputs) -> StageOutput:
        candidates = _by_what_is_asked(PROGRAMS.rows(inputs[PROGRAMS.name]))
        traces = _by_question(TRACES.rows(inputs[TRACES.name]))
        questions = QUESTIONS.rows(inputs[QUESTIONS.name])
        verdicts = [
            verdict
            for q in questions
            for verdict in judge(
                q, candidates[q.asks], traces[q.question_id], labelled=labelled, unlabelled=unlabelled
            )
        ]
        return StageOutput(VERDICTS.frame(verdicts), {"yields": count_yields(questions, verdicts)})

    settings = {
        "scorer": SCORER,
        "labelled": labelled.name,
        "unlabelled": unlabelled.name,
        "minimum_share": minimum_share,
    }
    return run_stage(store, STAGE, shard, settings, compute)


def _by_what_is_asked(candidates: list[Candidate]) -> dict[tuple[str, tuple[str, ...]], list[Candidate]]:
    grouped: dict[tuple[str, tuple[str, ...]], list[Candidate]] = defaultdict(list)
    for candidate in sorted(candidates, key=lambda c: (c.sample_index, c.candidate_id)):
        grouped[candidate.asks].append(candidate)
    return grouped


def _by_question(traces: list[Trace]) -> dict[str, dict[str, Trace]]:
    grouped: dict[str, dict[str, Trace]] = defaultdict(dict)
    for trace in traces:
        grouped[trace.question_id][trace.program_id] = trace
    return grouped
