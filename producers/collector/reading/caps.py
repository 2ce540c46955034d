"""What is too large, too deep or too long of one event, and so is kept as a bad one."""

from typing import Final, NamedTuple

from producers.collector.reading import mend
from producers.collector.reading.names import names_over_a_cap
from schemas.rejected import Reason

__all__ = ["LONG", "MAX_DEPTH", "MAX_EVENT", "BadEvent", "brackets", "over_a_cap"]

MAX_EVENT: Final = 32 * 1024
MAX_DEPTH: Final = 16
_TOO_MANY: Final = MAX_DEPTH + 1
LONG: Final = 4_096  # bytes from which on an event's names are looked at: a shorter one has few, and none that harms
_ALL_BUT_BRACKETS: Final = bytes(set(range(256)) - set(b"{}[]"))


class BadEvent(NamedTuple):
    """One event for `rejected`. `place`: where it stood in the request, from 0."""

    raw: bytes
    reason: Reason
    detail: str
    place: int = 0


def over_a_cap(raw: bytes) -> BadEvent | None:
    """Which cap an event breaks, None where it breaks none."""
    if len(raw) > MAX_EVENT:
        return BadEvent(b"", Reason.TOO_LARGE, f"{len(raw)} bytes, more than {MAX_EVENT}")
    if brackets(raw) > MAX_DEPTH and _depth(raw) > MAX_DEPTH:  # few brackets: not deep
        return BadEvent(raw, Reason.DEPTH, f"nested more than {MAX_DEPTH} levels")
    if len(raw) > LONG and (why := names_over_a_cap(raw)):
        return BadEvent(b"", Reason.TOO_LARGE, why)
    return None


def brackets(raw: bytes) -> int:
    """How many brackets open, exact as far as it matters: up to MAX_DEPTH.

    Taking them out and looking how much shorter the text is costs a third of `count`: that looks at each byte, this
    finds the next bracket as the processor's widest instructions do.
    """
    return len(raw) - len(raw.replace(b"{", b"", _TOO_MANY).replace(b"[", b"", _TOO_MANY))


def _depth(raw: bytes) -> int:
    """Levels of nesting, strings left out."""
    level = deepest = 0
    for bracket in mend.without_strings(raw).translate(None, _ALL_BUT_BRACKETS):
        level += 1 if bracket in b"{[" else -1
        deepest = max(deepest, level)
    return deepest
