"""Where each kind of card stands: its version, the sorted set that it is in, and its rank there.

A lead's card is four kilobytes and three numbers of it are wanted here: reading it whole costs more than all the rest
of writing it. They stand side by side near its beginning, so they are searched in the bytes. That is safe in what our
own encoder wrote: within a text every quote is escaped, and no field with such a neighbour comes before them. What is
written otherwise is read whole.
"""

import re
from collections.abc import Callable
from typing import Final, TypeAlias

from msgspec import Struct

from schemas.activity import Version
from schemas.cards import AlertLevel, AlertStatus
from schemas.codec import Codec
from streams.readmodel.keys import ALERT_STATUSES, pack_version

__all__ = ["Place", "Placed", "account_place", "alert_place", "lead_place"]

Placed: TypeAlias = tuple[bytes, int, int, bool]
"""The version as 30 digits that sort as versions do, the number of the sorted set (1 = the kind's first), the rank, and
whether the card may name audiences."""

Place: TypeAlias = Callable[[bytes], Placed]
"""Raises Undecodable."""

HEAD: Final = 512  # bytes: behind the format and the id


class _Lead(Struct, frozen=True):
    version: Version
    score_tenths: int


class _Account(Struct, frozen=True):
    version: Version
    engagement_tenths: int


class _Strength(Struct, frozen=True):
    strength: int


class _Alert(Struct, frozen=True):
    version: Version
    status: AlertStatus
    level: AlertLevel
    as_of: int
    strength: _Strength


_NUMBERS: Final = rb'"version":\[(\d{1,10}),(\d{1,20})\],"as_of":\d{1,20},"%s":(-?\d{1,15}),'
_LEAD_HEAD: Final = re.compile(_NUMBERS % b"score_tenths" + rb'("audiences":\[\])?')
_ACCOUNT_HEAD: Final = re.compile(_NUMBERS % b"engagement_tenths")
_LEAD: Final[Codec[_Lead]] = Codec(_Lead)
_ACCOUNT: Final[Codec[_Account]] = Codec(_Account)
_ALERT: Final[Codec[_Alert]] = Codec(_Alert)


def lead_place(body: bytes) -> Placed:
    """By score in tenths."""
    found = _LEAD_HEAD.search(body, 0, HEAD)
    if found is None:
        card = _LEAD.decode(body)
        return pack_version(card.version), 1, card.score_tenths, True
    epoch, offset, score, in_none = found.groups()
    return epoch.rjust(10, b"0") + offset.rjust(20, b"0"), 1, int(score), in_none is None


def account_place(body: bytes) -> Placed:
    """By engagement in tenths."""
    found = _ACCOUNT_HEAD.search(body, 0, HEAD)
    if found is None:
        card = _ACCOUNT.decode(body)
        return pack_version(card.version), 1, card.engagement_tenths, False
    epoch, offset, engagement = found.groups()
    return epoch.rjust(10, b"0") + offset.rjust(20, b"0"), 1, int(engagement), False


def alert_place(body: bytes) -> Placed:
    """Open ones by level and strength, closed ones by when they were closed. They are few and are read whole."""
    card = _ALERT.decode(body)
    urgency = (1_000 if card.level == "real_time" else 0) + card.strength.strength
    rank = urgency if card.status in ("open", "claimed") else card.as_of
    return pack_version(card.version), ALERT_STATUSES.index(card.status) + 1, rank, False
