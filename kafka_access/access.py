"""How Kafka lets us in: the settings of it, the same for every process, and what each client is told of them.

All names follow from the fields: `LEADSTREAM_KAFKA__SECURITY_PROTOCOL` and so on. What does not fit together is refused
when settings are read, by a sentence that says what to do. The password is shown by nothing.
"""

import ssl
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal, Self, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator, model_validator

__all__ = ["Access", "Mechanism", "Protocol", "Where", "client_options"]

Protocol: TypeAlias = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism: TypeAlias = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]

PREFIX: Final = "LEADSTREAM_KAFKA__"
PEM: Final = "-----BEGIN"
FILES: Final = ("ca", "client_certificate", "client_key")


class Access(BaseModel):
    """Where Kafka is, and how it lets us in. As text it is where, and no more."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    bootstrap_servers: str = Field(
        default="127.0.0.1:9092", description="brokers to begin with, each `host:port`, by commas"
    )
    security_protocol: Protocol = Field(
        default="PLAINTEXT",
        description="how brokers are spoken to: `SSL` is TLS, `SASL_SSL` TLS with a user, `SASL_PLAINTEXT` a user on a "
                    "network of its own",
    )
    sasl_mechanism: Mechanism | None = Field(
        default=None, validate_default=True, description="how a user proves the password; a user needs one of them"
    )
    username: str = Field(default="", validate_default=True, description="the user that we come as")
    password: SecretStr = Field(default=SecretStr(""), validate_default=True, description="that user's")
    check_hostname: bool = Field(
        default=True, description="whether a broker's certificate must name the host that it is reached by"
    )
    ca: Path | None = Field(
        default=None,
        description="PEM file of who signs the brokers' certificates; unset: whom the system trusts. A path, so "
                    "without `_FILE`",
    )
    client_certificate: Path | None = Field(
        default=None, description="PEM file of the certificate that we are known by (mTLS); a path as well"
    )
    client_key: Path | None = Field(
        default=None, description="PEM file of its key, where that lies apart; a path as well"
    )
    client_key_password: SecretStr = Field(default=SecretStr(""), description="opens that key, where it is encrypted")

    def __str__(self) -> str:
        return self.bootstrap_servers

    @property
    def encrypted(self) -> bool:
        """Whether we speak TLS."""
        return self.security_protocol in {"SSL", "SASL_SSL"}

    @property
    def names_us(self) -> bool:
        """Whether we tell a user name."""
        return self.security_protocol in {"SASL_PLAINTEXT", "SASL_SSL"}

    @cached_property
    def context(self) -> ssl.SSLContext | None:
        """What TLS is spoken with, None without TLS. Files that are exchanged count from the next start on."""
        if not self.encrypted:
            return None
        context = ssl.create_default_context(cafile=self.ca)
        context.check_hostname = self.check_hostname
        if self.client_certificate is not None:
            context.load_cert_chain(
                self.client_certificate, self.client_key, password=self.client_key_password.get_secret_value()
            )
        return context

    @property
    def options(self) -> dict[str, Any]:
        """What kafka-python and aiokafka are told: both take these by the same names."""
        told: dict[str, Any] = {"bootstrap_servers": self.bootstrap_servers}
        if self.security_protocol == "PLAINTEXT":
            return told
        told |= {"security_protocol": self.security_protocol, "ssl_context": self.context}
        if self.names_us:
            told |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.username,
                "sasl_plain_password": self.password.get_secret_value(),
            }
        return told

    @field_validator("bootstrap_servers")
    @classmethod
    def _hosts(cls, value: str) -> str:
        hosts = [host.strip() for host in value.split(",") if host.strip()]
        if not hosts or any(not port.isdigit() for _, _, port in (host.rpartition(":") for host in hosts)):
            raise ValueError("must be host:port, separated by commas")
        if any("://" in host for host in hosts):
            raise ValueError(f"must be host:port, without what is before it; {PREFIX}SECURITY_PROTOCOL says that")
        return ",".join(hosts)

    @field_validator("security_protocol", "sasl_mechanism", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.strip().upper() or None if isinstance(value, str) else value

    @field_validator(*FILES, mode="before")
    @classmethod
    def _path(cls, value: Any, info: ValidationInfo) -> Any:
        if PEM in str(value):
            name = f"{PREFIX}{str(info.field_name).upper()}"
            raise ValueError(f"must be the path of a PEM file, not what it holds: set {name}, without _FILE")
        return value or None

    @field_validator("sasl_mechanism")
    @classmethod
    def _a_mechanism(cls, value: str | None, info: ValidationInfo) -> str | None:
        _fits(value, info, what="asks for a user, so this must say how: PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")
        return value

    @field_validator("username")
    @classmethod
    def _a_user(cls, value: str, info: ValidationInfo) -> str:
        _fits(value, info, what="asks for a user name: set this one")
        if {",", "="} & set(value) and str(info.data.get("sasl_mechanism")).startswith("SCRAM"):
            raise ValueError("must hold neither , nor =: clients write them to brokers in different ways")
        return value

    @field_validator("password")
    @classmethod
    def _a_password(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        _fits(value.get_secret_value(), info, what=f"asks for a password: set this one, or {PREFIX}PASSWORD_FILE")
        return value

    @model_validator(mode="after")
    def _files(self) -> Self:
        """Those of TLS, where TLS is spoken, can be used."""
        given = [f"{PREFIX}{name.upper()}" for name in FILES if getattr(self, name) is not None]
        if given and not self.encrypted:
            raise ValueError(
                f"{' and '.join(given)} would be used over TLS, but {PREFIX}SECURITY_PROTOCOL is "
                f"{self.security_protocol}: set SSL or SASL_SSL, or take this out"
            )
        if self.client_key is not None and self.client_certificate is None:
            raise ValueError(f"{PREFIX}CLIENT_KEY is a certificate's: set {PREFIX}CLIENT_CERTIFICATE, too")
        _opened(self)
        return self


Where: TypeAlias = Access | str
"""Servers that let everybody in by plain text (the embedded one, a test's), or all that there is to tell."""


def client_options(where: Where) -> dict[str, Any]:
    """What kafka-python and aiokafka are told."""
    return where.options if isinstance(where, Access) else {"bootstrap_servers": where}


def _fits(value: str | None, info: ValidationInfo, *, what: str) -> None:
    """A user belongs to SASL, and SASL has one. Raises ValueError."""
    protocol = info.data.get("security_protocol")
    if protocol is None:
        return  # that is said already
    sasl = protocol.startswith("SASL")
    if sasl and not value:
        raise ValueError(f"is not set: {PREFIX}SECURITY_PROTOCOL={protocol} {what}")
    if value and not sasl:
        raise ValueError(
            f"is set, but {PREFIX}SECURITY_PROTOCOL is {protocol}, which tells no user: set SASL_SSL, or take this out"
        )


def _opened(ours: Access) -> None:
    """Raises ValueError where a file of ours cannot be used."""
    for name in FILES:
        path = getattr(ours, name)
        try:
            if path is not None:
                path.read_bytes()
        except OSError as error:
            raise ValueError(f"{PREFIX}{name.upper()}: cannot read {path}: {error.strerror}") from error
    try:
        _ = ours.context
    except ssl.SSLError as error:
        paths = ", ".join(str(path) for name in FILES if (path := getattr(ours, name)))
        said = (error.reason or "no PEM inside, or the key is encrypted").lower().replace("_", " ")
        raise ValueError(
            f"cannot use {paths}: {said}. They must be PEM files, the key must be the certificate's, and where it is "
            f"encrypted {PREFIX}CLIENT_KEY_PASSWORD must open it"
        ) from error
