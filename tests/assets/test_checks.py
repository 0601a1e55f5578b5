"""The checks of `cot_dataset` and `verified_programs` in Dagster: what they find, show and compare with."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import dagster as dg
import pytest

from jobs.asset_jobs import gate
from resources.artifact_store import ArtifactStoreResource
from tests.fitness.examples import SHARDS, examples_of, told, write, write_clean_store
from vpd.fitness.report import NAMES
from vpd.records import EXAMPLES, VERDICTS, Example
from vpd.store import ArtifactStore
from vpd_assets.checks import CHECKS
from vpd_assets.checks.drift import COUNTS
from vpd_assets.definitions import defs


@dataclass
class Home:
    """A store of two shards without faults, and a Dagster instance that has seen nothing yet."""

    store: ArtifactStore
    instance: dg.DagsterInstance

    def evaluated(self, *names: str) -> dict[str, dg.AssetCheckEvaluation]:
        """Run checks alone and return their evaluations by name."""
        keys = [key for check in CHECKS for key in check.check_keys if key.name in names]
        chosen = dg.define_asset_job("checks", selection=dg.AssetSelection.checks(*keys))
        job = dg.Definitions(
            assets=defs.assets,
            asset_checks=CHECKS,
            jobs=[chosen],
            resources=defs.resources,
            executor=dg.in_process_executor,
        ).resolve_job_def("checks")
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        result = job.execute_in_process(instance=self.instance, run_config=quiet, raise_on_error=False)
        return {e.check_name: e for e in result.get_asset_check_evaluations()}

    def rewrite(self, to: Callable[[Example], Example]) -> None:
        """Change the examples of all shards."""
        for shard in SHARDS:
            write(self.store, shard, EXAMPLES, [to(e) for e in examples_of(self.store, shard)])


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Home]:
    monkeypatch.setenv("VPD_HOME", str(tmp_path))
    store = ArtifactStoreResource().open()
    write_clean_store(store)
    with dg.DagsterInstance.ephemeral() as instance:
        yield Home(store, instance)


def shown(evaluation: dg.AssetCheckEvaluation, name: str) -> str:
    return str(evaluation.metadata[name].value)


def test_blocking_checks_are_one_for_each_name_and_gate_the_model_job():
    [blocking] = [check for check in CHECKS if len(list(check.check_specs)) > 1]
    assert {spec.name for spec in blocking.check_specs if spec.blocking} == set(NAMES)
    graph = defs.resolve_asset_graph()
    assert {key.name for key in gate.resolve_checks(graph)} == set(NAMES)


def test_blocking_checks_of_fit_examples_pass_with_numbers(home):
    found = home.evaluated(*NAMES)
    assert all(evaluation.passed for evaluation in found.values())
    assert found["pictures"].metadata["pictures"].value == 8
    assert found["faithfulness"].metadata["rationales"].value == 16
    assert found["labels"].metadata["suspicious"].value == 0


def test_blocking_checks_of_an_altered_target_fail_in_faithfulness_alone(home):
    home.rewrite(lambda e: replace(e, target=f"There is a cone. {e.target}") if told(e) else e)
    found = home.evaluated(*NAMES)
    assert [name for name, evaluation in found.items() if not evaluation.passed] == ["faithfulness"]
    assert found["faithfulness"].severity == dg.AssetCheckSeverity.ERROR
    assert "altered" in shown(found["faithfulness"], "first")


def test_steady_examples_compare_with_the_last_other_data(home):
    first = home.evaluated("steady_examples")["steady_examples"]
    assert first.passed
    assert "nothing" in shown(first, "compared_with")
    again = home.evaluated("steady_examples")["steady_examples"]
    assert "nothing" in shown(again, "compared_with")
    assert again.metadata[COUNTS] == first.metadata[COUNTS]
    home.rewrite(lambda e: replace(e, target=f"{e.target} " * 3))
    for _ in range(2):  # run again on the same data, it compares with the same data as before
        longer = home.evaluated("steady_examples")["steady_examples"]
        assert not longer.passed
        assert longer.severity == dg.AssetCheckSeverity.WARN
        assert "(words)" in shown(longer, "drifted")
        assert "(answers)" not in shown(longer, "drifted")


def test_steady_examples_warn_when_answers_become_others(home):
    home.evaluated("steady_examples")
    home.rewrite(lambda e: replace(e, answer="orange"))
    found = home.evaluated("steady_examples")["steady_examples"]
    assert not found.passed
    assert "(answers)" in shown(found, "drifted")
    assert "(words)" not in shown(found, "drifted")


def test_steady_kept_warns_of_the_family_that_fell(home):
    def commit(kept: int) -> None:
        yields = {f: {"questions": 100, "kept_questions": k} for f, k in (("count", kept), ("exists", 90))}
        for shard, frame in home.store.iter_shards(VERDICTS):
            rows = frame.head(kept % 7)  # other data has another digest
            home.store.write_shard(VERDICTS, shard, rows, "f", {"yields": yields})

    commit(90)
    first = home.evaluated("steady_kept")["steady_kept"]
    assert first.passed
    assert "nothing" in shown(first, "compared_with")
    commit(71)
    fallen = home.evaluated("steady_kept")["steady_kept"]
    assert not fallen.passed
    assert fallen.severity == dg.AssetCheckSeverity.WARN
    assert shown(fallen, "drifted") == "count (kept)"
