"""The ways out, by name. An explicit table: importing a file registers nothing."""

from collections.abc import Callable, Mapping
from time import time_ns
from typing import Final

from standardwebhooks.webhooks import EmptyWebhookSecretError

from streams.channels.base import Channel
from streams.channels.webhook import WebhookChannel
from streams.errors import SettingsError
from streams.settings import Settings

__all__ = ["CHANNELS", "make_channels"]

Maker = Callable[[Settings], Channel | None]


def _now_ms() -> int:
    return time_ns() // 1_000_000


def _webhook(settings: Settings) -> Channel | None:
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


CHANNELS: Final[Mapping[str, Maker]] = {"webhook": _webhook}


def make_channels(settings: Settings) -> dict[str, Channel]:
    """The channels that are configured, by name. Raises SettingsError. Call it where their event loop runs."""
    made = {name: make(settings) for name, make in CHANNELS.items()}
    return {name: channel for name, channel in made.items() if channel is not None}
