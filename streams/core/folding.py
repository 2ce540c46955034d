"""What every fold owes its engine (law 3): what to write, and what to say again.

- content or `as_of` changed: a new row, and its effects;
- nothing changed, and the message is not newer than the row (a replay): the same row, the same effects said again;
- nothing changed, and the message is newer: nothing to write, nothing to say.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec.structs import replace

from schemas.activity import Version
from streams.core.effects import NOTHING, Effects, Folded

__all__ = ["met", "newer", "settled"]

R = TypeVar("R", bound=Any)


def newer(held: Version | None, version: Version) -> Version:
    """The greater of both."""
    return version if held is None or version > held else held


def met(effects: Effects, *bounds: str) -> Effects:
    """The same effects, and the word that these bounds were met."""
    return replace(effects, approximated=bounds) if bounds else effects


def settled(before: R | None, after: R, *, version: Version, say: Callable[[R], Effects]) -> Folded[R]:
    """`after` is the row that the messages of `version` make of `before`; its own version does not matter here."""
    if before is None:
        return _said(replace(after, version=version), say)
    if after is not before and replace(after, version=before.version) != before:
        return _said(replace(after, version=newer(before.version, version)), say)
    return Folded(before, say(before) if version <= before.version else NOTHING)


def _said(row: R, say: Callable[[R], Effects]) -> Folded[R]:
    return Folded(row, say(row))
