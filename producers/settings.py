"""Settings of the producers, read once: environment variables `LEADSTREAM_...`, `__` between levels.

Every variable may be given as `..._FILE`, the path of a file that holds the value (secrets).
"""

import os
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    NoDecode,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
)

from kafka_access.settings import KafkaSettings
from producers.errors import BadSettings
from producers.webhook_settings import CrmSettings, MailSettings
from running.variables import PREFIX, from_files

__all__ = [
    "CollectorSettings",
    "CrmSettings",
    "LimitSettings",
    "LogSettings",
    "MailSettings",
    "Settings",
    "SimulateSettings",
    "SpoolSettings",
    "read",
]

MIB: Final = 1 << 20
_FROZEN: Final = ConfigDict(frozen=True)
S = TypeVar("S", bound=BaseSettings)


class CollectorSettings(BaseModel):
    """The HTTP side of the collector."""

    model_config = _FROZEN
    host: str = Field(default="127.0.0.1", description="the address that it listens on; names are not looked up")
    port: int = Field(default=8080, ge=0, le=65_535, description="of events, health and metrics")
    public_url: str = Field(default="", description="the collector's address as browsers and readers of mails reach it")
    sources: Path | None = Field(default=None, description="the file that says what differs from source to source")
    keys: Path | None = Field(default=None, description="the file of `leadstream keys`; read again when it changes")
    snowplow: bool = Field(
        default=False, description="whether to take what Snowplow's trackers send, on their own paths"
    )
    jitsu: bool = Field(default=False, description="whether to take what Jitsu's SDKs send, on their own paths")
    cors_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="pages that may send, by commas, where a source names none of its own; empty: all"
    )
    proxy_hops: int = Field(
        default=0, ge=0, description="how many trusted proxies add to `X-Forwarded-For`; 0: it is not read"
    )
    connections: int = Field(default=8_192, ge=1, description="so many at once; more wait")
    header_timeout_s: float = Field(
        default=5.0, ge=1, le=75, description="so long a request's headers may take, and what comes after an answer"
    )
    block_wait_ms: float = Field(
        default=5.0, ge=0, description="so long a block waits for more events when the collector is busy"
    )
    block_bytes: int = Field(default=64 * 1024, ge=1024, description="a block leaves at this size")
    outstanding_bytes: int = Field(
        default=64 * MIB, ge=MIB,
        description="so much may be accepted and not yet acknowledged; beyond: the spool, or 503",
    )
    reply_timeout_s: float = Field(
        default=5.0, gt=0, description="so long a request waits for Kafka or the spool; beyond: 503"
    )

    @field_validator("host")
    @classmethod
    def _address(cls, value: str) -> str:
        try:
            return str(ip_address("127.0.0.1" if value == "localhost" else value))
        except ValueError:
            raise ValueError("must be an address of this machine, such as 127.0.0.1 or 0.0.0.0") from None

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

    A network is an IPv4 /24 or an IPv6 /64 of public addresses.
    """

    model_config = _FROZEN
    key_events_per_s: float = Field(default=200_000, ge=0, description="of one write key; 0: no limit")
    key_burst: int = Field(default=400_000, ge=1, description="of one write key at once")
    server_key_events_per_s: float = Field(default=400_000, ge=0, description="of one server key; 0: no limit")
    server_key_burst: int = Field(default=800_000, ge=1, description="of one server key at once")
    network_events_per_s: float = Field(
        default=1_000, ge=0, description="of one network; 0: no limit. Server keys are not limited by it"
    )
    network_burst: int = Field(default=20_000, ge=1, description="of one network at once")
    requests_at_once: int = Field(default=512, ge=1, description="so many of one network may be on their way in")
    wrong_proofs_per_s: float = Field(
        default=1, ge=0, description="so many of one network at the doors of CRMs, before they hear 429; 0: no limit"
    )
    wrong_proofs_burst: int = Field(default=100, ge=1, description="so many at once")
    kept: int = Field(
        default=65_536, ge=16, description="so many keys and networks are remembered, the least used are forgotten"
    )


class SpoolSettings(BaseModel):
    """Where deliveries are safe while Kafka is away. Without a directory there is no spool, and 503 is the answer then.

    Each collector needs a directory of its own.
    """

    model_config = _FROZEN
    directory: Path | None = Field(
        default=None,
        description="of this collector's own, on a disk that outlives it; unset: no spool, and 503 while Kafka is away",
    )
    max_bytes: int = Field(default=2_048 * MIB, ge=MIB, description="full at this size")
    max_age_s: float = Field(
        default=7 * 86_400.0, gt=0,
        description="full when its oldest record is so old: beyond 7 days event times are clamped",
    )
    segment_bytes: int = Field(default=8 * MIB, ge=64 * 1024, description="disk is given back in pieces of this size")
    group_ms: float = Field(
        default=2.0, ge=0, le=1_000, description="so long a record waits for others that share its fsync"
    )
    budget_s: float = Field(
        default=1.0, gt=0, description="so long Kafka may take for a block, before all go by the spool"
    )

    @field_validator("directory", mode="before")
    @classmethod
    def _unset(cls, value: Any) -> Any:
        return value or None


class LogSettings(BaseModel):
    """What is worth a line."""

    model_config = _FROZEN
    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="the least that is worth a line"
    )

    @field_validator("level", mode="before")
    @classmethod
    def _lower(cls, value: Any) -> Any:
        return value.lower() if isinstance(value, str) else value


class _FromFiles(EnvSettingsSource):
    """`LEADSTREAM_SECRET_FILE=/run/secrets/x` -> LEADSTREAM_SECRET."""

    def _load_env_vars(self) -> dict[str, str | None]:
        return {name.lower(): value for name, value in from_files(os.environ, refused=BadSettings).items()}


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

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_nested_delimiter="__", frozen=True, extra="ignore",
                                      hide_input_in_errors=True)  # fmt: skip
    secret: SecretStr = Field(
        min_length=16,
        description="what every lead id follows from, 16 characters or more: made once, the same everywhere, kept "
                    "for ever",
    )
    write_keys: Annotated[dict[str, str], NoDecode] = Field(
        default={}, description="keys of browsers, beside those of the key file: `wk_abc=site` by commas"
    )
    server_keys: Annotated[dict[str, str], NoDecode] = Field(
        default={}, description="keys of servers, the same: `sk_abc=site` by commas"
    )
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
    collector_url: str = Field(description="the collector that the story is told to")
    write_key: str = Field(description="its key for the browsers of the story")
    server_key: str = Field(description="its key for the servers of the story")


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
    said = "is not set" if error["type"] == "missing" else error["msg"].removeprefix("Value error, ")
    return f"{name}: {said[:1].lower()}{said[1:]}"
