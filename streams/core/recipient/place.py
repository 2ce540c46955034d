"""How one recipient can be told: channels, hours of work, and whether somebody is there."""

from typing import Final

from msgspec import Struct

from schemas.cards import AlertLevel
from streams.core.business_time import BusinessTime
from streams.core.recipient.receipts import without_receipt
from streams.core.recipient.row import Digested, Heard, Kept, Recipient
from streams.core.rulebook.routing_rules import RoutingRules
from streams.core.rules import Rules

__all__ = ["Place", "is_away", "place_of"]


class Place(Struct, frozen=True, kw_only=True):
    """`time`: when this recipient works. After `repeat_ms` without a receipt a post is due again.

    Channels in `at_once` take each post of a level as it comes; those in `paced` keep the hours of work, the daily
    most, and digests. Those in `editing` can show what became of an alert where they told of it.
    """

    recipient_id: str
    rules: Rules
    routing: RoutingRules
    time: BusinessTime
    repeat_ms: int
    at_once: dict[AlertLevel, tuple[str, ...]]
    paced: dict[AlertLevel, tuple[str, ...]]
    news: tuple[str, ...]  # that hear of leads
    editing: tuple[str, ...]

    def again_at(self, said_at: int) -> int:
        """When what was said then, and has no receipt, is due again."""
        return said_at + self.repeat_ms

    def owed_at_once(self, kept: Kept) -> tuple[str, ...]:
        """Channels that take it as it comes and have given no receipt."""
        return () if kept.post is None else without_receipt(self.at_once[kept.level], kept.outcomes)

    def owed_message(self, kept: Kept) -> tuple[str, ...]:
        """Channels on which it was told as a message and that have given no receipt."""
        if kept.post is None or kept.way != "message":
            return ()
        return without_receipt(self.paced[kept.level], kept.outcomes)

    def shows(self, channel: str, kept: Kept) -> bool:
        """Whether the alert itself stands on this channel: a digest is a message of another kind."""
        told = channel in self.at_once[kept.level] or kept.way in _MESSAGES
        return told and kept.outcomes.get(channel) == "sent"

    def will_show(self, kept: Kept) -> bool:
        """Whether a channel that can edit has yet to tell it, or to say that it did."""
        if kept.post is not None and kept.way == "waits":
            return bool(self.editing)
        return any(one in self.editing for one in (*self.owed_at_once(kept), *self.owed_message(kept)))

    def owed_digest(self, digest: Digested) -> tuple[str, ...]:
        """Channels that have given no receipt for a digest."""
        return without_receipt(self.paced["digest"], digest.outcomes)

    def owed_news(self, heard: Heard) -> tuple[str, ...]:
        """Channels that hear of leads and have given no receipt."""
        return without_receipt(self.news, heard.outcomes)


def place_of(recipient_id: str, rules: Rules, channels: frozenset[str], *, editing: frozenset[str]) -> Place:
    """`channels` names those that are configured, `editing` those of them that can edit."""
    routing = rules.routing.rules
    levels: tuple[AlertLevel, ...] = ("digest", "real_time")
    taking = {level: [one for one in rules.routing.channels_of(level) if one in channels] for level in levels}
    at_once = routing.channels.at_once
    return Place(
        recipient_id=recipient_id,
        rules=rules,
        routing=routing,
        time=rules.routing.time_of(recipient_id),
        repeat_ms=routing.repeat_after_s * 1_000,
        at_once={level: tuple(one for one in taking[level] if one in at_once) for level in levels},
        paced={level: tuple(one for one in taking[level] if one not in at_once) for level in levels},
        editing=tuple(sorted(editing & channels)),
        news=tuple(one for one in rules.audiences.rules.channels if one in channels),
    )


# What was left out was a message before, if a channel took it: somebody claimed it while it was under way.
_MESSAGES: Final = ("message", "left_out")


def is_away(row: Recipient, at: int) -> bool:
    """Whether nobody is there: from the beginning of an absence to before its end."""
    absence = row.absence
    return absence is not None and absence.begins <= at < absence.ends
