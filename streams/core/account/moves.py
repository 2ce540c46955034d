"""Moves of accounts, from those of their leads: an account stands where its furthest lead stands.

An account moves when that changes, because a lead moved, came to the account or left it. Its moves have no bookings of
their own anywhere: they follow from the same transitions, so people and accounts always tell one story.
"""

from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from schemas.cards import Transition
from streams.core.flow.postings import NOBODY, in_order
from streams.core.stage.stages import Stages

__all__ = ["account_moves"]


def account_moves(transitions: Iterable[Transition], stages: Stages) -> Iterator[Transition]:
    """Transitions whose `lead_id` is an account, to be booked like any other. Leads without an account count nowhere.

    Stages of the way between both are passed through; a move backwards is its lead's, or follows a lead that left.
    """
    books = _Accounts(stages)
    for move in sorted(in_order(transitions), key=lambda one: (one.recorded_at, one.lead_id, one.number)):
        yield from books.after(move)


class _Accounts:
    """Where everybody stands, account by account."""

    def __init__(self, stages: Stages) -> None:
        self.stages = stages
        self.account_of: dict[str, str] = {}
        self.leads: dict[str, dict[str, str]] = {}
        self.stood: dict[str, str] = {}
        self.numbers: dict[str, int] = {}

    def after(self, move: Transition) -> Iterator[Transition]:
        """What a lead's move moves: its account, and the one that it left."""
        before = self.account_of.get(move.lead_id, "")
        if before and before != move.account_id:
            del self.leads[before][move.lead_id]
            yield from self._moved(before, move)
        self.account_of[move.lead_id] = move.account_id
        if move.account_id:
            self.leads.setdefault(move.account_id, {})[move.lead_id] = move.to_stage
            yield from self._moved(move.account_id, move)

    def _moved(self, account_id: str, by: Transition) -> Iterator[Transition]:
        standing = set(self.leads[account_id].values()) - set(NOBODY)
        before, after = self.stood.get(account_id, ""), max(standing, key=self.stages.rank, default="")
        if before == after:
            return
        self.stood[account_id] = after
        number = self.numbers[account_id] = self.numbers.get(account_id, 0) + 1
        skipped = self._between(before, after, by)
        yield replace(by, lead_id=account_id, number=number, from_stage=before, to_stage=after, skipped=skipped)

    def _between(self, before: str, after: str, by: Transition) -> tuple[str, ...]:
        """Stages of the way that lie between; what the lead itself skipped on its way beside it."""
        if after == by.to_stage and before == by.from_stage:
            return by.skipped
        low, high = self.stages.rank(before), self.stages.rank(after)
        if high <= 0 or low < 0:
            return ()
        return tuple(stage.name for stage in self.stages.way if low < stage.rank < high)
