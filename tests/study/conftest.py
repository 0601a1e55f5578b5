"""A store of two shards of easy scenes with real runs, and a study of tiny students on it."""

import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path

import pytest

from tests.fitness.examples import SHARDS, write, write_clean_store
from vpd.datasets.sources import SourceSpec
from vpd.rationale.stage import build_examples
from vpd.records import IMAGES, PROBES, PROGRAMS, QUESTIONS, TRACES
from vpd.store import ArtifactStore
from vpd.verification.stage import verify_programs

TINY = "{ image_size = 24, hidden_size = 32, vision_layers = 1, text_layers = 1 }"


@pytest.fixture(scope="session")
def made_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Source `s`: twelve train questions, two of val (s-000) and two of test (s-001); left as it is."""
    folder = tmp_path_factory.mktemp("study")
    store = ArtifactStore.open(str(folder))
    write_clean_store(store)
    store.put_document("sources/s", asdict(SourceSpec("s", "scenes", len(SHARDS), {})))
    for shard in SHARDS:
        for table in (IMAGES, QUESTIONS):
            rows = table.rows(store.read_shard(table, shard))
            split = "test" if shard == SHARDS[1] else "val"
            write(store, shard, table, [replace(r, split=split) if r.split == "val" else r for r in rows])
        programs = PROGRAMS.rows(store.read_shard(PROGRAMS, shard))
        again = [replace(p, candidate_id=f"{p.candidate_id} again", sample_index=1) for p in programs]
        write(store, shard, PROGRAMS, [*programs, *again])
        store.write_shard(TRACES, shard, store.read_shard(TRACES, shard), "f", {"programs_per_second": 9.0})
        write(store, shard, PROBES, [])
        verify_programs(store, shard)
        build_examples(store, shard)
    return folder


@pytest.fixture
def store(tmp_path: Path, made_store: Path) -> ArtifactStore:
    """A store of its own for a test."""
    shutil.copytree(made_store, tmp_path / "store")
    return ArtifactStore.open(str(tmp_path / "store"))


@pytest.fixture
def study_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a study file of these lines of variants, with four steps of tiny students."""

    def make(*variants: str, head: str = "", training: str = "") -> Path:
        path = tmp_path / "small.toml"
        path.write_text(
            f'sources = ["s"]\nseeds = [0]\n{head}\n[training]\nsteps = 4\nbatch_size = 4\neval_every = 2\n'
            f"student = {TINY}\n{training}\n[variants]\n" + "\n".join(variants)
        )
        return path

    return make
