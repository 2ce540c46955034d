"""The log of moves as bookings: who entered and who left which stage, when, and by what.

Everything is rebuilt from transitions alone. Copies and order do not matter: a transition is known by lead and number.
A move books one out and one in; each stage that it skips one in and one out more. `anonymous` has no balance.
"""

from collections.abc import Iterable, Iterator
from functools import partial
from itertools import groupby, pairwise
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from schemas.cards import Transition

__all__ = ["NOBODY", "Kind", "Posting", "in_order", "postings"]

# `corrected` takes a wrong move back, `merged` counts a lead that is another one, `relabelled` moves between the cuts.
Kind: TypeAlias = Literal["new", "moved", "passed", "corrected", "merged", "relabelled"]
NOBODY: Final = ("", "anonymous")  # places without a balance
CORRECTION: Final = "correction"
MERGES: Final = ("merged", "unmerged")


class Posting(Struct, frozen=True, kw_only=True):
    """One booking at one stage. `other` is where it comes from or goes to ("" = nowhere).

    `change` is 1 or -1, or several bookings of one kind together.
    `at` is when the move was recorded (UTC milliseconds), so that a closed window never changes. `cut` is the value of
    the label that the ledger is cut by.
    """

    at: int
    who: str
    stage: str
    other: str
    change: int
    kind: Kind
    rule_id: str
    cut: str = ""


def in_order(transitions: Iterable[Transition]) -> list[Transition]:
    """Each move once, those of one lead together and by their number."""
    known = {(one.lead_id, one.number): one for one in transitions}
    return [known[key] for key in sorted(known)]


def postings(transitions: Iterable[Transition], *, label: str = "") -> Iterator[Posting]:
    """All bookings, lead by lead. `label`: the one that the ledger is cut by, "" for none.

    A lead whose label changes leaves one cut and enters the other where it stands, when the next move says so.
    """
    for _, moves in groupby(in_order(transitions), key=lambda one: one.lead_id):
        cut: str | None = None
        for move in moves:
            said = move.labels.get(label, "") if label else ""
            if cut is not None and said != cut and move.from_stage not in NOBODY:
                yield from _relabelled(move, before=cut, after=said)
            cut = said
            yield from _booked(move, cut)


def _booked(move: Transition, cut: str) -> Iterator[Posting]:
    """One move along all the stages that it touches."""
    way = (move.from_stage, *move.skipped, move.to_stage)
    book = partial(Posting, at=move.recorded_at, who=move.lead_id, rule_id=move.rule_id, cut=cut)
    kind = _kind(move)
    for leaves, enters in pairwise(way):
        out_kind: Kind = "passed" if leaves in move.skipped else kind
        in_kind: Kind = "passed" if enters in move.skipped else kind
        if leaves not in NOBODY:
            yield book(stage=leaves, other=_known(enters), change=-1, kind=out_kind)
        if enters not in NOBODY:
            came: Kind = "new" if leaves in NOBODY and kind == "moved" and in_kind != "passed" else in_kind
            yield book(stage=enters, other=_known(leaves), change=1, kind=came)


def _relabelled(move: Transition, *, before: str, after: str) -> Iterator[Posting]:
    for change, cut in ((-1, before), (1, after)):
        yield Posting(
            at=move.recorded_at, who=move.lead_id, stage=move.from_stage, other=move.from_stage, change=change,
            kind="relabelled", rule_id="", cut=cut,
        )  # fmt: skip


def _kind(move: Transition) -> Kind:
    if move.via == CORRECTION:
        return "corrected"
    return "merged" if move.via in MERGES else "moved"


def _known(stage: str) -> str:
    return "" if stage in NOBODY else stage
