"""A small pipeline for tests of assets: generated pictures, and a language model that is a few rules."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from resources.artifact_store import ArtifactStoreResource
from resources.program_sampler import ProgramSamplerResource
from vpd.chat.answers import Answer
from vpd.chat.request import Request
from vpd.datasets.scenes.source import scenes_spec
from vpd.datasets.sources import register, shard_names
from vpd.sampling.sampler import Sampler
from vpd.store import ArtifactStore
from vpd_assets.catalog import SHARD_ASSETS
from vpd_assets.definitions import defs
from vpd_assets.partitions import add_shards, all_shards, range_tags

RULES = {
    r"How many (.*)s are there\?": 'return str(len(image_patch.find("{}")))',
    r"Is there an? (.*)\?": 'return bool_to_yesno(image_patch.exists("{}"))',
    r"Are there as many (\w+)s .*": 'return bool_to_yesno(image_patch.find("{}")[0].left > 9)',
    r"What color is the (\w+)\?": 'return image_patch.find("{}")[0].simple_query("What color is it?")',
}


class RuleWriter:
    """An endpoint that writes programs for what its rules know, and none for the rest.

    They are right, but for "as many", where they fail if there is none.
    """

    url = "the rules"

    def check(self) -> None:
        return

    def close(self) -> None:
        return

    def complete(self, request: Request, samples: list[int]) -> list[Answer]:
        text = self._program(request.question)
        return [Answer(request.key, s, text, None, None, "stop", -0.1, 20, 0, 0, "live") for s in samples]

    @staticmethod
    def _program(question: str) -> str:
        for pattern, body in RULES.items():
            found = re.fullmatch(pattern, question)
            if found:
                head = "def execute_command(image):\n    image_patch = ImagePatch(image)\n    "
                return head + body.format(found[1])
        return "I do not know."


class RuleSampler(ProgramSamplerResource):
    """The real sampler over the rule writer."""

    @contextmanager
    def open(self, tools: str) -> Iterator[Sampler]:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("vpd.sampling.sampler.open_endpoint", lambda *_, **__: RuleWriter())
            patch.setattr("vpd.sampling.sampler.DEMO_RECORD", Path("no record"))
            with super().open(tools) as sampler:
                yield sampler


@dataclass
class Pipeline:
    """One source in an empty home, and its assets in an instance of its own."""

    instance: dg.DagsterInstance
    store: ArtifactStore
    shards: list[str]
    resources: dict[str, Any] = field(default_factory=dict)

    def run(
        self,
        assets: Iterable[dg.AssetsDefinition],
        shards: Sequence[str] | None = None,
        ops: Mapping[str, Any] | None = None,
    ) -> dg.ExecuteInProcessResult:
        """Materialise assets (for the shards, in one run) and the checks on them; `ops` is their config."""
        job = self.job("pipeline_job")
        tags = range_tags(all_shards(self.instance), self.shards if shards is None else shards)
        return job.execute_in_process(
            instance=self.instance,
            asset_selection=[asset.key for asset in assets],
            tags=tags[0] if tags else None,
            run_config={
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
                "ops": dict(ops or {}),
            },
        )

    def job(self, name: str) -> dg.JobDefinition:
        """Return a job of the code location over this pipeline's resources."""
        with_fakes = dg.Definitions(
            assets=defs.assets,
            asset_checks=defs.asset_checks,
            jobs=defs.jobs,
            resources={**(defs.resources or {}), **self.resources},
            executor=dg.in_process_executor,
        )
        return with_fakes.resolve_job_def(name)

    def events(self, asset: dg.AssetsDefinition) -> dict[str, dg.AssetMaterialization]:
        """Return the last materialization of each shard of an asset."""
        found = {}
        for shard in self.shards:
            wanted = dg.AssetRecordsFilter(asset_key=asset.key, asset_partitions=[shard])
            for record in self.instance.fetch_materializations(wanted, limit=1).records:
                assert record.asset_materialization is not None
                found[shard] = record.asset_materialization
        return found


@contextmanager
def small_pipeline(home: Path) -> Iterator[Pipeline]:
    with pytest.MonkeyPatch.context() as patch, dg.DagsterInstance.ephemeral() as instance:
        patch.setenv("VPD_HOME", str(home))
        store = ArtifactStoreResource().open()
        spec = register(store, scenes_spec("small", 2, level="easy", images=12, seed=3))
        add_shards(instance, shard_names(spec))
        fakes = {"program_sampler": RuleSampler(candidates=2)}
        yield Pipeline(instance, store, shard_names(spec), fakes)


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[Pipeline]:
    """A registered source of two shards, nothing materialised."""
    with small_pipeline(tmp_path) as pipeline:
        yield pipeline


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """The same with all per-shard assets materialised in one run; shared, so tests leave its data alone."""
    with small_pipeline(tmp_path_factory.mktemp("done")) as pipeline:
        assert pipeline.run(SHARD_ASSETS).success
        yield pipeline
