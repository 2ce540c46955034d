"""Records of the card topics as the read model takes them: id, version, JSON."""

from collections.abc import Sequence
from typing import Final, Protocol, TypeAlias

import structlog
from msgspec import Struct

from schemas.activity import Version
from schemas.codec import Codec
from schemas.errors import Undecodable
from streams.engine.shell import Raw

__all__ = ["CARDS", "Entry", "Write", "sorted_cards"]

CARDS: Final = ("leads", "accounts", "alerts", "rejected")
Entry: TypeAlias = tuple[str, Version, bytes]

_log = structlog.get_logger(__name__)


class Write(Protocol):
    """`Projection.write`: the newest version of each card wins."""

    def __call__(
        self,
        *,
        leads: Sequence[Entry],
        accounts: Sequence[Entry],
        alerts: Sequence[Entry],
        rejected: Sequence[Entry],
    ) -> object:
        """Raises what the projector was told that means away."""


class _Versioned(Struct, frozen=True):
    version: Version


_VERSIONED: Final[Codec[_Versioned]] = Codec(_Versioned)


def sorted_cards(records: Sequence[Raw]) -> dict[str, list[Entry]]:
    """By topic. What cannot be read is left out and logged: we wrote it ourselves, so it is a bug and not poison."""
    cards: dict[str, list[Entry]] = {name: [] for name in CARDS}
    for record in records:
        try:
            entry = _entry(record)
        except Undecodable as error:
            where = {"topic": record.topic, "partition": record.partition, "offset": record.offset}
            _log.error("card_unreadable", reason=error.reason, **where)
            continue
        if entry is not None:
            cards[record.topic].append(entry)
    return cards


def _entry(record: Raw) -> Entry | None:
    if record.value is None:
        return None  # a tombstone: erasing is the reader's own order
    if record.topic == "rejected":
        return f"{record.partition}:{record.offset}", Version(0, record.offset), record.value
    return (record.key or b"").decode(), _VERSIONED.decode(record.value).version, record.value
