"""Where a language model is, and how fast and at what price it may be asked.

None of this decides answers, so none of it is part of any key: a run may go on at another address. The API
key is no part of it either; it is named by its environment variable and read when the endpoint opens.
"""

import os
from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict, Field

from vpd.chat.budget import Budget
from vpd.chat.client import ATTEMPTS, Endpoint, HttpChatEndpoint
from vpd.chat.embedded import EmbeddedEndpoint
from vpd.chat.price import Price
from vpd.errors import ConfigError
from vpd.settings import Settings

DEFAULT_KEY = "VPD_LLM_API_KEY"
EMBEDDED_REQUESTS = 5  # repairs of one question, which it writes side by side


class EndpointConfig(BaseModel):
    """An endpoint by its address; without one, the embedded model."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    url: str = Field(
        "",
        pattern=r"^(https?://[^\s@?#]+)?$",
        description="address such as http://host:8000/v1, without secrets; default: the embedded model",
    )
    api_key_env: str = Field(
        DEFAULT_KEY, min_length=1, description="environment variable that holds the API key"
    )
    requests_per_minute: int | None = Field(None, ge=1, description="default: no bound")
    tokens_per_minute: int | None = Field(None, ge=1, description="of prompts and answers; default: no bound")
    concurrency: int = Field(
        default_factory=lambda given: 16 if given.get("url") else EMBEDDED_REQUESTS,
        ge=1,
        le=512,
        description="most requests at once; default: 16, and 5 for the embedded model",
    )
    attempts: int = Field(ATTEMPTS, ge=1, description="most attempts at a request without an answer")
    timeout: float = Field(600, gt=0, allow_inf_nan=False, description="seconds for one attempt")
    price: Price | None = Field(None, description="what tokens cost; default: unknown")

    def budget(self) -> Budget:
        """Return a fresh budget of requests and tokens per minute."""
        return Budget(self.requests_per_minute, self.tokens_per_minute)

    def api_key(self, settings: Settings, environ: Mapping[str, str] = os.environ) -> str:
        """Return its API key, empty if it needs none: the settings', unless `api_key_env` names another.

        Raises ConfigError if that variable is not set.
        """
        if self.api_key_env == DEFAULT_KEY:
            return settings.llm_api_key.get_secret_value()
        key = environ.get(self.api_key_env, "")
        if not key:
            raise ConfigError(f"no API key for {self.url}: set {self.api_key_env} in the environment")
        return key


def open_endpoint(
    config: EndpointConfig,
    settings: Settings,
    slots: int = 1,
    threads: int = 2,
    environ: Mapping[str, str] = os.environ,
) -> Endpoint:
    """Return the endpoint; nobody is contacted and no model is loaded before it is checked or asked.

    `slots` (answers written at once) and `threads` are the embedded model's. Raises ConfigError if the key's
    variable is not set.
    """
    if not config.url:
        return EmbeddedEndpoint(settings.model_dir, slots, threads)
    key = config.api_key(settings, environ)
    return HttpChatEndpoint(config.url, key, config.timeout, attempts=config.attempts)
