"""Records of the card topics as the read model takes them: id, JSON."""

from collections.abc import Sequence
from typing import Final, Protocol, TypeAlias

from streams.engine.shell import Raw

__all__ = ["CARDS", "Entry", "Write", "sorted_cards"]

CARDS: Final = ("leads", "accounts", "alerts", "rejected")
Entry: TypeAlias = tuple[str, bytes]


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


def sorted_cards(records: Sequence[Raw]) -> dict[str, list[Entry]]:
    """By topic, without the tombstones: erasing is the reader's own order."""
    cards: dict[str, list[Entry]] = {name: [] for name in CARDS}
    for topic, partition, offset, key, value in records:
        if value is None:
            continue
        name = f"{partition}:{offset}" if topic == "rejected" else (key or b"").decode()
        cards[topic].append((name, value))
    return cards
