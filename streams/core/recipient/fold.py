"""A recipient's fold: what is due to a rep or a team, when, and what became of it on each channel.

A post is due at once on channels that take everything as it comes; on the others at its time (`pacing.py`,
`digest.py`). It stays due until a channel's receipt is here: the clock says it again where none came, so a crash
between row and channel loses nothing. Only messages say what time it is.
"""

from collections.abc import Sequence

from msgspec.structs import replace

from schemas.activity import Version
from schemas.posts import PostMessage
from streams.core.effects import Folded
from streams.core.folding import met, newer, settled
from streams.core.recipient.digest import composed
from streams.core.recipient.heard import heard
from streams.core.recipient.news import bounded_news, news_due
from streams.core.recipient.pacing import decided
from streams.core.recipient.place import place_of
from streams.core.recipient.row import Kept, Recipient
from streams.core.recipient.said import bounded, due_again, said, wakes_at, without_settled
from streams.core.rules import Rules

__all__ = ["Kept", "Recipient", "fold"]


def fold(
    key: str,
    row: Recipient | None,
    messages: Sequence[PostMessage],
    *,
    version: Version,
    rules: Rules,
    channels: frozenset[str],
    editing: frozenset[str] = frozenset(),
) -> Folded[Recipient]:
    """The recipient after these messages. `channels` names those that are configured, `editing` those that can edit."""
    place = place_of(key, rules, channels, editing=editing)
    before = row or Recipient(version, as_of=0)
    now = newer(before.version, version)
    after, lost = heard(before, messages, version=now)
    after = decided(after, place, version=now)
    since = after.as_of if row is None else before.as_of  # a new row has missed no digest
    after, missed = composed(after, place, since=since, version=now)
    after = without_settled(due_again(after, place, version=now), place)
    after = news_due(after, place, version=now)
    after, pushed_out = bounded(after)
    after, old_news = bounded_news(after)
    after = replace(after, wake_at=wakes_at(after, place))
    row_after, effects = settled(
        row, after, version=version, say=lambda settled_row: said(settled_row, place, messages, since=version)
    )
    return Folded(row_after, met(effects, *lost, *missed, *pushed_out, *old_news))
