"""Which language model writes programs, and with what sampling parameters."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field

from vpd.settings import load_settings

if TYPE_CHECKING:
    from vpd.sampling.sampler import Sampler


class ProgramSamplerResource(dg.ConfigurableResource):  # type: ignore[type-arg]
    """An OpenAI-compatible endpoint. The API key comes from VPD_LLM_API_KEY and is no field here."""

    url: str = Field(default="", description="Endpoint such as http://host:8000/v1; empty: VPD_LLM_URL")
    llm: str = Field(default="", description="Model name to ask for; empty: VPD_LLM_MODEL")
    candidates: int = Field(default=5, ge=1, description="Programs per question text (k)")
    temperature: float = Field(default=0.5, ge=0, description="Sampling temperature")

    @contextmanager
    def open(self, tools: str) -> Iterator["Sampler"]:
        """Open the sampler of programs for a tool set by name.

        The endpoint is not contacted before an answer is missing in cache and record.
        """
        from vpd.sampling.sampler import default_config, open_sampler

        settings = load_settings()
        given = {"llm_url": self.url, "llm_model": self.llm, "tools": tools}
        settings = settings.model_copy(update={name: value for name, value in given.items() if value})
        parameters = {"candidates": self.candidates, "temperature": self.temperature}
        with open_sampler(settings, default_config(settings).model_copy(update=parameters)) as sampler:
            yield sampler
