"""Whom a row stands for no more, and since when: a withdrawal that is said again is the one that was said first.

A worker that dies before it commits folds its last messages again, with rows that have read on meanwhile. A withdrawal
at the row's newest version and time would make whoever hears it later than it is.
"""

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from schemas.activity import Version

__all__ = ["Gone", "gone_from"]

MAX_GONE: Final = 32


class Gone(NamedTuple):
    """The version of the row that said so first, and its time then. Sorting sorts by freshness."""

    version: Version
    as_of: int


def gone_from(
    gone: Mapping[str, Gone], *, stood: Collection[str], stands: Collection[str], since: Gone
) -> dict[str, Gone]:
    """The 32 newest of those that the row `stood` for, or had left before, and that it does not stand for now."""
    left = {to: gone.get(to, since) for to in {*gone, *stood}.difference(stands)}
    newest = sorted(left, key=lambda to: (left[to], to), reverse=True)[:MAX_GONE]
    return {to: left[to] for to in sorted(newest)}
