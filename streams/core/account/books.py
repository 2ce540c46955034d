"""The books of accounts, beside those of people and from the same moves: an account stands at its furthest lead.

Only where somebody asks: a lead's moves mark its accounts, and what is marked is booked anew as a whole when needed.
"""

from collections.abc import Iterable, Mapping, Sequence

from schemas.cards import Transition
from streams.core.account.moves import account_moves
from streams.core.days import DayOf
from streams.core.flow.books import LeadBooks, booked
from streams.core.flow.tally import Tally
from streams.core.stage.stages import Stages

__all__ = ["AccountBooks"]


class AccountBooks:
    """Of all accounts together. One thread at a time."""

    def __init__(self) -> None:
        self._leads: dict[str, set[str]] = {}
        self._marked: set[str] = set()
        self._books: dict[str, LeadBooks] = {}
        self._tally = Tally()

    def mark(self, moves: Iterable[Transition]) -> None:
        """More is known of the lead of these moves, which are all of it: of those that it left, too."""
        for move in moves:
            if move.account_id:  # else it counts nowhere
                self._leads.setdefault(move.account_id, set()).add(move.lead_id)
                self._marked.add(move.account_id)

    def tally(self, moves: Mapping[str, Sequence[Transition]], *, day_of: DayOf, stages: Stages) -> Tally:
        """Brought up to date. `moves`: all shortened moves of each lead."""
        for account_id in self._marked:
            told = (move for lead_id in self._leads[account_id] for move in moves[lead_id])
            own = [one for one in account_moves(told, stages) if one.lead_id == account_id]
            after = booked(own, day_of=day_of, stages=stages)
            self._tally.replace(account_id, self._books.get(account_id), after)
            self._books[account_id] = after
        self._marked.clear()
        return self._tally
