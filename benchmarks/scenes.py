"""What the scenes tools see, against ground truth, and what that costs the programs.

`vpd bench scenes --json` prints it. `seeing` asks the tools alone (`benchmarks._seeing`). `programs` runs the
shipped record's programs on scenes that nothing else uses, once with the tools and once with tools that know
the truth: a candidate that is wrong with both is a program error, one that is wrong only with the real tools
a tool error, one that is right only with the real tools is lucky. On full scenes only the questions whose
texts are in the record are asked, with programs written for easy ones.
"""

import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks._pipeline import by_family, questions_of, run_and_judge
from benchmarks._seeing import seeing
from vpd.datasets.ingest import ingest_images, ingest_questions
from vpd.datasets.scenes.source import scenes_spec
from vpd.datasets.scenes.world import LEVELS, Scene
from vpd.datasets.sources import register
from vpd.records import QUESTIONS, SCENE_TRUTH, Verdict
from vpd.sampling.prompt import Asked
from vpd.sampling.record import DEMO_RECORD, load_record
from vpd.sampling.request import SamplingConfig, build_request
from vpd.sampling.sampler import open_sampler
from vpd.sampling.stage import sample_programs
from vpd.settings import Settings
from vpd.store import ArtifactStore
from vpd.tools.oracle import oracle_toolset
from vpd.tools.toolset import SCENES

PICTURES = 200
SEED = 70  # pictures from 700,000,000
NOBODY = "http://127.0.0.1:9"  # no language model is asked: the programs are the record's


def run(pictures: int = PICTURES) -> dict[str, Any]:
    """Measure both levels."""
    return {
        name: {"seeing": seeing(level), "programs": _programs(name, pictures)}
        for name, level in LEVELS.items()
    }


def _programs(level: str, pictures: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        store = ArtifactStore.open(folder)
        shard = _ingest(store, level, pictures)
        with open_sampler(Settings(home=Path(folder), llm_url=NOBODY)) as sampler:
            sample_programs(store, shard, sampler)
        truths = SCENE_TRUTH.rows(store.read_shard(SCENE_TRUTH, shard))
        oracle = oracle_toolset({t.image_id: Scene.from_json(t.scene_json) for t in truths})
        questions = questions_of(store, shard)
        seen, known = (run_and_judge(store, shard, tools) for tools in (SCENES.open(), oracle))
    return {
        "pictures": pictures,
        "texts": len({question.text for question in questions}),
        "tools": by_family(questions, seen),
        "truth": by_family(questions, known),
        "candidates": _split(seen, known),
    }


def _ingest(store: ArtifactStore, level: str, pictures: int) -> str:
    """Commit pictures and the questions whose programs are recorded; returns the shard."""
    spec = register(store, scenes_spec(f"bench-{level}", 1, level=level, images=pictures, seed=SEED))
    shard = f"{spec.name}-000"
    ingest_images(store, shard)
    manifest = ingest_questions(store, shard).manifest
    record, config = load_record(DEMO_RECORD), SamplingConfig()
    [writer] = config.writers
    asked = [
        question
        for question in questions_of(store, shard)
        if record.get(build_request(config, writer, Asked(question.text)).key, 0)
    ]
    store.write_shard(QUESTIONS, shard, QUESTIONS.frame(asked), manifest.fingerprint, manifest.stats)
    return shard


def _split(seen: Sequence[Verdict], known: Sequence[Verdict]) -> dict[str, float]:
    """Return shares of all candidates by whether they are right with the tools and with the truth."""
    right = {verdict.verdict_id: bool(verdict.correct) for verdict in known}
    names = {(True, True): "right", (True, False): "lucky", (False, True): "tool_error"}
    counts = Counter(names.get((bool(v.correct), right[v.verdict_id]), "program_error") for v in seen)
    return {name: count / len(seen) for name, count in sorted(counts.items())}
