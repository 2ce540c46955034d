"""What the operator's commands need to know: where Kafka and Redis are. The processes read their own settings."""

import json
import os
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, EnvSettingsSource, PydanticBaseSettingsSource, SettingsConfigDict

from deploy.errors import BadDeploySettings
from kafka_access.settings import KafkaSettings
from running.variables import FILE, PREFIX, from_files, text_in

__all__ = [
    "DeploySettings", "ImportSettings", "from_environment", "import_settings", "lent", "secret_of", "up_in", "value_of",
]  # fmt: skip

_FROZEN: Final = ConfigDict(frozen=True)


class _Redis(BaseModel):
    model_config = _FROZEN
    url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    key_prefix: str = "leadstream:"


class _Worker(BaseModel):
    model_config = _FROZEN
    app_id: str = "leadstream"


class _Spool(BaseModel):
    model_config = _FROZEN
    directory: Path | None = None

    @field_validator("directory", mode="before")
    @classmethod
    def _unset(cls, value: Any) -> Any:
        return value or None


class _FromFiles(EnvSettingsSource):
    """`LEADSTREAM_KAFKA__PASSWORD_FILE=/run/secrets/x` -> LEADSTREAM_KAFKA__PASSWORD."""

    def _load_env_vars(self) -> dict[str, str | None]:
        """A file is not asked for where the variable itself is set, or none is named."""
        asked = {name: path for name, path in os.environ.items() if path and name.removesuffix(FILE) not in os.environ}
        return {name.lower(): value for name, value in from_files(asked, refused=BadDeploySettings).items()}


class DeploySettings(BaseSettings):
    """From `LEADSTREAM_*`, `__` between levels; `_FILE` behind a name: what that file holds."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="ignore",
                                      hide_input_in_errors=True)  # fmt: skip
    kafka: KafkaSettings = KafkaSettings()
    redis: _Redis = _Redis()
    worker: _Worker = _Worker()
    spool: _Spool = _Spool()

    @classmethod
    def settings_customise_sources(  # noqa: PLR0917  pydantic's signature
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What a running `leadstream up` says, then the environment, then the files that it names."""
        return init_settings, env_settings, _FromFiles(settings_cls)


class ImportSettings(BaseModel):
    """Where `leadstream import` posts to; unset: a running `leadstream up`."""

    model_config = _FROZEN
    collector_url: str = Field(default="", description="the collector's address")
    server_key: str = Field(default="", description="its server key: a source of its own tells imports apart")


def from_environment(home: Path | None = None) -> DeploySettings:
    """The environment's; what it does not say, a running `leadstream up` in `home` does.

    Raises BadDeploySettings, which names the variables.
    """
    try:
        return DeploySettings(**_of_home(home) if home else {})
    except ValidationError as error:
        named = (f"{PREFIX}{'__'.join(map(str, one['loc'])).upper()}: {one['msg']}" for one in error.errors())
        raise BadDeploySettings("; ".join(named)) from error


def import_settings() -> ImportSettings:
    """Raises BadDeploySettings."""
    prefix = f"{PREFIX}IMPORT__"
    return ImportSettings(**{name: value_of(prefix + name.upper()) for name in ImportSettings.model_fields})


def up_in(home: Path) -> dict[str, Any]:
    """What a running `leadstream up` wrote there, {} where none runs: one that was killed leaves its file behind."""
    try:
        told: dict[str, Any] = json.loads((home / "up.json").read_bytes())
        os.kill(int(told.get("pid", os.getpid())), 0)
    except (OSError, ValueError):
        return {}
    return told


def _of_home(home: Path) -> dict[str, Any]:
    """Where that one's Kafka, Redis and spool are, unless the environment names a Kafka."""
    up = up_in(home)
    if f"{PREFIX}KAFKA__BOOTSTRAP_SERVERS" in os.environ or not up:
        return {}
    return {
        "kafka": {"bootstrap_servers": up["kafka"]},
        "redis": {"url": up["redis"]},
        "spool": {"directory": home / "spool"},
    }


def lent(home: Path) -> dict[str, str]:
    """The variables that a running `leadstream up` in `home` has and the environment lacks.

    For commands that read the settings of a worker or a collector. An environment that names a Kafka is lent nothing.
    """
    told, secrets = up_in(home), home / "secrets.json"
    if f"{PREFIX}KAFKA__BOOTSTRAP_SERVERS" in os.environ or not (told and secrets.exists()):
        return {}
    there = {
        f"{PREFIX}SECRET": str(json.loads(secrets.read_bytes())["secret"]),
        f"{PREFIX}KAFKA__BOOTSTRAP_SERVERS": told["kafka"],
        f"{PREFIX}REDIS__URL": told["redis"],
        f"{PREFIX}COLLECTOR__PUBLIC_URL": told["collector_url"],
        f"{PREFIX}CONSOLE__PUBLIC_URL": told["console_url"],
    }
    return {name: value for name, value in there.items() if not {name, name + FILE} & os.environ.keys()}


def value_of(name: str) -> str:
    """A variable's value, or what the file says that NAME_FILE names; "" where neither is. Raises BadDeploySettings."""
    path = os.environ.get(name + FILE)
    if name in os.environ or not path:
        return os.environ.get(name, "")
    return text_in(path, setting=name + FILE, refused=BadDeploySettings).strip()


def secret_of(home: Path) -> str:
    """LEADSTREAM_SECRET, else that of a `leadstream up` in `home`. Raises BadDeploySettings where there is none."""
    if said := value_of(f"{PREFIX}SECRET"):
        return said
    path = home / "secrets.json"
    if not path.exists():
        raise BadDeploySettings(f"{PREFIX}SECRET is not set: lead ids follow from it, so a backup must know which one")
    return str(json.loads(path.read_bytes())["secret"])
