import json
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from vpd.cli import app
from vpd.errors import ConfigError, DataError
from vpd.lineage.ancestry import image_impact, row_lineage
from vpd.lineage.catalog import Catalog, refused_rows
from vpd.records import EXAMPLES, PROGRAMS, QUESTIONS, REFUSED, TABLES, Refused
from vpd.store import ArtifactStore


@pytest.fixture
def catalog(store: ArtifactStore, tmp_path: Path) -> Catalog:
    return Catalog(store, tmp_path / "cache")


CHAINS = {
    "im-src-000": ["image"],
    "q0-src-000": ["image", "question"],
    "ca1-src-000": ["candidate"],
    "pr-src-000": ["program"],
    "tr-src-000": ["image", "question", "candidate", "trace"],
    "pb-src-000": ["probe"],
    "rp-src-000": ["replaced"],
    "ve1-src-000": ["image", "question", "candidate", "trace", "probe", "verdict"],
    "ex0-src-000": ["image", "question", "example"],
    "ex1-src-000": ["image", "question", "candidate", "trace", "probe", "verdict", "example"],
    "pd-1": ["image", "question", "run", "prediction"],
    "student-run": ["run"],
    "e1": ["run", "evaluation"],
    "vlm-1": ["run", "evaluation", "model"],
}


@pytest.mark.parametrize(("row", "kinds"), CHAINS.items())
def test_row_of_every_kind_shows_its_ancestors(catalog: Catalog, row: str, kinds: list[str]) -> None:
    chain = row_lineage(catalog, row).chain
    assert [step.kind for step in chain] == kinds
    assert chain[-1].id == row


def test_trace_of_a_question_with_choices_leads_to_the_candidate_written_for_them(
    store: ArtifactStore, tmp_path: Path
) -> None:
    choices = ("2", "3")
    questions = QUESTIONS.rows(store.read_shard(QUESTIONS, "src-000"))
    changed = [replace(q, choices=choices) if q.question_id == "q0-src-000" else q for q in questions]
    other, chosen = PROGRAMS.rows(store.read_shard(PROGRAMS, "src-000"))
    store.write_shard(QUESTIONS, "src-000", QUESTIONS.frame(changed), "g")
    programs = PROGRAMS.frame([other, replace(chosen, choices=choices)])
    store.write_shard(PROGRAMS, "src-000", programs, "g")
    chain = row_lineage(Catalog(store, tmp_path), "tr-src-000").chain
    assert [step.id for step in chain if step.kind == "candidate"] == [chosen.candidate_id]


def test_rationale_led_to_the_student_and_not_to_its_twin(catalog: Catalog) -> None:
    assert row_lineage(catalog, "ex1-src-000").offspring == {"run": ["student-run"], "model": ["vlm-1"]}
    assert row_lineage(catalog, "ex0-src-000").offspring["run"] == ["instruct-run", "student-run"]
    assert row_lineage(catalog, "student-run").offspring == {"run": [], "model": ["vlm-1"]}


def test_specialist_leads_to_its_generalist_and_to_the_shards_of_both(
    store: ArtifactStore, tmp_path: Path
) -> None:
    config = {"base": "run:student-run"}
    run = {"arm": "student", "digests": {"gqa-000": "ab" * 32}, "config": config}
    store.put_document("runs/student-special", run)
    catalog = Catalog(store, tmp_path)
    found = row_lineage(catalog, "student-special")
    assert [step.id for step in found.chain] == ["student-run", "student-special"]
    assert [s.shard for s in found.shards] == ["gqa-000", "src-000", "src-001"]
    assert row_lineage(catalog, "student-run").offspring["run"] == ["student-special"]
    assert row_lineage(catalog, "ex1-src-000").offspring["run"] == ["student-run", "student-special"]


def test_model_version_lists_the_shards_it_was_trained_on_and_what_became_of_them(
    store: ArtifactStore, tmp_path: Path
) -> None:
    digests = {shard: store.manifest(EXAMPLES, shard).data_sha256 for shard in store.shards(EXAMPLES)}
    run = store.get_document("runs/student-run") or {}
    store.put_document("runs/student-run", {**run, "digests": {**digests, "src-009": "ab" * 32}})
    store.write_shard(EXAMPLES, "src-001", store.read_shard(EXAMPLES, "src-001").head(1), "g")
    shards = row_lineage(Catalog(store, tmp_path), "vlm-1").shards
    assert {s.shard: s.now for s in shards} == {"src-000": "same", "src-001": "replaced", "src-009": "gone"}
    assert {s.shard: s.sha256 for s in shards} == {**digests, "src-009": "ab" * 32}


