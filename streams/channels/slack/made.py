"""Slack from the settings."""

from collections.abc import Callable

from schemas.ids import Naming
from streams.channels.slack.channel import SlackChannel
from streams.channels.slack.places import SlackPlaces
from streams.channels.ways import checked, way_out
from streams.channels.words.message import Words
from streams.core.routing import Routing
from streams.errors import SettingsError
from streams.settings import Settings

__all__ = ["make_slack"]


def make_slack(settings: Settings, routing: Routing, *, now: Callable[[], int]) -> SlackChannel | None:
    """The channel, where a token or a webhook's address is set. Raises SettingsError."""
    ours = settings.slack
    token = ours.token.get_secret_value() if ours.token else ""
    hook = ours.webhook_url.get_secret_value() if ours.webhook_url else ""
    if not token and not hook:
        return None
    if token and not ours.channel:
        raise SettingsError("LEADSTREAM_SLACK__CHANNEL: missing; alerts go there whose recipient is not in __CHANNELS")
    checked(settings, ours.api_url, variable="LEADSTREAM_SLACK__API_URL")
    if hook:
        checked(settings, hook, variable="LEADSTREAM_SLACK__WEBHOOK_URL")
    return SlackChannel(
        SlackPlaces.of(ours, Naming(settings.secret.get_secret_value().encode())), token=token,
        outgoing=way_out(settings), answers=ours.signing_secret is not None, now=now,
        words=Words(routing, console_url=settings.console.public_url), language_of=routing.language_of,
    )  # fmt: skip
