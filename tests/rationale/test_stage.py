import itertools
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest

from vpd.rationale.prompts import prompt_for
from vpd.rationale.render import render
from vpd.rationale.stage import build_examples
from vpd.records import EXAMPLES, IMAGES, PROGRAMS, QUESTIONS, TRACES, VERDICTS, Example
from vpd.scoring.normalize import normalize
from vpd.store import ArtifactStore


@pytest.fixture
def examples(store: ArtifactStore) -> dict[tuple[str, str], Example]:
    """The examples of the shard by question and mode."""
    build_examples(store, "s-000")
    return {(e.question_id, e.mode): e for e in EXAMPLES.rows(store.read_shard(EXAMPLES, "s-000"))}


def test_build_examples_right_program_gives_both_modes(
    examples: dict[tuple[str, str], Example], told: dict[str, Any]
) -> None:
    for name, run in told.items():
        answer, rationale = examples[name, "answer"], examples[name, "rationale"]
        assert answer.target == answer.answer == rationale.answer == normalize(run.answer)
        assert rationale.target == render(run.source, run.events, run.answer, 100, 100, seed=name)
        assert (rationale.trace_id, answer.trace_id) == (f"t-{name}", None)
        assert answer.prompt != rationale.prompt


def test_build_examples_wrong_program_gives_the_label_alone(examples: dict[tuple[str, str], Example]) -> None:
    assert examples["wrong", "answer"].target == "no"
    assert ("wrong", "rationale") not in examples


def test_build_examples_unlabelled_question_takes_the_chosen_answer(
    examples: dict[tuple[str, str], Example],
) -> None:
    assert examples["unlabelled", "answer"].target == "2"
    assert examples["unlabelled", "rationale"].target.endswith("The answer is 2.")


def test_build_examples_program_that_looks_at_nothing_gives_no_rationale(
    examples: dict[tuple[str, str], Example], store: ArtifactStore
) -> None:
    assert ("blind", "rationale") not in examples
    stats = store.manifest(EXAMPLES, "s-000").stats
    assert stats["dropped"] == {"evidence": 1}
    assert stats["dropped_first"][0]["question_id"] == "blind"


def test_build_examples_stats_count_by_split_mode_and_family(
    examples: dict[tuple[str, str], Example], store: ArtifactStore
) -> None:
    stats = store.manifest(EXAMPLES, "s-000").stats
    for split, mode in itertools.product(("train", "val"), ("answer", "rationale")):
        families = Counter(e.family for e in examples.values() if (e.split, e.mode) == (split, mode))
        assert stats["examples"][split][mode] == families
    assert 5 < stats["rationale_words"] < 75


def test_build_examples_again_does_nothing_until_a_setting_changes(store: ArtifactStore) -> None:
    assert build_examples(store, "s-000").computed
    assert not build_examples(store, "s-000").computed
    assert build_examples(store, "s-000", most_words=30).computed
    stats = store.manifest(EXAMPLES, "s-000").stats
    assert stats["dropped"]["length"] > 0
    rows = EXAMPLES.rows(store.read_shard(EXAMPLES, "s-000"))
    assert all(len(e.target.split()) <= 30 for e in rows)


def test_build_examples_candidates_with_other_variable_names_use_the_executed_source(
    store: ArtifactStore, told: dict[str, Any]
) -> None:
    programs = PROGRAMS.rows(store.read_shard(PROGRAMS, "s-000"))
    twins = [
        replace(
            c,
            candidate_id=f"a-{c.candidate_id}",
            sample_index=1,
            source="def execute_command(image):\n    return 1",
        )
        for c in programs
    ]
    store.write_shard(PROGRAMS, "s-000", PROGRAMS.frame([*twins, *programs]), "g")
    build_examples(store, "s-000")
    texts = {
        e.question_id: e.target for e in EXAMPLES.rows(store.read_shard(EXAMPLES, "s-000")) if e.trace_id
    }
    run = told["left of"]
    assert texts["left of"] == render(run.source, run.events, run.answer, 100, 100, seed="left of")


@pytest.mark.parametrize(
    "events",
    [
        '[{"later": 1}]',
        "[1]",
        '[{"seq":0,"line":2,"kind":"glance","name":"find","value":null}]',
        '[{"seq":0,"line":2,"kind":"tool","name":"find","value":[],"args":["cube","left"]}]',
        '[{"seq":0,"line":2,"kind":"tool","name":"find","value":{"mask":"x"}}]',
    ],
)
def test_build_examples_unreadable_trace_is_counted_and_the_others_stay(
    events: str, store: ArtifactStore
) -> None:
    before = build_examples(store, "s-000").manifest
    traces = TRACES.rows(store.read_shard(TRACES, "s-000"))
    damaged = [replace(t, events_json=events) if t.question_id == "exists" else t for t in traces]
    store.write_shard(TRACES, "s-000", TRACES.frame(damaged), "g")
    after = build_examples(store, "s-000").manifest
    assert after.stats["dropped"] == {"evidence": 1, "trace": 1}
    assert "t-exists" in after.stats["dropped_first"][0]["problem"]
    assert after.rows == before.rows - 1


def test_build_examples_verdict_without_trace_or_program_is_counted_and_the_others_stay(
    store: ArtifactStore,
) -> None:
    before = build_examples(store, "s-000").manifest
    traces = [t for t in TRACES.rows(store.read_shard(TRACES, "s-000")) if t.question_id != "exists"]
    programs = PROGRAMS.rows(store.read_shard(PROGRAMS, "s-000"))
    store.write_shard(TRACES, "s-000", TRACES.frame(traces), "g")
    store.write_shard(PROGRAMS, "s-000", PROGRAMS.frame(p for p in programs if p.program_id != "p-and"), "g")
    after = build_examples(store, "s-000").manifest
    assert after.stats["dropped"] == {"evidence": 1, "trace": 2}
    problems = " ".join(d["problem"] for d in after.stats["dropped_first"])
    assert "t-exists" in problems
    assert "p-and" in problems
    assert after.rows == before.rows - 2


def test_build_examples_missing_picture_drops_the_rationale_and_the_others_stay(store: ArtifactStore) -> None:
    images = IMAGES.rows(store.read_shard(IMAGES, "s-000"))
    [gone] = [
        q.image_id for q in QUESTIONS.rows(store.read_shard(QUESTIONS, "s-000")) if q.question_id == "exists"
    ]
    store.write_shard(IMAGES, "s-000", IMAGES.frame(i for i in images if i.image_id != gone), "g")
    stats = build_examples(store, "s-000").manifest.stats
    assert stats["dropped"] == {"evidence": 1, "image": 3}


def test_build_examples_two_chosen_verdicts_give_one_rationale_of_the_first(store: ArtifactStore) -> None:
    before = build_examples(store, "s-000").manifest
    verdicts = VERDICTS.rows(store.read_shard(VERDICTS, "s-000"))
    twin = next(replace(v, verdict_id="~last") for v in verdicts if v.question_id == "exists" and v.chosen)
    store.write_shard(VERDICTS, "s-000", VERDICTS.frame([twin, *verdicts]), "g")
    after = build_examples(store, "s-000").manifest
    assert after.stats["dropped"] == {"evidence": 1, "verdict": 1}
    assert "~last" in after.stats["dropped_first"][0]["problem"]
    assert after.rows == before.rows


def test_prompt_for_choices_are_listed_in_both_modes() -> None:
    for mode in ("answer", "rationale"):
        prompt = prompt_for("Which one?", mode, ("cat", "dog"))
        assert prompt.startswith("Which one?")
        assert "cat, dog" in prompt