def test_test_split_led_to_no_training_run(catalog: Catalog) -> None:
    assert row_lineage(catalog, "ex1-src-001").offspring == {"run": [], "model": []}


def test_run_on_an_earlier_version_of_the_shard_is_not_offspring(
    store: ArtifactStore, tmp_path: Path
) -> None:
    kept = store.read_shard(EXAMPLES, "src-000").head(1)
    store.write_shard(EXAMPLES, "src-000", kept, "g")
    assert row_lineage(Catalog(store, tmp_path), "ex0-src-000").offspring["run"] == []


@pytest.mark.parametrize("name", ["im-src-000", "im-src-000"[:-1] + "0", "src-000.png"])
def test_impact_lists_everything_from_a_picture(catalog: Catalog, name: str) -> None:
    assert image_impact(catalog, name).offspring == {
        "question": ["q0-src-000", "q1-src-000"],
        "candidate": ["ca0-src-000", "ca1-src-000"],
        "trace": ["tr-src-000"],
        "verdict": ["ve0-src-000", "ve1-src-000"],
        "example": ["ex0-src-000", "ex1-src-000"],
        "prediction": [],
        "run": ["instruct-run", "student-run"],
        "model": ["vlm-1"],
    }


def test_unique_prefix_is_enough_and_an_ambiguous_one_lists(catalog: Catalog) -> None:
    assert row_lineage(catalog, "pd").chain[-1].id == "pd-1"
    with pytest.raises(ConfigError, match=r"tr-src-000.*tr-src-001"):
        row_lineage(catalog, "tr-")


@pytest.mark.parametrize("unknown", ["zzz", "im-%", "' OR 1=1"])
def test_unknown_id_is_a_clear_error(catalog: Catalog, unknown: str) -> None:
    with pytest.raises(DataError):
        row_lineage(catalog, unknown)
    with pytest.raises(DataError):
        image_impact(catalog, unknown)


def test_empty_store_has_every_view(tmp_path: Path) -> None:
    catalog = Catalog(ArtifactStore.open(str(tmp_path)), tmp_path)
    for table in TABLES:
        assert catalog.select(f"SELECT * FROM {table.name}") == []


@pytest.mark.parametrize(
    "bad", ["COPY (SELECT 1) TO 'x'", "DROP VIEW images", "SELECT 1; SELECT 2", "", "nonsense"]
)
def test_sql_takes_one_select_only(catalog: Catalog, bad: str) -> None:
    with pytest.raises(ConfigError):
        catalog.select(bad)


def test_refused_rows_name_stage_and_shard(store: ArtifactStore) -> None:
    assert refused_rows(store)["shard"].to_list() == ["questions.src-000", "questions.src-001"]


def test_commands_print_trees_tables_and_json(store: ArtifactStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VPD_STORE", store.uri)
    for row in CHAINS:
        done = CliRunner().invoke(app, ["lineage", "row", row])
        assert done.exit_code == 0
        assert row in done.stdout
    shown = CliRunner().invoke(app, ["lineage", "row", "vlm-1"]).stdout
    assert store.manifest(EXAMPLES, "src-001").data_sha256 in shown
    done = CliRunner().invoke(app, ["lineage", "impact", "src-000.png", "--json"])
    assert len(json.loads(done.stdout)["offspring"]["verdict"]) == 2
    done = CliRunner().invoke(app, ["lineage", "sql", "SELECT count(*) AS n FROM traces", "--json"])
    assert json.loads(done.stdout) == [{"n": 2}]


def test_s3_store_is_queried_through_cached_files(s3_endpoint: str, tmp_path: Path) -> None:
    store = ArtifactStore.open("s3://vpd/lineage", s3_endpoint)
    store.write_shard(REFUSED, "questions.s", REFUSED.frame([Refused("f:1", "s", "p")]), "f")
    for _ in range(2):
        assert [r["row"] for r in Catalog(store, tmp_path).select("SELECT * FROM refused")] == ["f:1"]
    assert len(list(tmp_path.rglob("*.parquet"))) == 1
