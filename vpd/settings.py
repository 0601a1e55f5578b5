"""Settings from the environment: where things are kept and which endpoint writes programs.

Every variable starts with `VPD_`. The API key is read where it is used and is never part of a settings
object that is logged. What a run computes is configured elsewhere, with the stage.
"""

import os
from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from vpd.errors import ConfigError


class Settings(BaseModel):
    """What `VPD_*` variables say; a variable's name is the upper-cased field name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    home: Path = Field(Path("vpd_home"), description="folder for everything vpd writes")
    store: str = Field("", description="artifact store: a folder or s3://bucket/prefix; default HOME/store")
    s3_endpoint: str | None = Field(None, description="address of an S3 server that is not AWS")
    model_dir: Path = Field(
        Path("~/.cache/vpd/models"), description="folder with model files, looked in before the hub"
    )
    tools: str = Field(
        "scenes",
        description="tool set that programs use: scenes, photos, a TOML file of models, or module:ATTRIBUTE",
    )
    llm_url: str = Field(
        "", description="OpenAI-compatible endpoint, such as http://host:8000/v1; default: the embedded model"
    )
    llm_model: str = Field("", description="model name to ask that endpoint for")
    llm_file: str = Field(
        "", description="TOML file of language models, their addresses, budgets and prices, instead of these"
    )
    llm_api_key: SecretStr = Field(SecretStr(""), description="key for that endpoint")
    mlflow_uri: str = Field("", description="MLflow tracking address; default: SQLite under HOME")

    @property
    def store_uri(self) -> str:
        """The artifact store in force."""
        return self.store or str(self.home.resolve() / "store")

    @property
    def mlflow_tracking_uri(self) -> str:
        """The MLflow tracking address in force."""
        return self.mlflow_uri or f"sqlite:///{self.home.resolve() / 'mlflow.db'}"


def load_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; raises ConfigError that names an unknown or malformed variable."""
    given = {k.removeprefix("VPD_").lower(): v for k, v in environ.items() if k.startswith("VPD_") and v}
    try:
        return Settings.model_validate(given)
    except ValidationError as error:
        names = ", ".join(f"VPD_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors())
        raise ConfigError(f"environment: {names}; known are {', '.join(variables())}") from error


def variables() -> list[str]:
    """Return the names of all environment variables that vpd reads."""
    return [f"VPD_{name.upper()}" for name in Settings.model_fields]
