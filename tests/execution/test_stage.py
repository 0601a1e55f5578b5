import io
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from PIL import Image as PillowImage

from vpd.execution import pictures
from vpd.execution.engine import Engine, EngineSettings, open_engine
from vpd.execution.program import Program, canonical
from vpd.execution.stage import execute_programs
from vpd.records import IMAGES, PROGRAMS, QUESTIONS, TRACES, Candidate, Image, Question
from vpd.store import ArtifactStore, blob_name
from vpd.tools.protocol import ToolCard, ToolRequest, ToolResult, ToolSet

SHARD = "scenes-000"
COUNT = "return str(len(ImagePatch(image).find('cube')))"
COUNT_TOO = "found = ImagePatch(image).find('cube')\nreturn str(len(found))"
COUNT_RENAMED = "cubes = ImagePatch(image).find('cube')\nreturn str(len(cubes))"
FAILS = "return ImagePatch(image).find('cylinder')[0].simple_query('color?')"


def picture_file(shade: int) -> bytes:
    buffer = io.BytesIO()
    PillowImage.fromarray(np.full((96, 128, 3), shade, np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def candidate(
    text: str, index: int, source: str, choices: tuple[str, ...] = (), problem: str | None = None
) -> Candidate:
    parsed = canonical(source)
    known = isinstance(parsed, Program)
    return Candidate(
        candidate_id=f"{text}-{index}",
        question_text=text,
        choices=choices,
        sample_index=index,
        round="first",
        program_id=parsed.program_id if isinstance(parsed, Program) else None,
        call_graph=None,
        source=parsed.source if isinstance(parsed, Program) else source,
        problem=problem if known else "syntax: no expression",
        prompt_sha256="",
        request_key="",
        model="fake",
        origin="record",
        temperature=0.5,
        logprob=None,
        completion_tokens=1,
        prompt_tokens=0,
        cached_tokens=0,
        cost=None,
    )


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    """Two pictures, three questions, two texts; one text has two distinct programs and one that is none."""
    store = ArtifactStore.open(str(tmp_path))
    ids = [store.put_blob(picture_file(shade)) for shade in (0, 255)]
    images = [Image(i, f"{i}.png", "scenes", "train", 128, 96, "image/png", 1) for i in ids]
    texts = [(0, "How many cubes are there?"), (1, "How many cubes are there?"), (1, "What is it?")]
    questions = [
        Question(f"q{n}", ids[image], text, ("3",), (), "count", "train", False, "scenes")
        for n, (image, text) in enumerate(texts)
    ]
    many, what = texts[0][1], texts[2][1]
    sources = [COUNT_TOO, COUNT, COUNT_RENAMED, FAILS, "return 1 +"]
    programs = [candidate(many, i, source) for i, source in enumerate(sources)]
    programs += [candidate(what, 0, FAILS), candidate("Asked nowhere?", 0, COUNT)]
    store.write_shard(IMAGES, SHARD, IMAGES.frame(images), "f")
    store.write_shard(QUESTIONS, SHARD, QUESTIONS.frame(questions), "f")
    store.write_shard(PROGRAMS, SHARD, PROGRAMS.frame(programs), "f")
    return store


def rows(store: ArtifactStore) -> pl.DataFrame:
    return store.read_shard(TRACES, SHARD).drop("seconds", "cached_calls")


def test_stage_each_distinct_program_runs_once_per_question(store: ArtifactStore, engine: Engine) -> None:
    result = execute_programs(store, SHARD, engine)
    traces = TRACES.rows(store.read_shard(TRACES, SHARD))
    assert result.computed
    assert len(traces) == 2 * 3 + 1
    assert sorted(t.outcome for t in traces if t.question_id == "q0") == ["answered", "answered", "runtime"]
    assert {t.answer for t in traces if t.outcome == "answered"} == {"3", "2", "1"} - {"2", "1"}
    first = candidate("", 0, COUNT_TOO).program_id
    [renamed] = [t for t in traces if t.question_id == "q0" and t.program_id == first]
    assert '"name":"found"' in renamed.events_json  # of equal programs, the first sampled is run
    stats = result.manifest.stats
    assert stats["outcomes"] == {"answered": 4, "runtime": 3}
    assert (stats["runs"], stats["isolation"], stats["tools_version"]) == (
        7,
        engine.isolation,
        engine.tools_version,
    )
    assert 0 < stats["cached_share"] < 1


def test_stage_again_is_current_and_other_tools_are_not(
    store: ArtifactStore, engine: Engine, fake_toolset: Callable[..., ToolSet]
) -> None:
    first = execute_programs(store, SHARD, engine)
    assert execute_programs(store, SHARD, engine).computed is False
    with open_engine(fake_toolset("2"), EngineSettings(in_flight=2)) as newer:
        second = execute_programs(store, SHARD, newer)
    assert second.computed
    assert second.manifest.data_sha256 != first.manifest.data_sha256


def test_stage_vanished_picture_is_an_outcome_and_harms_no_other_row(
    store: ArtifactStore, engine: Engine
) -> None:
    execute_programs(store, SHARD, engine)
    whole = rows(store)
    gone = IMAGES.rows(store.read_shard(IMAGES, SHARD))[0].image_id
    store.objects.delete(blob_name(gone))
    questions = QUESTIONS.rows(store.read_shard(QUESTIONS, SHARD))
    changed = [replace(q, family="other") for q in questions]  # other upstream data: computed again
    store.write_shard(QUESTIONS, SHARD, QUESTIONS.frame(changed), "g")
    execute_programs(store, SHARD, engine)
    traces = rows(store)
    lost = traces.filter(pl.col("image_id") == gone)
    assert set(lost["outcome"]) == {"crash"}
    assert all("missing" in message and gone in message for message in lost["message"])
    assert traces.filter(pl.col("image_id") != gone).equals(whole.filter(pl.col("image_id") != gone))


def test_stage_candidate_with_a_known_problem_is_not_run(store: ArtifactStore, engine: Engine) -> None:
    text = "How many cubes are there?"
    programs = [candidate(text, 0, COUNT, problem="copied: a brown cube"), candidate(text, 1, FAILS)]
    store.write_shard(PROGRAMS, SHARD, PROGRAMS.frame(programs), "g")
    execute_programs(store, SHARD, engine)
    traces = TRACES.rows(store.read_shard(TRACES, SHARD))
    assert sorted(t.question_id for t in traces) == ["q0", "q1"]
    assert {t.program_id for t in traces} == {programs[1].program_id}


def test_stage_question_with_choices_runs_the_programs_that_were_written_for_them(
    store: ArtifactStore, engine: Engine
) -> None:
    text, choices = "How many cubes are there?", ("two", "three")
    questions = QUESTIONS.rows(store.read_shard(QUESTIONS, SHARD))[:2]
    changed = [questions[0], replace(questions[1], choices=choices)]
    programs = [candidate(text, 0, COUNT), replace(candidate(text, 0, FAILS, choices), candidate_id="chosen")]
    store.write_shard(QUESTIONS, SHARD, QUESTIONS.frame(changed), "g")
    store.write_shard(PROGRAMS, SHARD, PROGRAMS.frame(programs), "g")
    execute_programs(store, SHARD, engine)
    traces = TRACES.rows(store.read_shard(TRACES, SHARD))
    assert {t.question_id: t.program_id for t in traces} == {
        "q0": programs[0].program_id,
        "q1": programs[1].program_id,
    }
    assert len(traces) == 2


def test_stage_killed_in_the_middle_leaves_nothing_and_runs_again(
    store: ArtifactStore, engine: Engine
) -> None:
    class Killed(BaseException):
        """Stands for the death of the process: nothing catches it."""

    class Dying:
        card = ToolCard("detect", "dying@1")

        def run(self, batch: Sequence[ToolRequest]) -> list[ToolResult]:
            raise Killed

    with (
        pytest.raises(Killed),
        open_engine(ToolSet("dying", {"find": Dying()}), EngineSettings(in_flight=2)) as dying,
    ):
        execute_programs(store, SHARD, dying)
    assert store.find_manifest(TRACES, SHARD) is None
    assert execute_programs(store, SHARD, engine).manifest.rows == 7


def test_stage_shard_without_programs_is_an_empty_shard(store: ArtifactStore, engine: Engine) -> None:
    store.write_shard(PROGRAMS, SHARD, PROGRAMS.frame([]), "f")
    result = execute_programs(store, SHARD, engine)
    assert (result.manifest.rows, result.manifest.stats["runs"]) == (0, 0)


def test_stage_decodes_each_picture_once_though_few_fit_the_budget(
    tmp_path: Path, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = ArtifactStore.open(str(tmp_path))
    ids = [store.put_blob(picture_file(shade)) for shade in range(30)]
    images = [Image(i, f"{i}.png", "scenes", "train", 128, 96, "image/png", 1) for i in ids]
    texts = [f"Question {n}?" for n in range(3)]
    questions = [
        Question(f"q{i}-{n}", image_id, text, ("3",), (), "count", "train", False, "scenes")
        for i, image_id in enumerate(ids)
        for n, text in enumerate(texts)
    ]
    sources = [COUNT, FAILS, "return 'x'", "return 'y'"]
    programs = [candidate(text, i, source) for text in texts for i, source in enumerate(sources)]
    store.write_shard(IMAGES, SHARD, IMAGES.frame(images), "f")
    store.write_shard(QUESTIONS, SHARD, QUESTIONS.frame(questions), "f")
    store.write_shard(PROGRAMS, SHARD, PROGRAMS.frame(programs), "f")
    monkeypatch.setattr(pictures, "BUDGET", 12 * 96 * 128 * 3)
    read: Counter[str] = Counter()
    get_blob = ArtifactStore.get_blob

    def counted(self: ArtifactStore, digest: str) -> bytes:
        read[digest] += 1
        return get_blob(self, digest)

    monkeypatch.setattr(ArtifactStore, "get_blob", counted)
    execute_programs(store, SHARD, engine)
    assert read == dict.fromkeys(ids, 1)
    assert len(rows(store)) == 30 * 3 * 4
