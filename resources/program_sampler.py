"""Which language models write programs, with what sampling parameters, and which one rewords rationales."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field, ValidationError

from vpd.errors import ConfigError
from vpd.settings import Settings, load_settings

if TYPE_CHECKING:
    from vpd.rewriting.rewriter import Rewriter
    from vpd.sampling.plan import Plan
    from vpd.sampling.sampler import Sampler


class ProgramSamplerResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """OpenAI-compatible endpoints, or the embedded model. API keys come from the environment.

    A field that is not set is as the file of models says, or else as the method says (VPD: k 5, 0.5).
    """

    url: str = Field(default="", description="Endpoint such as http://host:8000/v1; empty: VPD_LLM_URL")
    llm: str = Field(default="", description="Model name to ask for; empty: VPD_LLM_MODEL")
    plan_file: str = Field(
        default="",
        description="TOML file of models, budgets and prices; empty: VPD_LLM_FILE, if there is one",
    )
    candidates: int | None = Field(
        default=None, ge=1, le=64, description="Programs per question that each model writes; default: 5"
    )
    temperature: float | None = Field(
        default=None, ge=0, le=2, description="Sampling temperature; default: 0.5"
    )
    repair: bool | None = Field(
        default=None, description="Give a bad program back once, with what is wrong; default: true"
    )
    resample: int | None = Field(
        default=None, ge=0, le=64, description="Most candidates per question written once more; default: 0"
    )
    ceiling: float | None = Field(
        default=None,
        gt=0,
        description="Most US dollars that a run may spend on each model; default: no bound",
    )

    @contextmanager
    def open(self, tools: str) -> Iterator["Sampler"]:
        """Open the sampler of programs for a tool set by name.

        No endpoint is contacted, and no embedded model started, before an answer is missing in cache and
        record; what was started stops when the block ends. Raises ConfigError if the fields are at odds.
        """
        from vpd.sampling.sampler import open_sampler

        settings = self._settings(tools)
        with open_sampler(settings, self._plan(settings)) as sampler:
            yield sampler

    @contextmanager
    def open_rewriter(self, model: str = "") -> Iterator["Rewriter"]:
        """Open the rewriter of rationales, which asks one of these models, the first if none is named.

        As with programs, nobody is contacted before an answer is missing in the cache; `ceiling` holds for
        rationales alone, apart from programs. Raises ConfigError if there is no such model.
        """
        from vpd.rewriting.rewriter import open_rewriter

        settings = self._settings(load_settings().tools)
        with open_rewriter(settings, self._plan(settings), model) as rewriter:
            yield rewriter

    def _settings(self, tools: str) -> Settings:
        """Return the environment's settings with these fields in their place."""
        one_model = {"llm_url": self.url, "llm_model": self.llm}
        if not any(one_model.values()):
            return load_settings().model_copy(update={"tools": tools, **_given(llm_file=self.plan_file)})
        if self.plan_file:
            raise ConfigError("the program sampler has both plan_file and url or llm: set one of them")
        return load_settings().model_copy(update={"tools": tools, "llm_file": "", **_given(**one_model)})

    def _plan(self, settings: Settings) -> "Plan":
        """Return the plan of the settings with these fields in their place."""
        from vpd.sampling.plan import load_plan
        from vpd.sampling.request import SamplingConfig

        plan = load_plan(settings)
        each = _given(candidates=self.candidates)
        given = _given(temperature=self.temperature, repair=self.repair, resample=self.resample)
        writers = [{**writer.model_dump(), **each} for writer in plan.config.writers]
        try:
            config = SamplingConfig.model_validate({**plan.config.model_dump(), **given, "writers": writers})
        except ValidationError as error:
            wrong = "; ".join(problem["msg"] for problem in error.errors())
            raise ConfigError(f"the program sampler's fields do not fit its models: {wrong}") from None
        return replace(plan, config=config, ceiling=self.ceiling or plan.ceiling)


def _given(**fields: object) -> dict[str, object]:
    """Return the fields that are set."""
    return {name: value for name, value in fields.items() if value not in (None, "")}
