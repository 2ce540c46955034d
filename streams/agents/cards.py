"""Records of the card topics as the read model takes them: id, JSON."""

from collections.abc import Sequence
from typing import Final, Protocol, TypeAlias, TypedDict

from streams.engine.shell import Raw

__all__ = ["CARDS", "Entry", "Sorted", "Write", "sorted_cards"]

CARDS: Final = ("leads", "accounts", "alerts", "rejected")
Entry: TypeAlias = tuple[str, bytes]


class Write(Protocol):
    """`Projection.write`: the newest version of each card wins, and leads that are `erased` go."""

    def __call__(
        self,
        *,
        leads: Sequence[Entry],
        accounts: Sequence[Entry],
        alerts: Sequence[Entry],
        rejected: Sequence[Entry],
        erased: Sequence[str],
    ) -> object:
        """Raises what the projector was told that means away."""


class Sorted(TypedDict):
    """What `Write` is told."""

    leads: list[Entry]
    accounts: list[Entry]
    alerts: list[Entry]
    rejected: list[Entry]
    erased: list[str]


def sorted_cards(records: Sequence[Raw]) -> Sorted:
    """By topic; a lead's tombstone says that it is erased. No other card has one."""
    cards: dict[str, list[Entry]] = {name: [] for name in CARDS}
    erased: list[str] = []
    for record in records:
        topic, value = record[0], record[4]  # by place: names, and unpacking what few need, were a third of all this
        if value is not None:
            name = f"{record.partition}:{record.offset}" if topic == "rejected" else (record[3] or b"").decode()
            cards[topic].append((name, value))
        elif topic == "leads":
            erased.append((record[3] or b"").decode())
    return Sorted(
        leads=cards["leads"], accounts=cards["accounts"], alerts=cards["alerts"], rejected=cards["rejected"],
        erased=erased,
    )  # fmt: skip
