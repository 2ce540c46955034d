"""Hits whose time is ours: their sender named one that cannot be. Remembered like any, by a rule that gives nothing.

So order, copies, late identities and merges cannot matter, and rows of those whose clocks are right hold nothing of it.
"""

from msgspec.structs import replace

from schemas.activity import OUR_CLOCK, Hit
from streams.core.events.facts import Facts

__all__ = ["marked"]


def marked(facts: Facts, hit: Hit) -> Facts:
    """The same, and that the time of this page or hit is ours; where it left neither, nothing is to be marked."""
    left = (*facts.pages, *(one for found in facts.hits.values() for one in found))
    if all(one[:2] != hit[:2] for one in left):
        return facts
    return replace(facts, hits={**facts.hits, OUR_CLOCK: (hit,)})
