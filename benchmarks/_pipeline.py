"""The data pipeline on one shard: its programs run with some tools, and how many are right, by family."""

from collections.abc import Sequence
from typing import Any

from vpd.execution.engine import open_engine
from vpd.execution.stage import execute_programs
from vpd.probing.ablation import deniable
from vpd.probing.prober import Prober
from vpd.probing.stage import probe_programs
from vpd.records import QUESTIONS, VERDICTS, Question, Verdict
from vpd.store import ArtifactStore
from vpd.tools.protocol import ToolSet
from vpd.verification.stage import verify_programs
from vpd.verification.yields import count_yields, rates

SHOWN = ("executes", "pass_at_1", "any_of_k")


def run_and_judge(store: ArtifactStore, shard: str, toolset: ToolSet) -> list[Verdict]:
    """Run and probe the shard's programs with these tools and return the verdict of every candidate."""
    with open_engine(deniable(toolset)) as engine:
        execute_programs(store, shard, engine)
        probe_programs(store, shard, Prober(engine, store))
    verify_programs(store, shard)
    return VERDICTS.rows(store.read_shard(VERDICTS, shard))


def questions_of(store: ArtifactStore, shard: str) -> list[Question]:
    """Return the questions of a shard."""
    return QUESTIONS.rows(store.read_shard(QUESTIONS, shard))


def by_family(questions: Sequence[Question], verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """Return per family, and for all, the number of questions, the rates, and the outcomes of candidates."""
    figures: dict[str, Any] = {}
    for family, counts in count_yields(questions, verdicts).items():
        found = rates(counts)
        outcomes = {k.removeprefix("outcome_"): n for k, n in counts.items() if k.startswith("outcome_")}
        figures[family] = {
            "questions": counts["questions"],
            **{name: found[name] for name in SHOWN},
            "outcomes": outcomes,
        }
    return figures
