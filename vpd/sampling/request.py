"""The request for programs: what is asked of which language model, and with which sampling parameters.

Everything here decides answers, so all of it is part of a request's key. Where a model is and how fast it may
be asked is not (`vpd.chat.endpoint`).
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from vpd.chat.embedded import MODEL_NAME
from vpd.chat.request import Request
from vpd.sampling.grammar import program_grammar
from vpd.sampling.prompt import Asked, Style, build_prompt
from vpd.tools.toolset import find_toolset

GrammarField = Literal["", "grammar", "guided_grammar"]


class Writer(BaseModel):
    """A language model and how many of a question's candidates it writes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    model: str = Field(MODEL_NAME, min_length=1, description="model name sent to the endpoint")
    candidates: int = Field(5, ge=1, le=64, description="programs per question that it writes")
    style: Style = Field("chat", description="prompt as a conversation, or raw: a file to go on with")
    grammar: GrammarField = Field(
        "",
        description="field in which the endpoint takes a grammar of the allowed Python: grammar (llama.cpp), "
        "guided_grammar (vLLM); empty: none",
    )
    logprobs: bool = Field(True, description="ask for log-probabilities; some endpoints refuse that")


class Parameters(BaseModel):
    """How candidates are written, and what is done about bad ones and doubles.

    `repair` and `resample` say what follows the first answers: each bad program may be put right once by its
    writer, who is told what is wrong; then up to `resample` candidates that are still bad, or do the same as
    another one, are written again at `resample_temperature`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    examples: int = Field(6, ge=0, le=64, description="worked examples in a prompt, chosen by likeness")
    temperature: float = Field(0.5, ge=0, le=2, description="sampling temperature")
    top_p: float = Field(0.95, gt=0, le=1, description="nucleus sampling share")
    max_tokens: int = Field(200, ge=16, description="most tokens one program may take")
    seed: int = Field(0, description="seed sent to the endpoint")
    repair: bool = Field(True, description="give a bad program back to its writer once, with what is wrong")
    resample: int = Field(0, ge=0, le=64, description="most candidates per question written once more")
    resample_temperature: float = Field(
        1.0, ge=0, le=2, description="temperature of those, higher than the first"
    )

    @model_validator(mode="after")
    def _resampling_is_hotter(self) -> "Parameters":
        if self.resample and self.resample_temperature <= self.temperature:
            raise ValueError("resample_temperature must be higher than temperature: the same gives the same")
        return self


class SamplingConfig(Parameters):
    """What decides the candidates: who writes them for which tools, and how (VPD: 5 at temperature 0.5)."""

    writers: tuple[Writer, ...] = Field((Writer(),), min_length=1, description="the models, in order")
    tools: str = Field("scenes", description="tool set that the programs will run with")

    @model_validator(mode="after")
    def _parameters_fit(self) -> "SamplingConfig":
        if any(writer.grammar and writer.style == "raw" for writer in self.writers):
            raise ValueError("a grammar describes whole programs: it needs the style chat")
        return self

    @model_validator(mode="after")
    def _names_differ(self) -> "SamplingConfig":
        if len({writer.model for writer in self.writers}) < len(self.writers):
            raise ValueError("two writers have the same model")
        return self

    @property
    def candidates(self) -> int:
        """Programs per question (k)."""
        return sum(writer.candidates for writer in self.writers)


def build_request(config: SamplingConfig, writer: Writer, asked: Asked) -> Request:
    """Return the request for a question's first candidates by one writer."""
    prompt = build_prompt(asked, config.tools, config.examples, writer.style)
    return request_for(config, writer, asked, prompt, config.temperature)


def request_for(
    config: SamplingConfig, writer: Writer, asked: Asked, prompt: dict[str, Any], temperature: float
) -> Request:
    """Return the request with this prompt."""
    payload = {
        "model": writer.model,
        **prompt,
        "temperature": temperature,
        "top_p": config.top_p,
        "max_tokens": config.max_tokens,
        "seed": config.seed,
    }
    if writer.logprobs:
        payload["logprobs"] = True if writer.style == "chat" else 1
    if writer.grammar:
        payload[writer.grammar] = program_grammar(find_toolset(config.tools).methods.values())
    return Request.of(asked.text, payload)
