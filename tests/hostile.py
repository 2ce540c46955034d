"""What strangers may write into a name, a title or an address: `fixtures/hostile/payloads.jsonl`, and how it is used.

Each line has a text and what it attacks; `times` makes a long one of it.
"""

from collections.abc import Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, Final

import msgspec
from msgspec import Struct

__all__ = ["HARMLESS", "PAYLOADS", "Payload", "poisoned", "poisons"]

FILE: Final = Path(__file__).parent / "fixtures" / "hostile" / "payloads.jsonl"
GOLDEN: Final = 0.6180339887498949
# Keys, choices and what is bytes: our own words, which no stranger writes.
OURS: Final = frozenset({
    "status", "level", "trust", "kind", "signal", "alert_id", "lead_id", "account_id", "alerts", "raw", "offers",
    "outcome", "corrects", "forwards_to", "merged_into", "audience", "via",
})  # fmt: skip


class Payload(Struct, frozen=True):
    """One line of the file."""

    attacks: str
    text: str
    times: int = 1


PAYLOADS: Final = tuple(
    one.text * one.times for one in msgspec.json.Decoder(Payload).decode_lines(FILE.read_bytes())
)
HARMLESS: Final = tuple(f"harmless words {number}" for number in range(len(PAYLOADS)))


def poisons(turn: int, *, texts: Sequence[str] = PAYLOADS) -> Iterator[str]:
    """Texts for one field after the other, without end, spread so that few turns bring each to every field.

    Fields that have the same text in one turn have the same in each.
    """
    for field in count():
        yield texts[(int(field * GOLDEN % 1 * len(texts)) + turn) % len(texts)]


def poisoned(card: Any, texts: Iterator[str], *, version: int) -> Any:
    """The card, decoded, with each text that a stranger may have written replaced, and this version."""
    if isinstance(card, dict):
        ours = OURS | {"reason"} if "raw" in card else OURS
        made = {name: one if name in ours else poisoned(one, texts, version=version) for name, one in card.items()}
        return made | {"version": [version, 0]} if "version" in made else made
    if isinstance(card, list):
        return [poisoned(one, texts, version=version) for one in card]
    return next(texts) if isinstance(card, str) else card
