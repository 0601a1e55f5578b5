from collections.abc import Callable
from typing import Any

import pytest

from vpd.errors import DataError, MissingShardError
from vpd.evaluation.arms import Arm
from vpd.evaluation.evaluate import EvaluationSettings, evaluate
from vpd.evaluation.questions import choose_questions
from vpd.evaluation.results import load_evaluation
from vpd.records import EXAMPLES, PREDICTIONS, SCENE_TRUTH, TRACES
from vpd.store import ArtifactStore

MakeArm = Callable[[str, Any], Arm]
FEW = EvaluationSettings(resamples=500, batch_size=5)


def test_evaluate_scores_every_model_on_the_same_test_questions(
    store: ArtifactStore, arm: MakeArm, fake_model: Any
) -> None:
    done = evaluate(store, arm("student", fake_model(1.0)), arm("instruct", fake_model(0.0)), FEW)
    assert {(r.model, r.mode) for r in done.results} == {
        ("student", "answer"),
        ("student", "rationale"),
        ("instruct", "answer"),
        ("instruct", "rationale"),
        ("prior", "answer"),
        ("programs", "program"),
        ("programs", "program-any-of-k"),
    }
    assert {r.accuracy.n for r in done.results} == {done.questions} == {24}
    assert done.result("student", "answer").accuracy.mean == 1.0
    assert done.result("student", "rationale").accuracy.mean == 1.0
    assert done.result("instruct", "answer").accuracy.mean == 0.0
    assert done.result("programs", "program-any-of-k").accuracy.mean == 1.0
    assert done.result("programs", "program").accuracy.mean < 1.0
    assert done.comparisons[0].difference.mean == 1.0
    assert (done.comparisons[0].only_first_right, done.comparisons[0].only_second_right) == (24, 0)


def test_evaluate_separates_seen_from_held_out_texts(
    store: ArtifactStore, arm: MakeArm, fake_model: Any
) -> None:
    result = evaluate(store, arm("student", fake_model(0.5)), arm("instruct", fake_model(0.5)), FEW).results[
        0
    ]
    assert result.seen_texts is not None
    assert result.held_out_texts is not None
    assert (result.seen_texts.n, result.held_out_texts.n) == (12, 12)


def test_evaluate_measures_the_boxes_of_the_students_rationales(
    store: ArtifactStore, arm: MakeArm, fake_model: Any
) -> None:
    boxless = fake_model(1.0, rationale="The answer is {answer}.")
    everywhere = fake_model(0.9, rationale="[42 42 292 292] [354 354 604 604]. The answer is {answer}.")
    twin = arm("instruct", fake_model(0.5))
    none = evaluate(store, arm("student", boxless), twin, FEW).boxes
    some = evaluate(store, arm("student", everywhere), twin, FEW).boxes
    assert none is not None
    assert none.stated == 0
    assert some is not None
    assert some.stated == 48
    assert 0 < some.right < 48


def test_evaluate_tells_whose_mistakes_the_programs_make(
    store: ArtifactStore, arm: MakeArm, fake_model: Any
) -> None:
    done = evaluate(store, arm("student", fake_model(1.0)), arm("instruct", fake_model(0.0)), FEW)
    assert done.truth is not None
    faults = done.truth.faults["count"]
    assert sum(faults.values()) == 3 * done.questions
    assert faults["program_failure"] == done.questions  # the third program fails
    assert faults["right"] >= done.questions  # the second is right
    assert faults["right"] + faults["program_error"] == 48
    assert faults["program_error"] > 0
    told = done.truth.rationales
    assert told.rationales == told.all_true == done.questions
    assert {kind: counts.share for kind, counts in told.kinds.items()}.keys() >= {"found", "answer"}
    assert told.boxes.mean_iou == pytest.approx(1.0, abs=0.05)


def test_evaluate_counts_what_tools_saw_wrong_against_the_rationales(
    store: ArtifactStore, arm: MakeArm, fake_model: Any
) -> None:
    for shard in store.shards(SCENE_TRUTH):
        frame = store.read_shard(SCENE_TRUTH, shard)
        scenes = [
            {**r, "scene_json": r["scene_json"].replace('"red"', '"yellow"')}
            for r in frame.iter_rows(named=True)
        ]
        store.write_shard(SCENE_TRUTH, shard, type(frame)(scenes, schema=SCENE_TRUTH.schema), "other colors")
    done = evaluate(store, arm("student", fake_model(1.0)), arm("instruct", fake_model(0.0)), FEW)
    assert done.truth is not None
    told = done.truth.rationales
    assert told.kinds["found"].true < told.kinds["found"].n
    assert told.kinds["answer"].share == 1.0
    assert 0 < told.all_true < told.rationales
    assert done.truth.faults["count"]["lucky"] > 0


def test_evaluate_without_ground_truth_measures_none(
    store: ArtifactStore, arm: MakeArm, fake_model: Any
) -> None:
    for shard in store.shards(SCENE_TRUTH):
        store.objects.delete(f"tables/{SCENE_TRUTH.name}/{shard}/manifest.json")
    done = evaluate(store, arm("student", fake_model(1.0)), arm("instruct", fake_model(0.0)), FEW)
    assert done.truth is None
    assert done.boxes is None


