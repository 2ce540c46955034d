"""Rows of leads, accounts and deals that talk to each other, without any engine: messages in any order, crashes."""

from random import Random
from typing import Any, Final

from schemas.activity import Version
from schemas.cards import AlertCard
from streams.core.lead import fold as lead
from streams.core.signals import fold_signals
from tests.unit.core.made import example_rules

__all__ = ["PEOPLE", "RULES", "Rows"]

RULES: Final = example_rules(routing='[[company]]\ndomains = ["acme.example", "acme-eu.example"]\n')
MOST_MESSAGES: Final = 3_000
PEOPLE: Final = ("ann", "ben", "cem")


class Rows:
    """Rows of all three kinds; what they say to each other is delivered in an order that `chance` picks.

    `alerts` are all cards that were said of alerts, in that order.
    """

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.rows: dict[str, Any] = {}
        self.before: dict[str, tuple[Any, list[Any], Version]] = {}
        self.waiting: list[Any] = []
        self.alerts: list[AlertCard] = []
        self.offset = 0

    def hear(self, messages: list[Any], *, crashes: bool) -> None:
        """Everything, until nobody has anything to say."""
        self.waiting += messages
        while self.waiting:
            to = self.chance.choice(self.waiting).to
            block = [one for one in self.waiting if one.to == to]
            self.chance.shuffle(block)
            block = block[: self.chance.randint(1, len(block))]
            for one in block:
                self.waiting.remove(one)
            self.offset += 1
            assert self.offset < MOST_MESSAGES, "they never stop"
            self.fold(to, block, Version(0, self.offset))
            if crashes and self.chance.random() < 0.2:
                self.crash()

    def fold(self, to: str, block: list[Any], version: Version) -> None:
        self.before[to] = (self.rows.get(to), block, version)
        if to in PEOPLE:
            after = lead.fold(to, self.rows.get(to), block, version=version, rules=RULES)
        else:
            after = fold_signals(to, self.rows.get(to), block, version=version, rules=RULES)
        self.rows[to] = after.row
        self.waiting += [*after.effects.signals, *after.effects.touches]
        self.alerts += after.effects.alerts

    def crash(self) -> None:
        """One row's last block is read again: its row was kept, or was not."""
        to = self.chance.choice(sorted(self.before))
        row, block, version = self.before[to]
        if self.chance.random() < 0.5:
            self.rows[to] = row
        self.fold(to, block, version)
