"""The ways out, by name. An explicit table: importing a file registers nothing."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from running.wall_clock import utc_ms
from streams.channels.apprise.channel import make_apprise
from streams.channels.base import Channel
from streams.channels.mail.channel import make_mail
from streams.channels.slack.made import make_slack
from streams.channels.teams.channel import make_teams
from streams.channels.webhook.made import make_webhook
from streams.core.routing import Routing
from streams.settings import Settings

__all__ = ["CHANNELS", "make_channels"]

Maker = Callable[[Settings, Routing], Channel | None]

CHANNELS: Final[Mapping[str, Maker]] = {
    "webhook": partial(make_webhook, now=utc_ms),
    "slack": partial(make_slack, now=utc_ms),
    "mail": partial(make_mail, now=utc_ms),
    "teams": partial(make_teams, now=utc_ms),
    "apprise": partial(make_apprise, now=utc_ms),
}


def make_channels(settings: Settings, routing: Routing) -> dict[str, Channel]:
    """The channels that are configured, by name. Raises SettingsError. Call it where their event loop runs."""
    made = {name: make(settings, routing) for name, make in CHANNELS.items()}
    return {name: channel for name, channel in made.items() if channel is not None}
