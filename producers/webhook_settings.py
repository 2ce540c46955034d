"""Settings of what CRMs and mail providers post, and of links in mails: groups of `producers/settings.py`."""

import re
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator
from pydantic_settings import NoDecode

__all__ = ["CrmSettings", "MailSettings"]

LEAST_SECRET: Final = 16
LEAST_LINK_KEY: Final = 32
KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,16}")
_FROZEN: Final = ConfigDict(frozen=True)


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
