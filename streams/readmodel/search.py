r"""Leads and accounts by the beginning of a name, an e-mail, a domain: one question to Redis for both, then the cards.

>>> asked("Lindqvist, M")
('lindqvist\x00m', 'lindqvistm')
>>> asked("https://www.northwind-robotics.example/pricing")
('northwind-robotics.example', 'northwind\x00robotics.example', 'northwindrobotics.example')
"""

import re
from importlib.resources import files
from typing import Final

from msgspec import Struct

from schemas.cards import AccountCard, LeadCard
from schemas.codec import ACCOUNT_CARD, LEAD_CARD
from streams.readmodel.keys import Kind
from streams.readmodel.reader import Reader
from streams.readmodel.terms import LONGEST, SEPARATOR, folded, words_of

__all__ = ["Found", "asked", "search"]

LOOKED_AT: Final = 500  # terms of one kind and way: Redis is busy with them for about a millisecond
MOST_WORDS: Final = 5
READ: Final = 200  # characters of a question
_INDEX: Final[dict[Kind, str]] = {"lead": "leads:by_score", "account": "accounts:by_engagement"}
_ADDRESS: Final = re.compile(r"(?:https?://)?(?:www\.)?([^/@\s]+\.[^/\s]+?)(?:/.*)?")
_SCRIPT: Final = files("streams.readmodel").joinpath("search.lua").read_text(encoding="utf-8")


class Found(Struct, frozen=True):
    """The strongest first. `more`: there are others; more letters would tell them apart."""

    leads: list[LeadCard]
    accounts: list[AccountCard]
    more: bool = False


def asked(text: str) -> tuple[str, ...]:
    """The ways in which a question is asked: as it stands, by its words, and without spaces. Empty: nothing is asked.

    Each is words joined by NUL.
    """
    plain = folded(text[:READ]).strip().lstrip("@")
    address = _ADDRESS.fullmatch(plain)
    plain = address[1] if address else plain
    pieces = [piece.strip(",;<>()\"'")[:LONGEST] for piece in plain.replace(SEPARATOR, " ").split()]
    ways = [[piece for piece in pieces if piece][:MOST_WORDS]]
    if "@" not in plain:  # an e-mail is meant as it stands
        words = words_of(plain)
        ways += [[*words[:MOST_WORDS]], ["".join(words)[:LONGEST]]]
    return tuple(dict.fromkeys(SEPARATOR.join(way) for way in ways if any(way)))


async def search(reader: Reader, text: str, *, limit: int = 20) -> Found:
    """At most `limit` of each kind. Raises ReadModelAway."""
    questions = asked(text)
    if not questions:
        return Found([], [])
    leads, more_leads = await _ids(reader, "lead", questions, limit=limit)
    accounts, more_accounts = await _ids(reader, "account", questions, limit=limit)
    return Found(
        leads=[one for one in await reader.many("lead", leads, LEAD_CARD) if not one.merged_into],
        accounts=[one for one in await reader.many("account", accounts, ACCOUNT_CARD) if not one.forwards_to],
        more=more_leads or more_accounts,
    )


async def _ids(reader: Reader, kind: Kind, questions: tuple[str, ...], *, limit: int) -> tuple[list[str], bool]:
    names = [reader.keys.terms(kind), reader.keys.named(kind), reader.keys.index(_INDEX[kind])]
    more, *ids = await reader.run(_SCRIPT, names, [limit, LOOKED_AT, *questions])
    return [one.decode() for one in ids], bool(more)
