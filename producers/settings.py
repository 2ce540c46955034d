"""Settings of the producers, read once: environment variables `LEADSTREAM_...`, `__` between levels.

Every variable may be given as `..._FILE`, the path of a file that holds the value (secrets).
"""

import os
import re
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

from producers.errors import BadSettings

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
LEAST_SECRET: Final = 16
LEAST_LINK_KEY: Final = 32
KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,16}")
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


class CrmSettings(BaseModel):
    """A CRM whose secret is empty is not set up. Mapping files: default are the packaged ones.

    `hubspot_secret`: the app's client secret. `pipedrive_secret`: user:password of the webhook. `salesforce_secret`:
    the end of the path. `generic_secret`: Standard Webhooks; `generic_hmac_*`: any other signature of the body. What an
    operator chooses must be too long to be guessed: a right proof is never refused for wrong ones that came before.
    """

    model_config = _FROZEN
    mapping: Path | None = None
    generic_secret: SecretStr = SecretStr("")
    generic_hmac_secret: SecretStr = SecretStr("")
    generic_hmac_header: str = "x-signature"
    generic_hmac_algorithm: Literal["sha1", "sha256", "sha512"] = "sha256"
    generic_hmac_encoding: Literal["hex", "base64"] = "hex"
    generic_hmac_prefix: str = ""
    hubspot_secret: SecretStr = SecretStr("")
    hubspot_mapping: Path | None = None
    pipedrive_secret: SecretStr = SecretStr("")
    pipedrive_mapping: Path | None = None
    salesforce_secret: SecretStr = SecretStr("")
    salesforce_organization_id: str = ""
    salesforce_mapping: Path | None = None

    @field_validator("pipedrive_secret")
    @classmethod
    def _two_parts(cls, value: SecretStr) -> SecretStr:
        return _user_and_password(value)

    @field_validator("salesforce_secret", "generic_secret", "generic_hmac_secret")
    @classmethod
    def _long(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and len(value.get_secret_value()) < LEAST_SECRET:
            raise ValueError(f"at least {LEAST_SECRET} characters: it is all that proves the sender")
        return value

    def secret_of(self, crm: str) -> str:
        """The secret of a CRM of the registry, "" where it is not set up."""
        return str(getattr(self, f"{crm}_secret").get_secret_value())

    def mapping_of(self, crm: str) -> Path | None:
        """The mapping file of a CRM of the registry."""
        found: Path | None = getattr(self, f"{crm}_mapping")
        return found

    def signed(self) -> bool:
        """Whether generic webhooks may prove themselves by a signature."""
        return bool(self.generic_secret.get_secret_value() or self.generic_hmac_secret.get_secret_value())


class MailSettings(BaseModel):
    """Links of mails, and providers' webhooks. `keys`: `id=secret` pairs, the newest first: it signs, all verify.

    A link leads somewhere for `link_days`; a key must stay in the list as long as its links are to work.
    `sendgrid_key`: the public key of its signed webhook. `ses_topics`: the ARNs of the SNS topics that may speak here.
    `postmark_secret`: user:password of its webhook's address.
    """

    model_config = _FROZEN
    keys: SecretStr = SecretStr("")
    link_days: int = Field(default=400, ge=1)
    postmark_secret: SecretStr = SecretStr("")
    sendgrid_key: str = ""
    ses_topics: Annotated[tuple[str, ...], NoDecode] = ()

    @field_validator("keys")
    @classmethod
    def _long(cls, value: SecretStr) -> SecretStr:
        for name, _, key in _pairs_of(value.get_secret_value()):
            if not KEY_ID.fullmatch(name) or len(key) < LEAST_LINK_KEY:
                raise ValueError(f"expected id=secret, separated by commas, each secret of {LEAST_LINK_KEY} characters")
        return value

    @field_validator("postmark_secret")
    @classmethod
    def _two_parts(cls, value: SecretStr) -> SecretStr:
        return _user_and_password(value)

    @field_validator("ses_topics", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(value.replace(",", " ").split()) if isinstance(value, str) else value

    def ring(self) -> dict[str, str]:
        """The keys by id, the signing one first."""
        return {name: key for name, _, key in _pairs_of(self.keys.get_secret_value())}


class LogSettings(BaseModel):
    """`level`: debug, info, warning or error."""

    model_config = _FROZEN
    level: str = "info"


def _user_and_password(value: SecretStr) -> SecretStr:
    """Raises ValueError."""
    user, colon, password = value.get_secret_value().partition(":")
    if colon + user and not (user and password):
        raise ValueError("expected user:password, as set on the webhook")
    if password and len(password) < LEAST_SECRET:
        raise ValueError(f"a password of at least {LEAST_SECRET} characters: it is all that proves the sender")
    return value


def _pairs_of(text: str) -> list[tuple[str, str, str]]:
    """`a=1, b=2` taken apart at the first `=` of each."""
    return [pair.strip().partition("=") for pair in text.split(",") if pair.strip()]


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
