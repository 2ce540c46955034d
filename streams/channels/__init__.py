"""The ways out, by name. An explicit table: importing a file registers nothing."""

from collections.abc import Callable, Mapping
from functools import partial
from time import time_ns
from typing import Final

from standardwebhooks.webhooks import EmptyWebhookSecretError

from streams.channels.apprise import make_apprise
from streams.channels.base import Channel
from streams.channels.mail import make_mail
from streams.channels.teams import make_teams
from streams.channels.webhook import WebhookChannel
from streams.core.routing import Routing
from streams.errors import SettingsError
from streams.settings import Settings

__all__ = ["CHANNELS", "make_channels"]

Maker = Callable[[Settings, Routing], Channel | None]


def _now_ms() -> int:
    return time_ns() // 1_000_000


def _webhook(settings: Settings, routing: Routing) -> Channel | None:  # noqa: ARG001  a receiver reads all languages
    """The webhook, where an address is set."""
    url, secret = settings.webhook.url, settings.webhook.secret
    if not url:
        return None
    if not url.startswith(("http://", "https://")):
        raise SettingsError("LEADSTREAM_WEBHOOK__URL: must begin with http:// or https://")
    if secret is None:
        raise SettingsError("LEADSTREAM_WEBHOOK__SECRET: missing; what leaves is signed (whsec_ and base64)")
    try:
        return WebhookChannel(url, secret.get_secret_value(), now=_now_ms, console_url=settings.console.public_url)
    except (ValueError, EmptyWebhookSecretError) as error:
        raise SettingsError("LEADSTREAM_WEBHOOK__SECRET: must be whsec_ and base64") from error


CHANNELS: Final[Mapping[str, Maker]] = {
    "webhook": _webhook,
    "mail": partial(make_mail, now=_now_ms),
    "teams": partial(make_teams, now=_now_ms),
    "apprise": partial(make_apprise, now=_now_ms),
}


def make_channels(settings: Settings, routing: Routing) -> dict[str, Channel]:
    """The channels that are configured, by name. Raises SettingsError. Call it where their event loop runs."""
    made = {name: make(settings, routing) for name, make in CHANNELS.items()}
    return {name: channel for name, channel in made.items() if channel is not None}
