"""A key that decides something and stands twice: every reader takes one of the two, and not each the same.

Our own readers take the last. Who reads the bytes afterwards (a warehouse, a replay) may not.
"""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final, Protocol

__all__ = ["none_in", "twin_in"]

DECIDING: Final = frozenset({
    "userId", "anonymousId", "type", "messageId", "groupId", "previousId", "traits", "context",
})  # fmt: skip
EMAIL: Final = "email"
# One look for all nine: half of what counting each of them takes.
_names_in: Final = re.compile('"(?:{})"'.format("|".join((*sorted(DECIDING), EMAIL))).encode()).findall
_USER: Final = b'"userId"'
_BROWSER: Final = b'"anonymousId"'  # and no more says whose a page or a track is


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written."""


class Ids(Protocol):
    """What was read of an event."""

    @property
    def anonymous_id(self) -> str | int | None:
        """Of the browser."""

    @property
    def user_id(self) -> str | int | None:
        """Of the person."""


def none_in(text: bytes, events: Sequence[Ids]) -> bool:
    """Whether no event of this text with a user id has an id twice: one look for all of them.

    Each event that has an id names it once at least, so where the text has no more names than events have ids, each
    stands there once and nowhere else. False: look at each.
    """
    users = len(events) - [one.user_id for one in events].count(None)
    if _may_escape(text) or text.count(_USER) > users:
        return False
    return text.count(_BROWSER) <= len(events) - [one.anonymous_id for one in events].count(None)


def twin_in(raw: bytes, *, tells_of_people: bool = True) -> str:
    """The name of a deciding key that stands twice in one object of this event, "" for none.

    `tells_of_people`: by more than its ids, so more is looked for. A name that is counted twice may also stand in two
    objects, or as a value: only then everything is read.

    >>> twin_in(b'{"userId":"a","userId":"b"}'), twin_in(b'{"userId":"a","x":"userId","y":{"userId":"b"}}')
    ('userId', '')
    """
    if not _may_escape(raw) and not _may_be_twins(raw, tells_of_people=tells_of_people):
        return ""
    try:
        event = json.loads(raw, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):  # what it is not is said elsewhere
        return ""
    inside = [traits for name, traits in event if name == "traits"]
    inside += [one for name, context in event if name == "context" for one in _named(context, "traits")]
    return _twin(event, DECIDING) or next((EMAIL for traits in inside if _twin(traits, frozenset({EMAIL}))), "")


def _may_escape(raw: bytes) -> bool:
    """Whether a letter of a name may stand there by its number. Most texts have no backslash at all, found at once."""
    return b"\\" in raw and b"\\u00" in raw


def _may_be_twins(raw: bytes, *, tells_of_people: bool) -> bool:
    """Whether a name is there twice, wherever that is."""
    if not tells_of_people:
        return raw.count(_USER) > 1 or raw.count(_BROWSER) > 1
    found = _names_in(raw)
    return len(set(found)) < len(found)


def _named(value: Any, wanted: str) -> Iterable[Any]:
    return (inner for name, inner in value if name == wanted) if isinstance(value, _Pairs) else ()


def _twin(value: Any, names: frozenset[str]) -> str:
    seen: set[str] = set()
    for name, _ in value if isinstance(value, _Pairs) else ():
        if name in names and name in seen:
            return name
        seen.add(name)
    return ""
