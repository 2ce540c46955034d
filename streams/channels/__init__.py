"""The ways out, by name. An explicit table: importing a file registers nothing."""

from collections.abc import Callable, Mapping
from time import time_ns
from typing import Final

from msgspec import Struct
from standardwebhooks.webhooks import EmptyWebhookSecretError

from schemas.ids import Naming
from streams.channels.base import Channel
from streams.channels.slack import SlackChannel
from streams.channels.slack_places import SlackPlaces
from streams.channels.webhook import WebhookChannel
from streams.channels.words import Words
from streams.core.routing import Routing
from streams.errors import SettingsError
from streams.outgoing.addresses import Reach
from streams.outgoing.client import Outgoing
from streams.outgoing.errors import Forbidden
from streams.settings import Settings

__all__ = ["CHANNELS", "Means", "make_channels"]


class Means(Struct, frozen=True):
    """What a channel is made of: the settings, the way out, who reads which language."""

    settings: Settings
    outgoing: Outgoing
    routing: Routing


Maker = Callable[[Means], Channel | None]


def _now_ms() -> int:
    return time_ns() // 1_000_000


def _is_web_address(means: Means, url: str, *, variable: str) -> None:
    try:
        means.outgoing.reach.parsed(url)
    except Forbidden as error:
        raise SettingsError(f"{variable}: {error}") from error


def _webhook(means: Means) -> Channel | None:
    """The webhook, where an address is set."""
    ours = means.settings.webhook
    if not ours.url:
        return None
    _is_web_address(means, ours.url, variable="LEADSTREAM_WEBHOOK__URL")
    if ours.secret is None:
        raise SettingsError("LEADSTREAM_WEBHOOK__SECRET: missing; what leaves is signed (whsec_ and base64)")
    live = [one.get_secret_value() for one in (ours.secret, ours.secret_former) if one is not None]
    try:
        return WebhookChannel(
            ours.url, live, outgoing=means.outgoing, now=_now_ms, console_url=means.settings.console.public_url
        )
    except (ValueError, EmptyWebhookSecretError) as error:
        raise SettingsError("LEADSTREAM_WEBHOOK__SECRET (and __SECRET_FORMER): must be whsec_ and base64") from error


def _slack(means: Means) -> Channel | None:
    """Slack, where a token or a webhook's address is set."""
    ours = means.settings.slack
    token = ours.token.get_secret_value() if ours.token else ""
    hook = ours.webhook_url.get_secret_value() if ours.webhook_url else ""
    if not token and not hook:
        return None
    if token and not ours.channel:
        raise SettingsError("LEADSTREAM_SLACK__CHANNEL: missing; where a message goes that is for nobody in __CHANNELS")
    _is_web_address(means, ours.api_url, variable="LEADSTREAM_SLACK__API_URL")
    if hook:
        _is_web_address(means, hook, variable="LEADSTREAM_SLACK__WEBHOOK_URL")
    return SlackChannel(
        SlackPlaces.of(ours, Naming(means.settings.secret.get_secret_value().encode())),
        token=token, outgoing=means.outgoing, answers=ours.signing_secret is not None, now=_now_ms,
        words=Words(means.routing, console_url=means.settings.console.public_url),
        language_of=means.routing.language_of,
    )  # fmt: skip


CHANNELS: Final[Mapping[str, Maker]] = {"webhook": _webhook, "slack": _slack}


def make_channels(settings: Settings, routing: Routing) -> dict[str, Channel]:
    """The channels that are configured, by name. Raises SettingsError. Call it where their event loop runs."""
    means = Means(settings, Outgoing(Reach(settings.outgoing.private)), routing)
    made = {name: make(means) for name, make in CHANNELS.items()}
    return {name: channel for name, channel in made.items() if channel is not None}