def test_evaluate_of_other_rationales_is_another_document(
    store: ArtifactStore, arm: MakeArm, fake_model: Any
) -> None:
    student, twin = arm("student", fake_model(0.8)), arm("instruct", fake_model(0.4))
    first = evaluate(store, student, twin, FEW)
    frame = store.read_shard(EXAMPLES, "toy-001")
    store.write_shard(EXAMPLES, "toy-001", frame.head(3), "fewer")
    assert evaluate(store, student, twin, FEW).evaluation_id != first.evaluation_id


def test_document_from_before_truth_was_measured_still_loads(
    store: ArtifactStore, arm: MakeArm, fake_model: Any
) -> None:
    done = evaluate(store, arm("student", fake_model(1.0)), arm("instruct", fake_model(0.0)), FEW)
    old = done.model_dump(mode="json", exclude={"truth": True, "boxes": {"mean_iou"}})
    store.put_document(f"evaluations/{done.evaluation_id}", old)
    assert load_evaluation(store, done.evaluation_id).truth is None


def test_evaluate_again_asks_nobody_and_gives_the_same_document(
    store: ArtifactStore, arm: MakeArm, fake_model: Any
) -> None:
    student, twin = fake_model(0.8), fake_model(0.4)
    first = evaluate(store, arm("student", student), arm("instruct", twin), FEW)
    asked = len(student.calls), len(twin.calls)
    assert evaluate(store, arm("student", student), arm("instruct", twin), FEW) == first
    assert (len(student.calls), len(twin.calls)) == asked
    assert load_evaluation(store, first.evaluation_id) == first


def test_evaluate_stopped_between_models_goes_on_where_it_was(
    store: ArtifactStore, arm: MakeArm, fake_model: Any
) -> None:
    student, stopped = fake_model(0.8), fake_model(0.4, fail_in="rationale")
    with pytest.raises(KeyboardInterrupt):
        evaluate(store, arm("student", student), arm("instruct", stopped), FEW)
    asked = len(student.calls)
    twin = fake_model(0.4)
    done = evaluate(store, arm("student", student), arm("instruct", twin), FEW)
    assert len(student.calls) == asked
    assert set(twin.calls) == {"rationale"}
    assert len(store.shards(PREDICTIONS)) == 7
    assert len(done.results) == 7


def test_evaluate_of_a_changed_checkpoint_asks_it_again(
    store: ArtifactStore, arm: MakeArm, fake_model: Any
) -> None:
    student, twin = arm("student", fake_model(0.8)), arm("instruct", fake_model(0.4))
    first = evaluate(store, student, twin, FEW)
    better = Arm("student", student.run_id, student.shards, "other files", lambda: fake_model(1.0))
    second = evaluate(store, better, twin, FEW)
    assert second.evaluation_id != first.evaluation_id
    assert second.result("student", "answer").accuracy.mean == 1.0


def test_evaluate_without_program_runs_says_which_shard_is_missing(
    store: ArtifactStore, arm: MakeArm, fake_model: Any
) -> None:
    store.objects.delete("tables/traces/toy-001/manifest.json")
    with pytest.raises(MissingShardError, match="traces/toy-001"):
        evaluate(store, arm("student", fake_model(1.0)), arm("instruct", fake_model(0.0)), FEW)


def test_choose_questions_keeps_its_choice_when_the_data_grow(store: ArtifactStore) -> None:
    before = {q.question_id for q in choose_questions(store, ["toy-000"], "test", 8).questions}
    after = choose_questions(store, ["toy-000", "toy-001"], "test", 8)
    assert len(after.questions) == 8
    assert {i for i, shard in after.shard_of.items() if shard == "toy-000"} == before & after.by_id.keys()


def test_evaluate_leaves_shards_alone_that_were_not_trained_on(
    store: ArtifactStore, arm: MakeArm, fake_model: Any
) -> None:
    whole = arm("student", fake_model(1.0))
    store.objects.delete("tables/traces/toy-001/manifest.json")
    half = Arm("student", whole.run_id, ("toy-000",), whole.checkpoint_sha256, whole.load)
    assert evaluate(store, half, arm("instruct", fake_model(0.0)), FEW).questions == 12


def test_choose_questions_without_labels_is_refused(store: ArtifactStore) -> None:
    with pytest.raises(DataError, match="no labelled question"):
        choose_questions(store, ["toy-000"], "nightly", 10)


def test_programs_that_crash_count_as_wrong(store: ArtifactStore, arm: MakeArm, fake_model: Any) -> None:
    for shard in store.shards(TRACES):
        frame = store.read_shard(TRACES, shard)
        rows = [{**r, "answer": None, "outcome": "crash"} for r in frame.iter_rows(named=True)]
        stats = store.manifest(TRACES, shard).stats
        store.write_shard(TRACES, shard, type(frame)(rows, schema=TRACES.schema), "crashed", stats)
    done = evaluate(store, arm("student", fake_model(1.0)), arm("instruct", fake_model(0.0)), FEW)
    programs = done.result("programs", "program")
    assert programs.accuracy.mean == 0.0
    assert programs.without_answer == 24


def test_programs_share_the_seconds_of_their_shard(
    store: ArtifactStore, arm: MakeArm, fake_model: Any
) -> None:
    done = evaluate(store, arm("student", fake_model(1.0)), arm("instruct", fake_model(0.0)), FEW)
    assert done.result("programs", "program").seconds_per_question == pytest.approx(1 / 200)
    assert done.result("programs", "program-any-of-k").seconds_per_question == pytest.approx(3 / 200)
