"""Settings of the producers, read once: environment variables `LEADSTREAM_...`, `__` between levels.

Every variable may be given as `..._FILE`, the path of a file that holds the value (secrets).
"""

import os
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from producers.errors import BadSettings
from producers.webhook_settings import CrmSettings, MailSettings

__all__ = [
    "CollectorSettings",
    "CrmSettings",
    "KafkaSettings",
    "LimitSettings",
    "LogSettings",
    "MailSettings",
    "Settings",
    "SimulateSettings",
    "SpoolSettings",
    "read",
]

PREFIX: Final = "LEADSTREAM_"
MIB: Final = 1 << 20
_FROZEN: Final = ConfigDict(frozen=True)
S = TypeVar("S", bound=BaseSettings)


class KafkaSettings(BaseModel):
    """Where Kafka is, and how many partitions every topic has."""

    model_config = _FROZEN
    bootstrap_servers: str = "127.0.0.1:9092"
    partitions: int = Field(default=4, ge=1)
    topic_prefix: str = ""
    epoch: int = Field(default=0, ge=0, lt=2**32)  # as the workers have it: names the topics


class CollectorSettings(BaseModel):
    """The HTTP side. `proxy_hops` = how many trusted proxies add to X-Forwarded-For (0 = none is believed).

    `sources`: the file that says what differs from source to source. `keys`: the file of `leadstream keys`.
    `snowplow`, `jitsu`: also take what their SDKs send, on their own paths. `connections` at once; more wait.
    `header_timeout_s`: for a request's headers, and for what comes after an answer.
    """

    model_config = _FROZEN
    host: str = "127.0.0.1"
    port: int = Field(default=8080, ge=0, le=65_535)
    public_url: str = ""
    sources: Path | None = None
    keys: Path | None = None
    snowplow: bool = False
    jitsu: bool = False
    cors_origins: Annotated[tuple[str, ...], NoDecode] = ()
    proxy_hops: int = Field(default=0, ge=0)
    connections: int = Field(default=8_192, ge=1)
    header_timeout_s: float = Field(default=5.0, ge=1, le=75)
    block_wait_ms: float = Field(default=5.0, ge=0)
    block_bytes: int = Field(default=64 * 1024, ge=1024)
    outstanding_bytes: int = Field(default=64 * MIB, ge=MIB)
    reply_timeout_s: float = Field(default=5.0, gt=0)

    @field_validator("sources", "keys", mode="before")
    @classmethod
    def _unset(cls, value: Any) -> Any:
        return value or None

    @field_validator("cors_origins", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value


class LimitSettings(BaseModel):
    """Token buckets of one collector, in events: so many a second, and `burst` at once. 0 events a second = no limit.

    A network is an IPv4 /24 or an IPv6 /64 of public addresses; server keys are not limited by it. `requests_at_once`
    of one network may be on their way in. `wrong_proofs_per_s`: of one network, at the doors of CRMs, before they hear
    429. `kept`: buckets remembered, the least used are forgotten.
    """

    model_config = _FROZEN
    key_events_per_s: float = Field(default=200_000, ge=0)
    key_burst: int = Field(default=400_000, ge=1)
    server_key_events_per_s: float = Field(default=400_000, ge=0)
    server_key_burst: int = Field(default=800_000, ge=1)
    network_events_per_s: float = Field(default=1_000, ge=0)
    network_burst: int = Field(default=20_000, ge=1)
    requests_at_once: int = Field(default=512, ge=1)
    wrong_proofs_per_s: float = Field(default=1, ge=0)
    wrong_proofs_burst: int = Field(default=100, ge=1)
    kept: int = Field(default=65_536, ge=16)


class SpoolSettings(BaseModel):
    """Where deliveries are safe while Kafka is away. Without a directory there is no spool, and 503 is the answer then.

    Each collector needs a directory of its own, on a disk that outlives it. It is full at `max_bytes`, and when its
    oldest record is `max_age_s` old. `group_ms`: how long a record waits so that others share its fsync. `budget_s`:
    how long Kafka may take for a block before all go by the spool. `segment_bytes`: disk is given back in such pieces.
    """

    model_config = _FROZEN
    directory: Path | None = None
    max_bytes: int = Field(default=2_048 * MIB, ge=MIB)
    max_age_s: float = Field(default=7 * 86_400.0, gt=0)
    segment_bytes: int = Field(default=8 * MIB, ge=64 * 1024)
    group_ms: float = Field(default=2.0, ge=0, le=1_000)
    budget_s: float = Field(default=1.0, gt=0)

    @field_validator("directory", mode="before")
    @classmethod
    def _unset(cls, value: Any) -> Any:
        return value or None


class LogSettings(BaseModel):
    """`level`: debug, info, warning or error."""

    model_config = _FROZEN
    level: str = "info"


class _FromFiles(EnvSettingsSource):
    """`LEADSTREAM_SECRET_FILE=/run/secrets/x` -> LEADSTREAM_SECRET."""

    def _load_env_vars(self) -> dict[str, str | None]:
        named = {name: path for name, path in os.environ.items() if name.startswith(PREFIX) and name.endswith("_FILE")}
        return {name.removesuffix("_FILE").lower(): _content(name, path) for name, path in named.items()}


class _FromEnvironment(BaseSettings):
    @classmethod
    def settings_customise_sources(  # noqa: PLR0917 - pydantic calls it so
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return init_settings, env_settings, _FromFiles(settings_cls)


class Settings(_FromEnvironment):
    """What the collector and the CRM route need. Keys map to the name of the source that they stand for."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="ignore")
    secret: SecretStr = Field(min_length=16)
    write_keys: Annotated[dict[str, str], NoDecode] = {}
    server_keys: Annotated[dict[str, str], NoDecode] = {}
    kafka: KafkaSettings = KafkaSettings()
    collector: CollectorSettings = CollectorSettings()
    limits: LimitSettings = LimitSettings()
    spool: SpoolSettings = SpoolSettings()
    crm: CrmSettings = CrmSettings()
    mail: MailSettings = MailSettings()
    log: LogSettings = LogSettings()

    @field_validator("write_keys", "server_keys", mode="before")
    @classmethod
    def _pairs(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        pairs = [pair.strip().rpartition("=") for pair in value.split(",") if pair.strip()]
        if any(not key or not source for key, _, source in pairs):
            raise ValueError("expected key=source, separated by commas, such as wk_abc=site")
        return {key: source for key, _, source in pairs}


class SimulateSettings(_FromEnvironment):
    """What the story needs: a running collector and its keys."""

    model_config = SettingsConfigDict(env_prefix=f"{PREFIX}SIMULATE__", frozen=True, extra="ignore")
    collector_url: str
    write_key: str
    server_key: str


def read(kind: type[S], **given: Any) -> S:
    """The settings of this process, `given` before the environment. Raises BadSettings, which names the variables."""
    try:
        return kind(**given)
    except ValidationError as error:
        raise BadSettings("; ".join(_sentence(kind, one) for one in error.errors())) from error
    except SettingsError as error:
        raise BadSettings(str(error)) from error


def _sentence(kind: type[BaseSettings], error: Any) -> str:
    name = str(kind.model_config.get("env_prefix", "")) + "__".join(str(part) for part in error["loc"]).upper()
    said = "is not set" if error["type"] == "missing" else error["msg"]
    return f"{name}: {said[:1].lower()}{said[1:]}"


def _content(name: str, path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except OSError as error:
        raise BadSettings(f"{name}: cannot read {path}: {error.strerror}") from error
