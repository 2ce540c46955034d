"""Where in Slack a recipient reads: a channel, a direct message, or whatever a webhook's address leads to."""

from collections.abc import Mapping

from msgspec import Struct

from schemas.ids import Naming
from streams.settings import SlackSettings

__all__ = ["SlackPlaces"]


class SlackPlaces(Struct, frozen=True, kw_only=True):
    """`channel` is that of who has none in `by_recipient`. `hook` is used where there is no token."""

    api_url: str
    hook: str
    channel: str
    by_recipient: Mapping[str, str]

    @classmethod
    def of(cls, settings: SlackSettings, naming: Naming) -> "SlackPlaces":
        """As the settings say: people by e-mail, teams by name."""
        ids = {who if "@" not in who else naming.recipient_of(who): to for who, to in settings.by_name.items()}
        hook = settings.webhook_url.get_secret_value() if settings.webhook_url else ""
        return cls(api_url=settings.api_url, hook=hook, channel=settings.channel, by_recipient=ids)

    def place(self, recipient_id: str) -> str:
        """The channel's id of one recipient."""
        return self.by_recipient.get(recipient_id, self.channel)
