"""Forks of a store: what they share, what they make anew, and fewer labels."""

from pathlib import Path

import pytest

from tests.fitness.examples import SHARDS
from vpd.errors import ConfigError
from vpd.records import EXAMPLES, IMAGES, PROBES, QUESTIONS, TABLES, VERDICTS, Example
from vpd.store import ArtifactStore
from vpd.study.data import open_folder, prepare
from vpd.study.data_settings import DataSettings
from vpd.study.labels import keeps_label, known_labels, with_fewer_labels, without_hidden
from vpd.verification.stage import verify_programs


def examples_of(store: ArtifactStore) -> list[Example]:
    return [e for shard in SHARDS for e in EXAMPLES.rows(store.read_shard(EXAMPLES, shard))]


def digests(store: ArtifactStore) -> dict[str, str]:
    return {
        f"{table.name}/{shard}": store.manifest(table, shard).data_sha256
        for table in TABLES
        for shard in store.shards(table)
    }


def told(what: str) -> None: ...


def test_prepare_by_default_shares_what_the_source_has(store: ArtifactStore, tmp_path: Path) -> None:
    fork = prepare(store, SHARDS, DataSettings(), tmp_path / "data", told)
    assert digests(fork) == digests(store)
    for table in (IMAGES, EXAMPLES):
        name = store.manifest(table, SHARDS[0]).data_name
        assert (Path(fork.uri) / name).samefile(Path(store.uri) / name)
    for image_id in store.read_shard(IMAGES, SHARDS[0])["image_id"]:
        assert fork.get_blob(image_id) == store.get_blob(image_id)


def test_prepare_other_settings_leaves_the_source_alone(store: ArtifactStore, tmp_path: Path) -> None:
    before = digests(store)
    fork = prepare(store, SHARDS, DataSettings(policy="label"), tmp_path / "data", told)
    assert {v.policy for v in VERDICTS.rows(fork.read_shard(VERDICTS, SHARDS[0]))} == {"label@1"}
    assert digests(store) == before
    assert prepare(store, SHARDS, DataSettings(policy="label"), tmp_path / "data", told).uri == fork.uri
    assert prepare(store, SHARDS, DataSettings(), tmp_path / "data", told).uri != fork.uri


def test_prepare_after_the_source_has_changed_makes_another_fork(
    store: ArtifactStore, tmp_path: Path
) -> None:
    fork = prepare(store, SHARDS, DataSettings(), tmp_path / "data", told)
    questions = store.read_shard(QUESTIONS, SHARDS[0])
    store.write_shard(QUESTIONS, SHARDS[0], questions.head(5), "other")
    assert prepare(store, SHARDS, DataSettings(), tmp_path / "data", told).uri != fork.uri


def test_prepare_interrupted_while_it_shares_goes_on(
    store: ArtifactStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("vpd.study.data.verify_programs", stop)
        with pytest.raises(KeyboardInterrupt):
            prepare(store, SHARDS, DataSettings(), tmp_path / "data", told)
    assert digests(prepare(store, SHARDS, DataSettings(), tmp_path / "data", told)) == digests(store)


def test_prepare_without_labels_teaches_what_programs_agree_on(store: ArtifactStore, tmp_path: Path) -> None:
    fork = prepare(store, SHARDS, DataSettings(labels=0.0), tmp_path / "data", told)
    verdicts = [v for shard in SHARDS for v in VERDICTS.rows(fork.read_shard(VERDICTS, shard))]
    train = {q for s in SHARDS for q in fork.read_shard(QUESTIONS, s).filter(split="train")["question_id"]}
    assert {v.policy for v in verdicts if v.question_id in train} == {"agreement@2"}
    assert {v.policy for v in verdicts if v.question_id not in train} == {"probed@1"}
    taught = {(e.question_id, e.mode): e.answer for e in examples_of(fork) if e.split == "train"}
    assert {q for q, _ in taught} == train
    assert {mode for _, mode in taught} == {"answer", "rationale"}


def test_prepare_labelled_only_has_no_other_train_questions(store: ArtifactStore, tmp_path: Path) -> None:
    settings = DataSettings(labels=0.5, labelled_only=True)
    fork = prepare(store, SHARDS, settings, tmp_path / "data", told)
    questions = [q for s in SHARDS for q in QUESTIONS.rows(store.read_shard(QUESTIONS, s))]
    kept = {q.question_id for q in questions if keeps_label(q, settings)}
    assert {e.question_id for e in examples_of(fork)} == kept
    assert 4 < len(kept) < len(questions)


def test_fewer_labels_hides_all_labels_of_a_picture_and_nests(store: ArtifactStore) -> None:
    questions = [q for s in SHARDS for q in QUESTIONS.rows(store.read_shard(QUESTIONS, s))]
    half, most = (with_fewer_labels(questions, DataSettings(labels=share)) for share in (0.5, 0.8))
    for rows in (half, most):
        of_picture: dict[str, set[bool]] = {}
        for q in rows:
            of_picture.setdefault(q.image_id, set()).add(bool(q.answers))
        assert all(len(found) == 1 for found in of_picture.values())
    assert known_labels(half).keys() < known_labels(questions).keys()
    assert known_labels(half).keys() <= known_labels(most).keys()
    assert all(q.answers for q in half if q.split != "train")


def test_without_hidden_forgets_what_hidden_labels_said() -> None:
    from tests.verification.conftest import make_probe

    probe = without_hidden(make_probe(0, "rrwr"), {"other0": "0", "other2": "0", "elsewhere": "1"})
    assert (probe.labelled_ids, probe.right_ids, probe.chance) == (("other0", "other2"), ("other0",), 1.0)
    assert len(probe.answers) == 4
    assert without_hidden(probe, {}).chance is None


def test_unfiltered_keeps_labels_as_answers_and_is_fit(store: ArtifactStore, tmp_path: Path) -> None:
    fork = prepare(store, SHARDS, DataSettings(policy="unfiltered", first=1), tmp_path / "data", told)
    verify_programs(fork, SHARDS[0], policy="unfiltered", first=1)
    labels = {
        q.question_id: q.answers[0] for s in SHARDS for q in QUESTIONS.rows(store.read_shard(QUESTIONS, s))
    }
    answers = {e.question_id: e.target for e in examples_of(fork) if e.mode == "answer"}
    assert answers == labels
    assert not PROBES.rows(fork.read_shard(PROBES, SHARDS[0]))


def test_open_folder_an_s3_store_is_refused(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with pytest.raises(ConfigError, match="no folder"):
        open_folder("s3://vpd/study")
