"""All settings of the worker and the console: read once, frozen, from `LEADSTREAM_*` variables.

Nested names are joined by `__` (`LEADSTREAM_KAFKA__PARTITIONS`). Any variable may be given as a file instead:
`LEADSTREAM_SECRET_FILE=/run/secrets/leadstream` is read when `LEADSTREAM_SECRET` is not set. Times end in their unit.
"""

import re
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final, Literal

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from kafka_access.settings import KafkaSettings
from running.variables import FILE, PREFIX, from_files
from schemas.topics import application
from streams.channel_settings import (
    AppriseSettings,
    MailSettings,
    OutgoingSettings,
    Part,
    SlackSettings,
    TeamsSettings,
    WebhookSettings,
)
from streams.console_files import AUDIT, RULES_BOOK, SESSIONS
from streams.errors import SettingsError

__all__ = [
    "AppriseSettings", "CollectorSettings", "ConsoleSettings", "LogSettings", "MailSettings",
    "OutgoingSettings", "RedisSettings", "Settings", "SlackSettings", "TeamsSettings", "WebhookSettings",
    "WorkerSettings",
]  # fmt: skip

_REDIS: Final = re.compile(r"(redis|rediss|unix)://.")
_APP_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,60}")


class RedisSettings(Part):
    """The read model. An empty url: none is kept (for benches)."""

    url: SecretStr = Field(
        default=SecretStr("redis://127.0.0.1:6379/0"),
        description="where Redis or Valkey is; empty for a worker: no read model is kept (for benches)",
    )
    key_prefix: str = Field(
        default="leadstream:", description="what its keys begin with, where several installations share one"
    )

    @field_validator("url")
    @classmethod
    def _scheme(cls, value: SecretStr) -> SecretStr:
        if value.get_secret_value() and not _REDIS.match(value.get_secret_value()):
            raise ValueError("must begin with redis://, rediss:// or unix://, such as redis://redis:6379/0")
        return value


class WorkerSettings(Part):
    """One worker process."""

    host: str = Field(default="127.0.0.1", description="the address that health and metrics are served on")
    port: int = Field(
        default=0, ge=0, le=65535,
        description="of `/healthz`, `/readyz` and `/metrics`; 0: a free one, said in the log",
    )
    datadir: Path = Field(
        default=Path(".leadstream/worker"), description="where its local files lie: a directory for each worker"
    )
    app_id: str = Field(
        default="leadstream",
        description="the consumer group and the first part of the changelogs' names: never change it",
    )
    session_timeout_s: int = Field(
        default=15, ge=6, le=300,
        description="without a heartbeat for so long it is taken out of the group, and others take its partitions",
    )
    rebalance_timeout_s: int = Field(
        default=30, ge=6, le=600, description="so long its group waits in a rebalance for a member that is busy"
    )
    stall_s: int = Field(default=90, ge=10, description="lag without a commit for so long ends the process")
    store: bool = Field(
        default=True,
        description="whether to keep a copy of its rows below `DATADIR`: a restart then reads only what is not in it",
    )
    store_every_s: float = Field(
        default=10.0, gt=0, le=3600, description="so often what changed is written to that copy"
    )
    lost_offsets: Literal["stop", "replay"] = Field(
        default="stop",
        description="where committed offsets are lost or lie behind the topic: stop with exit code 78, or read all "
                    "again",
    )
    page_s: float = Field(
        default=20.0, ge=0, le=30,
        description="so long `/metrics` still says why, before a worker stops with exit code 78",
    )
    gather_ms: int = Field(
        default=2, ge=0, le=1000, description="effects wait so long for company, in each of four hops"
    )
    save_ms: int = Field(
        default=100, ge=0, le=1000,
        description="rows and cards wait so long for company; a row with a decision does not",
    )
    rejected_most: float = Field(
        default=0.5, gt=0, le=1, description="the share of rejected messages that stops the worker ..."
    )
    rejected_least: int = Field(default=500, ge=1, description="... once there were so many in a minute")

    @field_validator("app_id")
    @classmethod
    def _name(cls, value: str) -> str:
        if not _APP_ID.fullmatch(value):
            raise ValueError("must be lower case letters, digits and hyphens")
        return value


