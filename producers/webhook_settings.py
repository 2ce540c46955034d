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
    """What CRMs post. One whose secret is empty is not set up.

    What an operator chooses must be too long to be guessed: a right proof is never refused for wrong ones that came
    before.
    """

    model_config = _FROZEN
    mapping: Path | None = Field(default=None, description="how generic bodies are read; unset: the packaged mapping")
    generic_secret: SecretStr = Field(
        default=SecretStr(""), description="proves generic webhooks as Standard Webhooks say"
    )
    generic_hmac_secret: SecretStr = Field(
        default=SecretStr(""), description="proves them by any other signature of the body ..."
    )
    generic_hmac_header: str = Field(default="x-signature", description="... in this header")
    generic_hmac_algorithm: Literal["sha1", "sha256", "sha512"] = Field(
        default="sha256", description="... made by this"
    )
    generic_hmac_encoding: Literal["hex", "base64"] = Field(default="hex", description="... written so")
    generic_hmac_prefix: str = Field(default="", description="... behind these words")
    hubspot_secret: SecretStr = Field(
        default=SecretStr(""), description="the app's client secret; empty: HubSpot is not set up"
    )
    hubspot_mapping: Path | None = Field(
        default=None, description="how its bodies are read; unset: the packaged mapping"
    )
    pipedrive_secret: SecretStr = Field(
        default=SecretStr(""), description="user:password of the webhook; empty: Pipedrive is not set up"
    )
    pipedrive_mapping: Path | None = Field(
        default=None, description="how its bodies are read; unset: the packaged mapping"
    )
    salesforce_secret: SecretStr = Field(
        default=SecretStr(""), description="the end of the webhook's path; empty: Salesforce is not set up"
    )
    salesforce_organization_id: str = Field(default="", description="the organization that its messages must name")
    salesforce_mapping: Path | None = Field(
        default=None, description="how its bodies are read; unset: the packaged mapping"
    )

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
    """Links of mails, and providers' webhooks. A key must stay in the list as long as its links are to work."""

    model_config = _FROZEN
    keys: SecretStr = Field(
        default=SecretStr(""),
        description="id=secret by commas, the newest first, each secret of 32 characters or more: it signs links, "
                    "all verify",
    )
    link_days: int = Field(default=400, ge=1, description="so long a link leads somewhere; unsubscribing never ends")
    postmark_secret: SecretStr = Field(
        default=SecretStr(""), description="user:password of the address of Postmark's webhook; empty: not set up"
    )
    sendgrid_key: str = Field(
        default="", description="the verification key of SendGrid's signed webhook; empty: not set up"
    )
    ses_topics: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="ARNs of the SNS topics that Amazon SES may speak by; empty: not set up"
    )

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
