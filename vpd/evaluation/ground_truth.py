"""What only ground truth tells, for the evaluation's document: whose mistakes wrong answers are, and whether
the rationales made from the programs' runs are true of the pictures.

Not here: the student's own rationales, which have no trace to ask the truth along; of them the boxes are
judged (`vpd.evaluation.boxes`).
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping

import polars as pl

from vpd.datasets.scenes.world import Scene
from vpd.evaluation.attribution import FAULTS, Rerun, rerun
from vpd.evaluation.boxes import judge_boxes
from vpd.evaluation.questions import QuestionSet
from vpd.evaluation.results import Boxes, GroundTruth, RationaleTruth, Tally
from vpd.evaluation.truth import Sentence, judge_rationale
from vpd.execution.trace import events_from_json
from vpd.records import EXAMPLES
from vpd.store import ArtifactStore
from vpd.tools.toolset import methods_of

VERSION = "1"  # of what is measured and how


def measure_truth(
    store: ArtifactStore, asked: QuestionSet, scenes: Mapping[str, Scene]
) -> GroundTruth | None:
    """Measure the runs and rationales of the questions whose pictures have a scene; None if none has.

    Raises MissingShardError if programs, traces or examples of a question's shard are gone.
    """
    if not scenes:
        return None
    faults: dict[str, Counter[str]] = defaultdict(Counter)
    texts = _rationales(store, asked)
    judged: list[tuple[str, str, Scene, list[Sentence]]] = []
    for run in rerun(store, asked, scenes):
        faults[run.question.family][run.fault] += 1
        text = texts.get(run.trace.trace_id)
        if text is not None:
            judged.append((run.question.family, text, run.scene, _judge(run, text)))
    return GroundTruth(
        faults={family: {f: counts[f] for f in FAULTS} for family, counts in sorted(faults.items())},
        rationales=RationaleTruth(
            rationales=len(judged),
            all_true=sum(all(s.true for s in sentences) for *_, sentences in judged),
            kinds=tally((s.kind, s) for *_, sentences in judged for s in sentences),
            families=tally((family, s) for family, _, _, sentences in judged for s in sentences),
            boxes=Boxes.of(judge_boxes((text, scene) for _, text, scene, _ in judged)),
        ),
    )


def tally(sentences: Iterable[tuple[str, Sentence]]) -> dict[str, Tally]:
    """Count the sentences of each group, and the true ones."""
    counts: dict[str, list[bool]] = defaultdict(list)
    for group, sentence in sentences:
        counts[group].append(sentence.true)
    return {group: Tally(n=len(found), true=sum(found)) for group, found in sorted(counts.items())}


def _judge(run: Rerun, text: str) -> list[Sentence]:
    events, methods = events_from_json(run.trace.events_json), methods_of(run.trace.tools_version)
    return judge_rationale(text, run.question, events, run.exact.events, run.scene, methods)


def _rationales(store: ArtifactStore, asked: QuestionSet) -> dict[str, str]:
    """Return the rationales of the questions by the trace they were made from."""
    wanted = (pl.col("mode") == "rationale") & pl.col("question_id").is_in(list(asked.shard_of))
    frames = (store.read_shard(EXAMPLES, shard) for shard in sorted(set(asked.shard_of.values())))
    examples = (e for frame in frames for e in EXAMPLES.rows(frame.filter(wanted)))
    return {e.trace_id: e.target for e in examples if e.trace_id is not None}
