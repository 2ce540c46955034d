"""Settings of the ways out to sales: groups of `streams/settings.py`."""

import re
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

__all__ = [
    "AppriseSettings", "MailSettings", "OutgoingSettings", "Part", "SlackSettings", "TeamsSettings", "WebhookSettings",
]  # fmt: skip

_SLACK_PLACE: Final = re.compile(r"[CDG][A-Z0-9]+")
_SLACK_MEMBER: Final = re.compile(r"[UW][A-Z0-9]+")


class Part(BaseModel):
    """What all groups of settings have in common."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class WebhookSettings(Part):
    """Where alerts are posted to, signed as Standard Webhooks say. Empty url = no webhook."""

    url: str = Field(default="", description="where alerts are posted; empty: no webhook")
    secret: SecretStr | None = Field(default=None, description="signs what is posted (`whsec_...`)")
    secret_former: SecretStr | None = Field(default=None, description="signs too, until every receiver knows the other")


class SlackSettings(Part):
    """A Slack app of your own. Empty = no Slack; `webhook_url` alone posts, without buttons and threads."""

    token: SecretStr | None = Field(default=None, description="the bot's token, `xoxb-...`; unset: no app")
    channel: str = Field(
        default="", description="the id of the channel of whoever has none of their own: `C0123456789`"
    )
    channels: str = Field(
        default="",
        description="who=id by commas: an e-mail or `team:...`, and a channel (`C...`) or a direct message (`D...`)",
    )
    users: str = Field(
        default="",
        description="id=e-mail by commas: which member (`U...`, `W...`) is which rep, when a button is pressed",
    )
    webhook_url: SecretStr | None = Field(
        default=None,
        description="an incoming webhook instead of a token: posts without buttons and threads; whoever knows it "
                    "may post",
    )
    signing_secret: SecretStr | None = Field(
        default=None,
        description="proves to the console that a button was pressed in Slack; unset: messages have no buttons",
    )
    api_url: str = Field(default="https://slack.com/api/", description="where Slack's API is")

    @field_validator("channels")
    @classmethod
    def _pairs(cls, value: str) -> str:
        if not all(who and _SLACK_PLACE.fullmatch(to) for who, to in _pairs_of(value)):
            raise ValueError("must be who=id, separated by commas; ids begin with C, D or G: not U, not a name")
        return value

    @field_validator("channel")
    @classmethod
    def _place(cls, value: str) -> str:
        if value and not _SLACK_PLACE.fullmatch(value):
            raise ValueError("must be the id of a channel, such as C0123456789: it stands at the end of its details")
        return value

    @field_validator("users")
    @classmethod
    def _members(cls, value: str) -> str:
        if not all(_SLACK_MEMBER.fullmatch(who) and "@" in to for who, to in _pairs_of(value)):
            raise ValueError("must be id=e-mail, separated by commas; ids of members begin with U or W")
        return value

    @property
    def by_member(self) -> dict[str, str]:
        """E-mail by the id of a member."""
        return dict(_pairs_of(self.users))

    @property
    def by_name(self) -> dict[str, str]:
        """Channel by e-mail or team."""
        return dict(_pairs_of(self.channels))


class OutgoingSettings(Part):
    """Where messages may go besides the open internet: hosts by commas, as their URLs have them. For an intranet."""

    private_hosts: str = Field(
        default="", description="hosts of your network that messages may go to, by commas, as their URLs have them"
    )

    @property
    def private(self) -> frozenset[str]:
        """The hosts, in lower case."""
        return frozenset(one.strip().lower() for one in self.private_hosts.split(",") if one.strip())


class MailSettings(Part):
    """Where alerts are handed in as mail. Empty host = no mail."""

    host: str = Field(default="", description="the server that takes mails (SMTP); empty: no mail")
    port: int = Field(default=0, ge=0, le=65535, description="0: 587 of `starttls`, 465 of `tls`, 25 of `plain`")
    security: Literal["starttls", "tls", "plain"] = Field(
        default="starttls",
        description="how the connection is kept secret; with a username `plain` is refused but to this machine",
    )
    username: str = Field(default="", description="empty: no login")
    password: SecretStr | None = Field(default=None, description="of that user")
    sender: str = Field(default="", description="an address, or `Name <address>`")
    team: str = Field(
        default="", description="the address for alerts that are due to a team; empty: they are not mailed"
    )
    certificates: Path | None = Field(
        default=None,
        description="a PEM file, where the server's certificate is signed by an authority of your own",
    )


class TeamsSettings(Part):
    """The Workflows webhook of a Microsoft Teams channel: whoever knows it can post there. Empty = none."""

    url: SecretStr = Field(
        default=SecretStr(""),
        description="the Workflows webhook of a channel: whoever knows it can post there; empty: none",
    )


class AppriseSettings(Part):
    """TOML: Apprise URLs by rep (e-mail) or team. Empty = no such channel. Full of secrets: hand it in as a file."""

    addresses: SecretStr = Field(
        default=SecretStr(""), description="TOML: Apprise URLs by rep (e-mail) or team; empty: no such channel"
    )


def _pairs_of(text: str) -> list[tuple[str, str]]:
    """`a=1, b=2` taken apart at the first `=` of each."""
    pairs = (one.partition("=") for one in text.split(",") if one.strip())
    return [(name.strip(), value.strip()) for name, _, value in pairs]
