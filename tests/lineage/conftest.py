from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.verdicts import VERDICT
from vpd.records import (
    EXAMPLES,
    IMAGES,
    PREDICTIONS,
    PROBES,
    PROGRAMS,
    QUESTIONS,
    REFUSED,
    REPLACED,
    TRACES,
    VERDICTS,
    Candidate,
    Example,
    Image,
    Prediction,
    Probe,
    Question,
    Refused,
    Trace,
)
from vpd.store import ArtifactStore


def fill_shard(store: ArtifactStore, shard: str, split: str = "train") -> None:
    """One picture, two questions, two equal candidates and what follows; ids end in the shard."""
    image, candidates = f"im-{shard}", (f"ca0-{shard}", f"ca1-{shard}")

    def write(table: Any, *rows: Any) -> None:
        store.write_shard(table, shard, table.frame(rows), "f")

    write(IMAGES, Image(image, f"{shard}.png", "src", split, 8, 6, "image/png", 99))
    texts = {f"q{n}-{shard}": f"How many {n}?" for n in (0, 1)}
    write(
        QUESTIONS,
        *(Question(q, image, t, ("2",), (), "count", split, False, "src") for q, t in texts.items()),
    )
    programs = [
        Candidate(
            candidate_id=c,
            question_text="How many 0?",
            choices=(),
            sample_index=n,
            round="first",
            program_id=f"pr-{shard}",
            call_graph="cg",
            source="return 2",
            problem=None,
            prompt_sha256="aa" * 32,
            request_key="k",
            model="m",
            origin="live",
            temperature=0.5,
            logprob=None,
            completion_tokens=3,
            prompt_tokens=40,
            cached_tokens=8,
            cost=None,
        )
        for n, c in enumerate(candidates)
    ]
    write(PROGRAMS, *programs)
    question, program, trace = f"q0-{shard}", f"pr-{shard}", f"tr-{shard}"
    write(
        TRACES,
        Trace(
            trace, question, image, program, "answered", "2", None, None, None, "[]", 1, 0, "t@1", "vm", 0.1
        ),
    )
    probe = f"pb-{shard}"
    write(PROBES, Probe(probe, "How many 0?", (), program, (), (), (), (), None, ("nothing",), ()))
    write(REPLACED, replace(programs[0], candidate_id=f"rp-{shard}"))
    verdicts = [
        replace(
            VERDICT,
            verdict_id=f"ve{n}-{shard}",
            question_id=question,
            candidate_id=candidate,
            program_id=program,
            trace_id=trace,
            probe_id=probe,
            chosen=n == 0,
        )
        for n, candidate in enumerate(candidates)
    ]
    write(VERDICTS, *verdicts)
    common = (question, image, split, "count", False)
    write(
        EXAMPLES,
        Example(f"ex0-{shard}", *common, "answer", "How many 0?", "2", "2", None, None, ""),
        Example(
            f"ex1-{shard}", *common, "rationale", "How many 0?", "I see 2.", "2", f"ve0-{shard}", trace, "r@1"
        ),
    )
    store.write_shard(REFUSED, f"questions.{shard}", REFUSED.frame([Refused("f:3", "src", "no text")]), "f")


def fill_documents(store: ArtifactStore) -> None:
    digests = {s: store.manifest(EXAMPLES, s).data_sha256 for s in store.shards(EXAMPLES)}
    for arm in ("student", "instruct"):
        run = {"arm": arm, "run_id": f"{arm}-run", "digests": digests, "seed": 0, "mlflow_run_id": "m"}
        store.put_document(f"runs/{arm}-run", run)
    evaluation = {
        "runs": {"student": "student-run", "instruct": "instruct-run"},
        "results": [{"shard": "eval-student"}],
        "questions": 1,
        "split": "test",
    }
    store.put_document("evaluations/e1", evaluation)
    predicted = Prediction("pd-1", "student", "answer", "q0-src-001", "count", False, "2", "2", True, 0.1)
    store.write_shard(PREDICTIONS, "eval-student", PREDICTIONS.frame([predicted]), "f")
    model = {"name": "vlm", "version": "1", "run_id": "student-run", "evaluation_id": "e1"}
    store.put_document("models/vlm-1", {**model, "checkpoint_sha256": "cc" * 32})


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    """A store with every table: shard src-000 is of the train split, src-001 of the test split."""
    store = ArtifactStore.open(str(tmp_path / "store"))
    fill_shard(store, "src-000")
    fill_shard(store, "src-001", "test")
    fill_documents(store)
    return store
