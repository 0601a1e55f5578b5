"""A clean store passes, and each fault planted in it is found by its own check and by no other."""

from typing import Any

import pytest

from tests.fitness.conftest import Checked, Plant
from tests.fitness.examples import Where, of_val, problems, said, told
from vpd.errors import LeakageError, MissingShardError
from vpd.fitness.check import check_examples
from vpd.fitness.report import NAMES, require_fit
from vpd.records import EXAMPLES
from vpd.store import ArtifactStore


def test_check_examples_of_a_clean_store_pass_and_say_what_was_looked_at(checked: Checked) -> None:
    report = checked()
    assert problems(report) == {}
    assert tuple(report.checks) == NAMES
    facts = {name: value for check in report.checks.values() for name, value in check.facts.items()}
    assert (report.examples, facts["pictures"], facts["rationales"], facts["labels"]) == (32, 8, 16, 16)
    assert facts["without_fingerprint"] == facts["suspicious"] == 0
    require_fit(report)


def test_check_examples_without_shards_pass(store: ArtifactStore) -> None:
    assert check_examples(store, []).passed


def test_check_examples_of_a_missing_shard_raise(store: ArtifactStore) -> None:
    with pytest.raises(MissingShardError, match="s-009"):
        check_examples(store, ["s-009"])


@pytest.mark.parametrize(
    ("where", "changes", "check", "kind", "count"),
    [
        (told, {"renderer": ""}, "schema", "provenance", 1),
        (said, {"renderer": "template@2"}, "schema", "provenance", 1),
        (told, {"prompt": " "}, "schema", "empty", 1),
        (told, {"prompt": "What is in <image>?"}, "schema", "placeholder", 1),
        (of_val, {"split": "dev"}, "schema", "split", 4),
        (said, {"split": "test"}, "leakage", "picture", 1),
        (told, {"target": "There is a red sphere."}, "faithfulness", "answer", 1),
        (told, {"target": "There is a green cone. The answer is no."}, "faithfulness", "claim", 1),
        (told, {"answer": "3"}, "faithfulness", "answer", 1),
        (told, {"trace_id": "t gone"}, "faithfulness", "gone", 1),
        (told, {"verdict_id": "v gone"}, "faithfulness", "gone", 1),
        (told, {"example_id": "an earlier id"}, "faithfulness", "altered", 1),
        (said, {"target": "The Cube.", "answer": "The Cube."}, "labels", "form", 1),
        (said, {"target": "yes, it is"}, "labels", "form", 1),
        (said, {"target": "red", "answer": "red"}, "labels", "kind", 1),
    ],
)
def test_check_examples_changed_example_is_found_by_its_own_check(
    where: Where, changes: dict[str, Any], check: str, kind: str, count: int, plant: Plant, checked: Checked
) -> None:
    plant(EXAMPLES, where, changes)
    found = problems(checked())
    assert found.pop(check).pop(kind) >= count  # type: ignore[arg-type]
    assert found in ({}, {"leakage": {"question": 1}})


def test_require_fit_names_check_shard_and_example(plant: Plant, checked: Checked) -> None:
    plant(EXAMPLES, told, {"example_id": "changed"})
    with pytest.raises(LeakageError, match="faithfulness: s-001 changed"):
        require_fit(checked())
