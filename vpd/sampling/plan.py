"""The plan of a run: which language models write programs, how, at what address, speed and price.

Read from the environment, or from a TOML file named by VPD_LLM_FILE where one variable is not enough:

    ceiling = 20.0                              # US dollars for each model, for one run
    [sampling]
    temperature = 0.7
    [[writers]]
    model = "qwen2.5-coder-32b-instruct"
    candidates = 4
    endpoint.url = "https://llm.example.org/v1"
    endpoint.requests_per_minute = 500
    endpoint.price = { input = 0.4, output = 1.2 }
    [[writers]]                                 # no endpoint: the embedded model
    candidates = 1

What decides answers (`config`) is kept apart from what does not (`endpoints`, `ceiling`): changing the latter
asks nothing again.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from vpd.chat.endpoint import EndpointConfig
from vpd.errors import ConfigError
from vpd.sampling.request import Parameters, SamplingConfig, Writer
from vpd.settings import Settings


class WriterSection(Writer):
    """A writer of the file, and where it is."""

    endpoint: EndpointConfig = Field(EndpointConfig(), description="where it is; default: the embedded model")


class PlanFile(BaseModel):
    """The file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    ceiling: float | None = Field(
        None, gt=0, description="most US dollars that one run may spend on each model; default: no bound"
    )
    sampling: Parameters = Field(Parameters(), description="how programs are sampled")
    writers: tuple[WriterSection, ...] = Field(min_length=1, description="the language models")


@dataclass(frozen=True)
class Plan:
    """What is asked of whom. `endpoints` are by model name."""

    config: SamplingConfig
    endpoints: Mapping[str, EndpointConfig]
    ceiling: float | None = None

    @property
    def side_by_side(self) -> int:
        """Questions under way at once: as many as are asked, and some that are reviewed meanwhile.

        One for the embedded model, whose cache holds the start of one question's prompts.
        """
        return max(2 * e.concurrency if e.url else 1 for e in self.endpoints.values())


def load_plan(settings: Settings) -> Plan:
    """Return the plan that the settings describe. Raises ConfigError: what is wrong with them or the file."""
    if settings.llm_file:
        return _from_file(Path(settings.llm_file), settings)
    writer = Writer(model=settings.llm_model) if settings.llm_model else Writer()
    try:
        endpoint = EndpointConfig(url=settings.llm_url)
    except ValidationError:
        raise ConfigError(
            "VPD_LLM_URL: must be an address such as http://host:8000/v1, without key, user or query"
        ) from None
    return Plan(SamplingConfig(writers=(writer,), tools=settings.tools), {writer.model: endpoint})


def _from_file(path: Path, settings: Settings) -> Plan:
    try:
        file = PlanFile.model_validate(tomllib.loads(path.read_text()))
        writers = tuple(Writer(**w.model_dump(exclude={"endpoint"})) for w in file.writers)
        config = SamplingConfig(**file.sampling.model_dump(), writers=writers, tools=settings.tools)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"VPD_LLM_FILE: cannot read {path}: {error}") from error
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, e['loc'])) or 'file'}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"VPD_LLM_FILE: {path}: {wrong}") from None
    return Plan(config, {w.model: w.endpoint for w in file.writers}, file.ceiling)
