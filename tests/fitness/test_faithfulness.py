"""Rationales whose evidence is gone or has become another."""

from typing import Any

import pytest

from tests.fitness.conftest import Checked, Plant
from tests.fitness.examples import SHARDS, problems
from vpd.records import IMAGES, PROGRAMS, TRACES, VERDICTS, Table
from vpd.store import ArtifactStore


@pytest.mark.parametrize(
    ("table", "changes", "kind"),
    [
        (TRACES, None, "gone"),
        (VERDICTS, None, "gone"),
        (PROGRAMS, None, "gone"),
        (IMAGES, None, "gone"),
        (VERDICTS, {"chosen": False}, "verdict"),
        (VERDICTS, {"trace_id": "another"}, "verdict"),
        (TRACES, {"question_id": "another"}, "verdict"),
        (TRACES, {"events_json": '[{"version": 9}]'}, "trace"),
        (TRACES, {"answer": "perhaps"}, "answer"),
    ],
)
def test_check_examples_evidence_that_is_gone_or_another_is_unfaithful(
    table: Table[Any], changes: dict[str, Any] | None, kind: str, plant: Plant, checked: Checked
) -> None:
    plant(table, lambda _: True, changes)
    found = problems(checked())
    assert list(found) == ["faithfulness"]
    assert found["faithfulness"][kind] >= 8


def test_check_examples_tables_that_cannot_be_read_are_named_and_nothing_is_lost(
    store: ArtifactStore, checked: Checked
) -> None:
    store.objects.delete(store.manifest(TRACES, SHARDS[1]).data_name)
    report = checked()
    assert problems(report) == {"faithfulness": {"gone": 1}}
    assert "traces/s-001" in report.checks["faithfulness"].problems[0].message
    assert report.examples == 32
