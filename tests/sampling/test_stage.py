from pathlib import Path

import pytest

from vpd.chat.answers import Answer, AnswerCache
from vpd.records import PROGRAMS, QUESTIONS, Question
from vpd.sampling.request import SamplingConfig
from vpd.sampling.sampler import Sampler
from vpd.sampling.stage import sample_programs
from vpd.store import ArtifactStore

GOOD = """\
```python
def execute_command(image):
    # look
    return str(len(ImagePatch(image).find('dog')))
```"""
TEXTS = (GOOD, GOOD.replace("# look", ""), "I cannot do that(", None)


class FakeEndpoint:
    def complete(self, request, samples):
        return [
            Answer(
                request.key, s, TEXTS[s], None if TEXTS[s] else "status 400", None if TEXTS[s] else "request",
                "stop", -1.0 - s, 7, "live",
            )
            for s in samples
        ]  # fmt: skip


@pytest.fixture
def sampler(tmp_path):
    cache = AnswerCache(tmp_path / "answers.sqlite")
    yield Sampler(SamplingConfig(candidates=4), cache, FakeEndpoint)
    cache.close()


@pytest.fixture
def store(tmp_path: Path) -> ArtifactStore:
    store = ArtifactStore.open(str(tmp_path / "store"))
    for shard in ("a-000", "a-001"):
        rows = [
            Question(f"{shard}-{i}", "image", text, ("1",), (), "count", "train", False, "a")
            for i, text in enumerate(["How many dogs?", "How many dogs?", "Is there a cat?"])
        ]
        store.write_shard(QUESTIONS, shard, QUESTIONS.frame(rows), "f")
    return store


def test_stage_candidates_are_one_row_per_text_and_sample(store, sampler):
    result = sample_programs(store, "a-000", sampler)
    rows = PROGRAMS.rows(store.read_shard(PROGRAMS, "a-000"))
    assert len(rows) == 8
    good, same, broken, refused = rows[:4]
    assert good.program_id == same.program_id is not None
    assert "# look" not in good.source
    assert broken.program_id is None
    assert broken.problem.startswith("syntax")
    assert refused.problem == "status 400"
    assert result.manifest.stats["parsed"] == 4
    assert result.manifest.stats["distinct_programs"] == 2


def test_stage_same_text_in_two_shards_has_the_same_candidates(store, sampler):
    sample_programs(store, "a-000", sampler)
    sample_programs(store, "a-001", sampler)
    first, second = (set(store.read_shard(PROGRAMS, s)["candidate_id"]) for s in ("a-000", "a-001"))
    assert first == second
    assert sampler.sources["live"] == 8


def test_stage_second_run_computes_nothing(store, sampler):
    assert sample_programs(store, "a-000", sampler).computed
    assert not sample_programs(store, "a-000", sampler).computed


def test_stage_other_temperature_computes_again(store, sampler, tmp_path):
    sample_programs(store, "a-000", sampler)
    warmer = Sampler(SamplingConfig(candidates=4, temperature=0.9), sampler.cache, FakeEndpoint)
    assert sample_programs(store, "a-000", warmer).computed
