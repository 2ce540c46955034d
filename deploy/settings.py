"""What the operator's commands need to know: where Kafka and Redis are. The processes read their own settings."""

from typing import Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from deploy.errors import BadDeploySettings

__all__ = ["DeploySettings", "from_environment"]

PREFIX: Final = "LEADSTREAM_"
_FROZEN: Final = ConfigDict(frozen=True)


class _Kafka(BaseModel):
    model_config = _FROZEN
    bootstrap_servers: str = "127.0.0.1:9092"
    partitions: int = Field(default=4, ge=1)
    topic_prefix: str = ""


class _Redis(BaseModel):
    model_config = _FROZEN
    url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")


class _Worker(BaseModel):
    model_config = _FROZEN
    app_id: str = "leadstream"


class DeploySettings(BaseSettings):
    """From `LEADSTREAM_*`, `__` between levels."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="ignore")
    kafka: _Kafka = _Kafka()
    redis: _Redis = _Redis()
    worker: _Worker = _Worker()


def from_environment() -> DeploySettings:
    """Raises BadDeploySettings, which names the variables."""
    try:
        return DeploySettings()
    except ValidationError as error:
        named = (f"{PREFIX}{'__'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors())
        raise BadDeploySettings("; ".join(named)) from error

