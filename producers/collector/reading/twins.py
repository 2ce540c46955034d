"""A key that decides something and stands twice: every reader takes one of the two, and not each the same.

Our own readers take the last. Who reads the bytes afterwards (a warehouse, a replay) may not.
"""

import json
from collections.abc import Iterable
from typing import Any, Final

__all__ = ["twin_in"]

IDS: Final = ("userId", "anonymousId")  # all that says whose a page or a track is
DECIDING: Final = frozenset({*IDS, "type", "messageId", "groupId", "previousId", "traits", "context"})
EMAIL: Final = "email"
_COUNTED: Final = tuple(f'"{name}"'.encode() for name in (*sorted(DECIDING), EMAIL))
_COUNTED_IDS: Final = tuple(f'"{name}"'.encode() for name in IDS)


class _Pairs(list[tuple[str, Any]]):
    """An object as it was written."""


def twin_in(raw: bytes, *, tells_of_people: bool = True) -> str:
    """The name of a deciding key that stands twice in one object of this event, "" for none.

    `tells_of_people`: by more than its ids, so more is looked for. A name that is counted twice may also stand in two
    objects, or as a value: only then everything is read.

    >>> twin_in(b'{"userId":"a","userId":"b"}'), twin_in(b'{"userId":"a","x":"userId","y":{"userId":"b"}}')
    ('userId', '')
    """
    names = _COUNTED if tells_of_people else _COUNTED_IDS
    if b"\\u00" not in raw and not any([raw.count(name) > 1 for name in names]):  # noqa: C419  (a third faster)
        return ""
    try:
        event = json.loads(raw, object_pairs_hook=_Pairs)
    except (ValueError, RecursionError):  # what it is not is said elsewhere
        return ""
    inside = [traits for name, traits in event if name == "traits"]
    inside += [one for name, context in event if name == "context" for one in _named(context, "traits")]
    return _twin(event, DECIDING) or next((EMAIL for traits in inside if _twin(traits, frozenset({EMAIL}))), "")


def _named(value: Any, wanted: str) -> Iterable[Any]:
    return (inner for name, inner in value if name == wanted) if isinstance(value, _Pairs) else ()


def _twin(value: Any, names: frozenset[str]) -> str:
    seen: set[str] = set()
    for name, _ in value if isinstance(value, _Pairs) else ():
        if name in names and name in seen:
            return name
        seen.add(name)
    return ""
