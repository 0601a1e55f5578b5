"""The stage that verifies a shard: rows, yields, shortcuts, and rows of a broken kind."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.verdicts import VERDICT
from vpd.errors import ConfigError, CorruptShardError, MissingShardError
from vpd.records import PROBES, PROGRAMS, QUESTIONS, TRACES, VERDICTS, Verdict
from vpd.store import ArtifactStore
from vpd.verification.stage import MOST_SHORTCUTS, cap_shortcuts, verify_programs
from vpd.verification.yields import add_yields, rates

Make = Callable[..., Any]
SHARD = "s-000"


@pytest.fixture
def write(store: ArtifactStore) -> Callable[..., None]:
    def write(**tables: Any) -> None:
        for table in (QUESTIONS, PROGRAMS, TRACES, PROBES):
            if table.name in tables:
                store.write_shard(table, SHARD, table.frame(tables[table.name]), "g")

    return write


@pytest.fixture
def store(tmp_path: Path, question: Make, candidate: Make, trace: Make, probe: Make) -> ArtifactStore:
    """A shard with a labelled, an unlabelled and a candidate-less question; five candidates for one text.

    The first two mean the same; the third, which is wrong for q1, is right on half of the other pictures.
    """
    store = ArtifactStore.open(str(tmp_path / "store"))
    questions = [
        question(),
        question(question_id="q2", answers=(), family="user"),
        question(question_id="q3", text="Something else?"),
    ]
    candidates = [
        *(candidate(i) for i in range(4)),
        candidate(4, program_id=None, problem="syntax: no expression"),
    ]
    traces = []
    for name, answers in (("q1", ["2", "2", "3", None]), ("q2", ["3", "3", "3", "1"])):
        traces += [trace(i, a, question_id=name, trace_id=f"{name}-{i}") for i, a in enumerate(answers)]
    probes = [probe(0, "rrrr"), probe(1, "rrrr"), probe(2, "rwrw")]
    for table, rows in ((QUESTIONS, questions), (PROGRAMS, candidates), (TRACES, traces), (PROBES, probes)):
        store.write_shard(table, SHARD, table.frame(rows), "f")
    return store


def verdicts_of(store: ArtifactStore) -> list[Verdict]:
    return VERDICTS.rows(store.read_shard(VERDICTS, SHARD))


def test_verify_programs_writes_one_verdict_per_question_and_candidate(store: ArtifactStore) -> None:
    result = verify_programs(store, SHARD)
    verdicts = verdicts_of(store)
    assert result.manifest.rows == 10
    assert {(v.question_id, v.candidate_id) for v in verdicts} == {
        (q, f"c{i}") for q in ("q1", "q2") for i in range(5)
    }
    assert {(v.question_id, v.policy) for v in verdicts} == {("q1", "probed@1"), ("q2", "agreement@2")}
    refused = {(v.question_id, v.candidate_id): v.refused_by for v in verdicts if not v.kept}
    assert refused == {
        ("q1", "c2"): "label",
        ("q1", "c3"): "outcome",
        ("q1", "c4"): "outcome",
        ("q2", "c0"): "meaning",  # two of five
        ("q2", "c1"): "meaning",
        ("q2", "c2"): "meaning",
        ("q2", "c3"): "meaning",
        ("q2", "c4"): "outcome",
    }
    assert [v.candidate_id for v in verdicts if v.chosen] == ["c0"]


def test_verify_programs_hears_the_probe_of_each_program(store: ArtifactStore) -> None:
    verify_programs(store, SHARD)
    heard = {v.candidate_id: (v.probe_id, v.tried_right, v.tried) for v in verdicts_of(store)}
    assert heard == {
        "c0": ("b0", 4, 4),
        "c1": ("b1", 4, 4),
        "c2": ("b2", 2, 4),
        "c3": (None, 0, 0),
        "c4": (None, 0, 0),
    }


@pytest.mark.parametrize(("policy", "name"), [("label", "label@1"), ("agreement", "agreement@2")])
def test_verify_programs_by_another_policy_computes_again(
    store: ArtifactStore, policy: Any, name: str
) -> None:
    verify_programs(store, SHARD)
    assert verify_programs(store, SHARD, policy=policy).computed
    assert {v.policy for v in verdicts_of(store) if v.question_id == "q1"} == {name}
    assert not verify_programs(store, SHARD, policy=policy).computed


def test_verify_programs_stats_give_yields_by_family(store: ArtifactStore) -> None:
    yields = verify_programs(store, SHARD, alike=0.4).manifest.stats["yields"]
    count = yields["count"]
    assert (count["questions"], count["without_candidates"], count["candidates"]) == (2, 1, 5)
    assert (count["answered"], count["correct"], count["any_correct"]) == (3, 2, 1)
    assert (count["outcome_runtime"], count["outcome_syntax"]) == (1, 1)
    assert (count["kept"], count["kept_by_label@1"], count["kept_by_probed@1"]) == (2, 1, 1)
    assert (count["refused_by_label"], count["refused_by_outcome"], count["shortcuts"]) == (1, 2, 0)
    assert rates(count) == {
        "executes": 0.6,
        "pass_at_1": 0.4,
        "any_of_k": 0.5,
        "kept": 0.5,
        "answers_per_question": 1.0,
    }
    assert (yields["user"]["kept_unlabelled"], rates(yields["user"])["pass_at_1"]) == (1, None)
    assert yields["all"]["questions"] == 3


def test_add_yields_of_two_shards_doubles_every_count(store: ArtifactStore) -> None:
    yields = verify_programs(store, SHARD).manifest.stats["yields"]
    total = add_yields([yields, yields])
    assert total == {f: {name: 2 * n for name, n in counts.items()} for f, counts in yields.items()}


def test_verify_programs_again_does_nothing(store: ArtifactStore) -> None:
    assert verify_programs(store, SHARD).computed
    assert not verify_programs(store, SHARD).computed


def test_verify_programs_again_after_other_probes(
    store: ArtifactStore, write: Callable[..., None], probe: Make
) -> None:
    verify_programs(store, SHARD)
    write(probes=[probe(0, "rwrw"), probe(1, "rrrr")])
    assert verify_programs(store, SHARD).computed
    assert [v.candidate_id for v in verdicts_of(store) if v.chosen] == ["c1"]


def test_verify_programs_other_share_computes_again(store: ArtifactStore) -> None:
    verify_programs(store, SHARD)
    assert verify_programs(store, SHARD, alike=0.4).computed
    kept = {v.candidate_id for v in verdicts_of(store) if v.question_id == "q2" and v.kept}
    assert kept == {"c0", "c1"}


def test_verify_programs_candidates_are_judged_for_the_choices_they_were_written_for(
    store: ArtifactStore,
    write: Callable[..., None],
    question: Make,
    candidate: Make,
    trace: Make,
    probe: Make,
) -> None:
    choices = ("2", "3")
    write(
        questions=[question(), question(question_id="q2", choices=choices)],
        programs=[candidate(0), candidate(1, choices=choices, program_id="p0")],
        traces=[trace(0, "2"), trace(0, "2", question_id="q2", trace_id="t1")],
        probes=[probe(0, "rr"), probe(0, "rrr", choices=choices, probe_id="b1")],
    )
    verify_programs(store, SHARD)
    assert {(v.question_id, v.candidate_id, v.outcome, v.tried) for v in verdicts_of(store)} == {
        ("q1", "c0", "answered", 2),
        ("q2", "c1", "answered", 3),
    }


def test_verify_programs_learns_from_all_programs_of_the_shard_what_matters_in_a_question(
    store: ArtifactStore, write: Callable[..., None], question: Make, candidate: Make, trace: Make
) -> None:
    counts = "def execute_command(image):\n    return str(len(ImagePatch(image).find('{}')))"
    texts = ["How many green cubes are there?", "How many green things are there?"]
    write(
        questions=[question(question_id=f"q{n}", text=text) for n, text in enumerate(texts)],
        programs=[
            candidate(n, question_text=texts[n > 1], source=counts.format(sought))
            for n, sought in enumerate(("green cube", "cube", "green"))
        ],
        traces=[trace(n, "2", question_id=f"q{int(n > 1)}") for n in range(3)],
        probes=[],
    )
    verify_programs(store, SHARD)
    found = {v.candidate_id: (v.ignored, v.refused_by) for v in verdicts_of(store)}
    assert found["c1"] == (("green",), "ignores")
    assert found["c0"][0] == found["c2"][0] == ()


@pytest.mark.parametrize("table", [QUESTIONS, PROGRAMS, TRACES, PROBES])
def test_verify_programs_shard_that_lacks_a_table_says_which(store: ArtifactStore, table: Any) -> None:
    store.objects.delete(f"tables/{table.name}/{SHARD}/manifest.json")
    with pytest.raises(MissingShardError, match=f"{table.name}/{SHARD}"):
        verify_programs(store, SHARD)


def test_verify_programs_with_damaged_traces_names_them_and_keeps_the_verdicts(
    store: ArtifactStore, write: Callable[..., None], question: Make
) -> None:
    verify_programs(store, SHARD)
    before = verdicts_of(store)
    write(questions=[question(family="other")])
    [data] = [n for n in store.objects.list(f"tables/traces/{SHARD}/") if n.endswith(".parquet")]
    store.objects.put(data, b"damaged")
    with pytest.raises(CorruptShardError, match=f"traces/{SHARD}"):
        verify_programs(store, SHARD)
    assert verdicts_of(store) == before


def test_verify_programs_of_broken_rows_loses_no_other_verdict(
    store: ArtifactStore, write: Callable[..., None], candidate: Make, trace: Make, probe: Make
) -> None:
    """A trace is missing, one is of nobody, one of a later kind; a probe is of nobody; a source is bad."""
    verify_programs(store, SHARD, policy="label")
    sound = {v.candidate_id: v for v in verdicts_of(store) if v.question_id == "q1"}
    write(
        programs=[candidate(0), candidate(1, source="def ..."), candidate(2), candidate(5, program_id="p0")],
        traces=[
            trace(0, "2"),
            trace(1, "2", events_json='{"schema": 9}'),
            trace(8, "2"),
            trace(0, "2", question_id="of nobody", trace_id="t-nobody"),
        ],
        probes=[
            probe(0, "rrrr"),
            probe(9, "rrrr"),
            probe(7, "", program_id="p0", question_text="Asked nowhere?"),
        ],
    )
    verify_programs(store, SHARD, policy="label")
    verdicts = {v.candidate_id: v for v in verdicts_of(store) if v.question_id == "q1"}
    assert {name: v.outcome for name, v in verdicts.items()} == {
        "c0": "answered",
        "c1": "answered",
        "c2": "missing",
        "c5": "answered",
    }
    assert "p2" in verdicts["c2"].reason
    assert verdicts["c0"].kept
    assert (verdicts["c0"].correct, verdicts["c0"].tried) == (sound["c0"].correct, sound["c0"].tried)
    assert verdicts["c5"].trace_id == verdicts["c0"].trace_id
    missing = [v for v in verdicts_of(store) if v.question_id == "q2"]
    assert {v.outcome for v in missing} == {"missing"}


def test_verify_programs_of_tools_that_are_gone_says_what_to_do_and_keeps_the_verdicts(
    store: ArtifactStore, write: Callable[..., None], candidate: Make, trace: Make
) -> None:
    verify_programs(store, SHARD)
    before = verdicts_of(store)
    write(programs=[candidate(0)], traces=[trace(0, "2", tools_version="gone_tools:SET[a@1]")])
    with pytest.raises(ConfigError, match=r"gone_tools.*PYTHONPATH"):
        verify_programs(store, SHARD)
    assert verdicts_of(store) == before


CHOSEN = st.lists(st.tuples(st.booleans(), st.booleans()), max_size=120)


def verdict(number: int, chosen: bool, shortcut: bool) -> Verdict:
    name = f"v{number}"
    return replace(VERDICT, verdict_id=name, question_id=f"q{number}", chosen=chosen, shortcut=shortcut)


@given(rows=CHOSEN, data=st.data())
def test_cap_shortcuts_holds_the_share_and_takes_the_place_of_no_more_than_needed(
    rows: list[tuple[bool, bool]], data: st.DataObject
) -> None:
    verdicts = [verdict(n, *row) for n, row in enumerate(rows)]
    capped = cap_shortcuts(verdicts)
    chosen = [v for v in capped if v.chosen]
    shortcuts = sum(v.shortcut for v in chosen)
    assert 10 * shortcuts <= len(chosen)
    dropped = [v for v, before in zip(capped, verdicts, strict=True) if v != before]
    assert all(v.shortcut and not v.chosen for v in dropped)
    if dropped:
        assert 10 * (shortcuts + 1) > len(chosen) + 1
    restored = [
        replace(v, chosen=before.chosen, reason=before.reason)
        for v, before in zip(capped, verdicts, strict=True)
    ]
    assert restored == verdicts
    assert all(v.reason != VERDICT.reason for v in dropped)
    order = data.draw(st.permutations(verdicts))
    assert {v.verdict_id: v for v in cap_shortcuts(order)} == {v.verdict_id: v for v in capped}


def test_cap_shortcuts_is_applied_to_the_shard(
    store: ArtifactStore, write: Callable[..., None], question: Make, candidate: Make, trace: Make
) -> None:
    source = "def execute_command(image):\n    return ImagePatch(image).simple_query({!r})"
    texts = [f"How many cubes are on shelf {n}?" for n in range(20)]
    questions = [question(question_id=f"q{n}", text=text) for n, text in enumerate(texts)]
    programs = [
        candidate(n, question_text=text, **({"source": source.format(text)} if n % 2 else {}))
        for n, text in enumerate(texts)
    ]
    traces = [trace(n, "2", question_id=f"q{n}") for n in range(20)]
    write(questions=questions, programs=programs, traces=traces, probes=[])
    counts = verify_programs(store, SHARD).manifest.stats["yields"]["all"]
    verdicts = verdicts_of(store)
    assert all(v.kept for v in verdicts)
    chosen = [v for v in verdicts if v.chosen]
    assert len(chosen) == 10 + 1
    assert sum(v.shortcut for v in chosen) / len(chosen) <= MOST_SHORTCUTS
    assert (counts["shortcuts"], counts["kept"]) == (10, 20)
