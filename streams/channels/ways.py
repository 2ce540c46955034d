"""The way out of one channel, as the settings open it; and whether an address of the settings is one that we go to."""

from streams.errors import SettingsError
from streams.outgoing.addresses import Reach
from streams.outgoing.client import Outgoing
from streams.outgoing.errors import Forbidden
from streams.settings import Settings

__all__ = ["checked", "way_out"]


def way_out(settings: Settings) -> Outgoing:
    """A client of the channel's own, closed with it."""
    return Outgoing(Reach(settings.outgoing.private))


def checked(settings: Settings, url: str, *, variable: str) -> None:
    """Looks at the text; what a name leads to is looked at whenever something is sent. Raises SettingsError."""
    try:
        Reach(settings.outgoing.private).parsed(url)
    except Forbidden as error:
        raise SettingsError(f"{variable}: {error}") from error
