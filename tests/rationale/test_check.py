from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from vpd.errors import LeakageError, MissingShardError
from vpd.rationale.check import CheckReport, check_examples, require_fit
from vpd.rationale.stage import build_examples
from vpd.records import EXAMPLES, Example
from vpd.store import ArtifactStore


@pytest.fixture
def report_with(store: ArtifactStore) -> Callable[..., CheckReport]:
    """Check the shard together with a second one that holds a changed copy of a training example."""
    build_examples(store, "s-000")
    rows = EXAMPLES.rows(store.read_shard(EXAMPLES, "s-000"))
    first = next(e for e in rows if e.split == "train")

    def run(**changes: Any) -> CheckReport:
        changed: Example = replace(first, **{"example_id": "changed", **changes})
        store.write_shard(EXAMPLES, "s-001", EXAMPLES.frame([changed]), "f")
        return check_examples(store, ["s-000", "s-001"])

    return run


def test_check_examples_good_shards_pass(
    report_with: Callable[..., CheckReport], store: ArtifactStore
) -> None:
    report = report_with()
    assert report.passed
    assert report.examples == store.manifest(EXAMPLES, "s-000").rows + 1
    assert report.images > 10
    require_fit(report)


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"split": "val"}, "leakage"),
        ({"held_out_text": True}, "leakage"),
        ({"target": "  "}, "empty"),
        ({"prompt": ""}, "empty"),
        ({"prompt": "What is in <image>? Answer."}, "placeholder"),
        ({"target": "<image>"}, "placeholder"),
        ({"answer": "The Cube."}, "label"),
        ({"image_id": "0" * 64}, "image"),
    ],
)
def test_check_examples_bad_example_is_named(
    changes: dict[str, Any], kind: str, report_with: Callable[..., CheckReport]
) -> None:
    report = report_with(**changes)
    assert not report.passed
    assert {(p.kind, p.shard, p.example_id) for p in report.problems} == {(kind, "s-001", "changed")}
    with pytest.raises(LeakageError, match="s-001 changed"):
        require_fit(report)


def test_check_examples_blob_that_is_no_picture_is_named(
    report_with: Callable[..., CheckReport], store: ArtifactStore
) -> None:
    report = report_with(image_id=store.put_blob(b"not a picture"))
    assert [p.kind for p in report.problems] == ["image"]


def test_check_examples_held_out_text_that_is_trained_on_elsewhere_leaks(
    report_with: Callable[..., CheckReport], store: ArtifactStore
) -> None:
    rows = EXAMPLES.rows(store.read_shard(EXAMPLES, "s-000"))
    val = next(e for e in rows if e.split == "val")
    report = report_with(image_id=val.image_id, split="val", held_out_text=True)
    assert [p.kind for p in report.problems] == ["leakage"]


def test_check_examples_shard_that_is_missing_raises(store: ArtifactStore) -> None:
    with pytest.raises(MissingShardError, match="s-009"):
        check_examples(store, ["s-009"])
