"""What a provider's body becomes: mail events, and what of it nobody could read, with its bytes."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from msgspec import Struct

from producers.errors import Unmappable
from schemas.touches import MailEvent

__all__ = ["Told", "Unread", "told_by_each"]


class Unread(Struct, frozen=True):
    """One object that could not be read, and why."""

    raw: bytes
    why: str


class Told(Struct, frozen=True):
    """What one body said. `passed_over`: objects that we read and that say nothing we need."""

    events: tuple[MailEvent, ...] = ()
    unread: tuple[Unread, ...] = ()
    passed_over: int = 0


def told_by_each(objects: Iterable[Any], events_of: Callable[[Any], Sequence[MailEvent]]) -> Told:
    """Each object by itself: one that cannot be read costs none of its neighbours."""
    events: list[MailEvent] = []
    unread: list[Unread] = []
    passed_over = 0
    for one in objects:
        try:
            said = events_of(one)
        except Unmappable as error:
            unread.append(Unread(json.dumps(one).encode(), str(error)))
        else:
            events += said
            passed_over += not said
    return Told(tuple(events), tuple(unread), passed_over)
