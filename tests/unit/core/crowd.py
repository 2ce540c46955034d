"""Browsers, and leads that tell each other who they are, until all is quiet: in any order, with copies and crashes."""

from collections.abc import Iterable, Sequence
from random import Random
from typing import Any

from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import LeadCard
from schemas.touches import LeadForward
from streams.core.events.facts import Facts
from streams.core.lead import fold as lead
from streams.core.lead.fold import Lead
from streams.core.parts import live
from streams.core.rules import Rules
from streams.core.visitor import fold as visitor
from streams.core.visitor.fold import Visitor
from tests.unit.core.made import RULES

ZERO = Version(0, 0)
MOST_FOLDS = 2_000
MOST_MISHAPS = 60  # folds during which copies and crashes happen: each makes everything be said again


class Crowd:
    """The tables of visitors and leads. `chance` None: everything in its order, once."""

    def __init__(self, *, chance: Random | None = None, rules: Rules = RULES) -> None:
        self.rules = rules
        self.chance = chance
        self.rows: dict[str, Lead] = {}
        self.visitors: dict[str, Visitor] = {}
        self.accounts: dict[tuple[str, str], Any] = {}
        self.folds = 0
        self._log: dict[str, list[tuple[Any, Any]]] = {}
        self._waiting: list[Any] = []

    def hears(self, *messages: Any) -> "Crowd":
        """All of them, and what follows."""
        self._waiting += messages
        while self._waiting:
            message = self._next()
            self._fold(message.to, message)
        return self

    def _next(self) -> Any:
        if self.chance is None:
            return self._waiting.pop(0)
        place = self.chance.randrange(len(self._waiting))
        if self.chance.random() < 0.1 and self.folds < MOST_MISHAPS:
            return self._waiting[place]  # a copy comes again
        return self._waiting.pop(place)

    def _fold(self, key: str, message: Any) -> None:
        self.folds += 1
        assert self.folds < MOST_FOLDS, "the leads are never quiet"
        log = self._log.setdefault(key, [])
        log.append((message, self._table(message).get(key)))
        if self.chance is not None and self.chance.random() < 0.1 and self.folds < MOST_MISHAPS:
            self._crash(key, self.chance.randrange(len(log)))
        else:
            self._again(key, len(log) - 1)

    def _table(self, message: Any) -> dict[str, Any]:
        return self.visitors if isinstance(message, Facts) else self.rows

    def _crash(self, key: str, survived: int) -> None:
        """The row of an earlier moment is what survived; everything since comes again, with its own versions."""
        message, row = self._log[key][survived]
        table = self._table(message)
        table.pop(key, None)
        if row is not None:
            table[key] = row
        committed = self.chance.randrange(survived + 1) if self.chance is not None else survived
        for offset in range(committed, len(self._log[key])):
            self._again(key, offset)

    def _again(self, key: str, offset: int) -> None:
        message = self._log[key][offset][0]
        table, fold = self._table(message), visitor.fold if isinstance(message, Facts) else lead.fold
        row, effects = fold(key, table.get(key), [message], version=Version(0, offset), rules=self.rules)
        table[key] = row
        self._waiting += effects.touches
        for said in effects.signals:
            held = self.accounts.get((said.to, said.lead_id))  # type: ignore[union-attr]
            if held is None or said.version >= held.version:  # type: ignore[union-attr]
                self.accounts[said.to, said.lead_id] = said  # type: ignore[union-attr]

    def card(self, key: str) -> LeadCard | None:
        """What a lead's row says of itself now."""
        row = self.rows[key]
        told = lead.fold(key, row, [], version=row.version, rules=self.rules).effects.leads
        return told[0] if told else None

    def cards(self) -> dict[str, LeadCard]:
        """The cards of the leads that stand for somebody: not of merged ones, nor of what was all withdrawn."""
        found = {key: self.card(key) for key in self.rows}
        return {key: card for key, card in found.items() if card and card.known_at and not card.merged_into}

    def members(self, account: str) -> set[str]:
        """The leads that stand for this account's people."""
        return {who for (whose, who), said in self.accounts.items() if whose == account and said.member is not None}

    def content(self) -> dict[str, Any]:
        """What the order of arrival must not change: without versions, and what thresholds decided on the way."""
        leads = {key: _content(row) for key, row in self.rows.items() if _content(row) != _content(Lead(ZERO, 0))}
        return leads | {f"visitor:{key}": replace(row, version=ZERO, gone={}) for key, row in self.visitors.items()}


def _content(row: Lead) -> Any:
    absorbed = {
        lead_id: (part.as_of, part.body.through, part.body.body and replace(part.body.body, latches=()))
        for lead_id, part in row.absorbed.items() if part.body is not None
    }  # fmt: skip
    standing = [{to for to, gone in told.items() if gone is None} for told in (row.told, row.pointed)]
    sources = {source: (part.as_of, part.body) for source, part in row.sources.items() if part.body is not None}
    return sources, live(row.deals), row.decisions, absorbed, row.emails, row.aliases, row.order, standing


def shown(card: LeadCard) -> LeadCard:
    """A card without what a threshold decided on the way, and without versions."""
    return replace(card, version=ZERO, moves=(), stage="", stage_since=0, hot=False, wake_at=None)


def shuffled(messages: Sequence[Any], chance: Random) -> Iterable[Any]:
    """In another order."""
    return chance.sample(list(messages), len(messages))


def forwards(messages: Iterable[Any]) -> list[LeadForward]:
    """The forwards among touches."""
    return [one for one in messages if isinstance(one, LeadForward)]