class ConsoleSettings(Part):
    """The console. Without users, a password or a provider it prints a link that works once."""

    host: str = Field(default="127.0.0.1", description="the address that it listens on; names are not looked up")
    port: int = Field(default=0, ge=0, le=65535, description="0: a free one, said in the log")
    password: SecretStr | None = Field(default=None, description="one for all, for a trial: refused beside `USERS`")
    link_secret: SecretStr | None = Field(
        default=None,
        description="signs sessions and links, 16 characters or more; unset: a new one at each start, which signs "
                    "everybody out",
    )
    public_url: str = Field(default="", description="where browsers reach the console: where links in alerts lead")
    users: Path | None = Field(default=None, description="the file of `leadstream users`; read again when it changes")
    audit: Path = Field(
        default=AUDIT,
        description="the audit log: who looked at whom, who changed what; only ever appended",
    )
    sessions: Path | None = Field(
        default=SESSIONS,
        description="what ended sessions; empty: in memory alone, so that a restart forgets it",
    )
    api_keys: Path | None = Field(default=None, description="the file of `leadstream api-keys`; unset: no API")
    rules_book: Path = Field(
        default=RULES_BOOK,
        description="which rules since when, and who approved what; only ever appended",
    )
    rules_drafts: Path | None = Field(
        default=None, description="a directory with directories of rules, to compare with those in force"
    )
    costs: Path | None = Field(
        default=None, description="the file that says what media and programs cost; read again when it changes"
    )
    openid_issuer: str = Field(
        default="", description="the OpenID Connect provider that people sign in with; empty: none"
    )
    openid_client_id: str = Field(default="", description="who the console is to the provider")
    openid_client_secret: SecretStr | None = Field(default=None, description="what proves it there")
    openid_roles: str = Field(
        default="", description="which value of the claim gives which role: `sales=rep,admins=operator`"
    )
    openid_roles_claim: str = Field(
        default="roles", description="where the provider says roles: a path with dots, such as `realm_access.roles`"
    )
    openid_name_claim: str = Field(default="name", description="where it says a person's name")

    @field_validator("host")
    @classmethod
    def _address(cls, value: str) -> str:
        try:
            return str(ip_address("127.0.0.1" if value == "localhost" else value))
        except ValueError:
            raise ValueError("must be an address of this machine, such as 127.0.0.1 or 0.0.0.0") from None

    @field_validator("users", "sessions", "api_keys", "rules_drafts", "costs", mode="before")
    @classmethod
    def _no_file_if_empty(cls, value: object) -> object:
        return value or None


class CollectorSettings(Part):
    """What the console tells people of the collector: where browsers reach it."""

    public_url: str = Field(default="", description="the collector's address as browsers and readers of mails reach it")


class LogSettings(Part):
    """What is worth a line."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="the least that is worth a line"
    )

    @field_validator("level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value


class Settings(BaseSettings):
    """Everything; `Settings.from_env(os.environ)` is called in `__main__` and nowhere else."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_nested_delimiter="__", env_prefix=PREFIX,
                                      hide_input_in_errors=True)  # fmt: skip

    secret: SecretStr = Field(
        description="what every lead id follows from, 16 characters or more: made once, the same everywhere, kept "
                    "for ever",
    )
    identity: Literal["open", "signed"] = Field(
        default="open",
        description="whether what a browser claims of who its person is counts (`open`), or only what is proven "
                    "(`signed`)",
    )
    identity_secret: SecretStr | None = Field(
        default=None, description="signs who a browser's person is, 16 characters or more"
    )
    identity_secret_former: SecretStr | None = Field(
        default=None, description="counts too, while the other is being exchanged"
    )
    rules_dir: Path | None = Field(
        default=None, description="the directory of your rules; what it lacks is taken from the packaged ones"
    )
    kafka: KafkaSettings = KafkaSettings()
    redis: RedisSettings = RedisSettings()
    worker: WorkerSettings = WorkerSettings()
    console: ConsoleSettings = ConsoleSettings()
    collector: CollectorSettings = CollectorSettings()
    webhook: WebhookSettings = WebhookSettings()
    slack: SlackSettings = SlackSettings()
    outgoing: OutgoingSettings = OutgoingSettings()
    mail: MailSettings = MailSettings()
    teams: TeamsSettings = TeamsSettings()
    apprise: AppriseSettings = AppriseSettings()
    log: LogSettings = LogSettings()

    @property
    def application(self) -> str:
        """The consumer group of this epoch, and the first part of its changelogs' names."""
        return application(self.worker.app_id, self.kafka.epoch)

    @field_validator("secret", "identity_secret", "identity_secret_former")
    @classmethod
    def _long_enough(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < 16:
            raise ValueError("must have at least 16 characters")
        return value

    @field_validator("rules_dir", "identity_secret", "identity_secret_former", mode="before")
    @classmethod
    def _none_if_empty(cls, value: object) -> object:
        return value or None

    @classmethod
    def settings_customise_sources(  # noqa: PLR0917  pydantic's signature
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Only what `from_env` hands in: the environment is read there, once."""
        return (init_settings,)

    @classmethod
    def from_env(cls, environ: Mapping[str, str]) -> "Settings":
        """Raises SettingsError whose text names each variable that is wrong or missing."""
        try:
            return cls(**_nested(_with_files(environ)))
        except ValidationError as error:
            raise SettingsError("; ".join(_said(one) for one in error.errors())) from error


def _with_files(environ: Mapping[str, str]) -> dict[str, str]:
    ours = {name: value for name, value in environ.items() if name.startswith(PREFIX) and not name.endswith(FILE)}
    return from_files(environ, refused=SettingsError) | ours


def _nested(flat: Mapping[str, str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, value in flat.items():
        head, _, tail = name.removeprefix(PREFIX).lower().partition("__")
        if tail:
            part = tree.setdefault(head, {})
            if isinstance(part, dict):
                part[tail] = value
        else:
            tree[head] = value
    return tree


def _said(error: Mapping[str, Any]) -> str:
    name = PREFIX + "__".join(str(part).upper() for part in error["loc"])
    return f"{name}: {'is not set' if error['type'] == 'missing' else error['msg'].removeprefix('Value error, ')}"
