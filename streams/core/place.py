"""How one recipient can be told: channels, hours of work, and whether somebody is there."""

from msgspec import Struct

from schemas.cards import AlertLevel
from streams.core.business_time import BusinessTime
from streams.core.recipient_row import Digested, Kept, Recipient
from streams.core.routing_rules import RoutingRules
from streams.core.rules import Rules

__all__ = ["Place", "is_away"]


class Place(Struct, frozen=True):
    """`channels` names those that are configured.

    Channels in `at_once` take each post as it comes; the others keep the hours of work, the daily most, and digests.
    """

    recipient_id: str
    rules: Rules
    channels: frozenset[str]

    @property
    def routing(self) -> RoutingRules:
        """The file `routing.toml`."""
        return self.rules.routing.rules

    @property
    def time(self) -> BusinessTime:
        """When this recipient works."""
        return self.rules.routing.time_of(self.recipient_id)

    @property
    def repeat_ms(self) -> int:
        """After so long without a receipt a post is due again."""
        return self.routing.repeat_after_s * 1_000

    def at_once(self, level: AlertLevel) -> tuple[str, ...]:
        """Channels that take this level as it comes."""
        return tuple(one for one in self._taking(level) if one in self.routing.channels.at_once)

    def paced(self, level: AlertLevel) -> tuple[str, ...]:
        """Channels that take this level at its time."""
        return tuple(one for one in self._taking(level) if one not in self.routing.channels.at_once)

    def owed_at_once(self, kept: Kept) -> tuple[str, ...]:
        """Channels that take it as it comes and have given no receipt."""
        return () if kept.post is None else _without_receipt(self.at_once(kept.level), kept)

    def owed_message(self, kept: Kept) -> tuple[str, ...]:
        """Channels on which it was told as a message and that have given no receipt."""
        return () if kept.post is None or kept.way != "message" else _without_receipt(self.paced(kept.level), kept)

    def owed_digest(self, digest: Digested) -> tuple[str, ...]:
        """Channels that have given no receipt for a digest."""
        return _without_receipt(self.paced("digest"), digest)

    def _taking(self, level: AlertLevel) -> tuple[str, ...]:
        return tuple(one for one in self.routing.channels_of(level) if one in self.channels)


def is_away(row: Recipient, at: int) -> bool:
    """Whether nobody is there: from the beginning of an absence to before its end."""
    absence = row.absence
    return absence is not None and absence.begins <= at < absence.ends


def _without_receipt(names: tuple[str, ...], told: Kept | Digested) -> tuple[str, ...]:
    return tuple(one for one in names if one not in told.outcomes)
