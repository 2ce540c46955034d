"""Members of audiences as cards tell of them: which lists a lead enters, which it leaves.

A card names each audience that its lead is in or has left, so the lists follow from the newest cards alone. Most cards
name none: that was seen where their place was looked for (`places.py`).
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from msgspec import Struct

from schemas.cards import Membership
from schemas.codec import Codec
from schemas.errors import Undecodable
from streams.readmodel.keys import Keys
from streams.readmodel.places import Placed

__all__ = ["LEFT_KEPT", "Change", "Written", "audience_keys", "changes_of"]

LEFT_KEPT: Final = 10_000  # of those who left one audience
Change: TypeAlias = tuple[str, str, int, int, int]
"""Lead, version of its card, place of the audience among the names (1..), 1 = is in, at."""
Written: TypeAlias = tuple[str, Placed, bytes]
"""A card that was written: lead id, version and rank, JSON."""


class _Lead(Struct, frozen=True):
    audiences: tuple[Membership, ...] = ()


_LEAD: Final[Codec[_Lead]] = Codec(_Lead)


def changes_of(cards: Sequence[Written]) -> tuple[list[str], list[Change]]:
    """Names of audiences, and what these cards say of them."""
    places: dict[str, int] = {}
    changes: list[Change] = []
    for lead_id, placed, body in [one for one in cards if one[1][3]]:
        version = placed[0].decode()
        for one in _told(body):
            place = places.setdefault(one.audience, len(places) + 1)
            changes.append((lead_id, version, place, int(one.is_in), one.at))
    return list(places), changes


def audience_keys(keys: Keys, names: Sequence[str]) -> list[str]:
    """The lists of these audiences, in the order in which the script wants them."""
    return [keys.index(index) for name in names for index in (f"audience:{name}", f"audience:{name}:left")]


def _told(body: bytes) -> tuple[Membership, ...]:
    """Nothing where the card cannot be read: it is kept, and in no list."""
    try:
        return _LEAD.decode(body).audiences
    except Undecodable:
        return ()
