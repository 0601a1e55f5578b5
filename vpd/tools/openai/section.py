"""What a tool set's file says of an endpoint. The API key is no part of it: it comes from VPD_LLM_API_KEY."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

Served = Literal["simple_query", "verify_property", "read_text", "llm_query"]


class EndpointSection(BaseModel):
    """An endpoint and the methods that it answers. Address and concurrency do not decide answers."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(
        "",
        pattern=r"^(https?://[^\s@?#]+)?$",
        description="address such as http://host:8000/v1, without secrets; default: VPD_LLM_URL",
    )
    model: str = Field(min_length=1, description="model name sent to the endpoint; it must read pictures")
    knowledge_model: str = Field("", description="model that answers llm_query; default: the same")
    methods: tuple[Served, ...] = Field(
        ("simple_query", "llm_query"), min_length=1, description="methods that this endpoint answers"
    )
    max_tokens: int = Field(
        64, ge=1, description="most tokens of an answer; one that needs more is a failure"
    )
    temperature: float = Field(0, ge=0, le=2, description="sampling temperature")
    side: int = Field(
        768, ge=1, description="longest side in pixels of a picture sent; larger is scaled down"
    )
    concurrency: int = Field(8, ge=1, le=512, description="most requests at once")
