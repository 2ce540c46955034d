"""Leads and deals: any order, copies, blocks and crashes give the same row, card and explanation.

Threshold decisions (the qualified latch, the hot mark, the moves on the way) may differ in their moment and are
compared apart: a crash may not double, lose or change any that was announced.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import LeadCard, Transition
from streams.core.deal import fold as deal
from streams.core.deal.fold import Deal
from streams.core.effects import Effects
from streams.core.lead import fold as lead
from streams.core.lead.fold import Lead
from streams.core.parts import live
from streams.core.rows import ROWS
from tests.unit.core import told_at_random as some
from tests.unit.core.made import ANN, RULES
from tests.unit.core.told import DEAL

ZERO = Version(0, 0)
LEADS, DEALS = ROWS["leads"], ROWS["accounts"]  # deals share the table of accounts


def leads(
    blocks: Sequence[Sequence[Any]], row: Lead | None = None, *, start: int = 0
) -> tuple[list[Lead], list[Effects]]:
    """The row after each block, and what each block said."""
    rows: list[Lead] = []
    said: list[Effects] = []
    for offset, block in enumerate(blocks, start):
        row, effects = lead.fold(ANN, row, block, version=Version(0, offset), rules=RULES)
        rows.append(row)
        said.append(effects)
    return rows, said


def card_of(row: Lead) -> LeadCard | None:
    told = lead.fold(ANN, row, [], version=row.version, rules=RULES).effects.leads
    return told[0] if told else None


def content(row: Lead) -> Any:
    """What order must not change."""
    concerned = {to for to, gone in row.told.items() if gone is None}
    return row.as_of, row.sources, row.deals, row.decisions, row.mail, row.voids, concerned


def shown(row: Lead) -> Any:
    """The card without what a threshold decided on the way."""
    card = card_of(row)
    if card is None:
        return None
    placed = (card.stage, card.sub_stage, card.hold_until, card.mail_stop_until, card.due_at, card.reminder_at,
              card.overdue, card.attempts)  # fmt: skip
    card = replace(
        card, version=ZERO, moves=(), stage="", stage_since=0, hot=False, wake_at=None, sub_stage="", hold_until=None,
        mail_stop_until=None, due_at=None, reminder_at=None, overdue=False, attempts=0,
    )  # fmt: skip
    return card, placed if not row.latches else ()


@settings(max_examples=60)
@given(sent=some.touches(), data=st.data())
def test_order_copies_and_blocks_do_not_matter_to_a_lead(sent: list[Any], data: st.DataObject) -> None:
    if not sent:
        return
    one, other = leads([sent])[0][-1], leads(data.draw(some.arrivals(sent)))[0][-1]
    assert content(other) == content(one)
    if card_of(one) is None or card_of(other) is None:  # never known by anybody, or known and unknown on the way
        return
    assert shown(other)[0] == shown(one)[0]
    if not one.latches and not other.latches:
        assert shown(other)[1] == shown(one)[1]


@settings(max_examples=60)
@given(sent=some.touches(), data=st.data())
def test_a_lead_adds_up_and_stays_within_its_bounds(sent: list[Any], data: st.DataObject) -> None:
    blocks = data.draw(some.arrivals(sent))
    rows, said = leads(blocks)
    for effects in said:
        for card in effects.leads:
            assert sum(line.tenths for line in card.lines) == card.score_tenths
            assert all(hit.set_aside == "" or hit.points_hundredths == 0 for line in card.lines for hit in line.hits)
            assert card.wake_at is None or card.wake_at > card.as_of
            assert card.moves
            assert card.stage == card.moves[0].to_stage
    for row in rows:
        assert len(live(row.sources)) <= 16
        assert len(row.deals) <= 16
        assert len(row.moves) <= 16
        assert len(row.latches) <= 8


@settings(max_examples=60)
@given(sent=some.touches(), data=st.data())
def test_moves_are_contiguous_numbered_and_never_go_back_in_time(sent: list[Any], data: st.DataObject) -> None:
    moves = [move for effects in leads(data.draw(some.arrivals(sent)))[1] for move in effects.transitions]
    assert [move.number for move in moves] == list(range(1, len(moves) + 1))
    for before, after in pairwise(moves):
        assert after.from_stage == before.to_stage != after.to_stage
        assert after.effective_at >= before.effective_at
        assert after.recorded_at >= before.recorded_at
        assert after.rule_id


@settings(max_examples=60)
@given(sent=some.touches(), data=st.data())
def test_a_crash_at_any_point_neither_loses_nor_doubles_a_move(sent: list[Any], data: st.DataObject) -> None:
    """Rows may have survived beyond the commit, and what those said may have got out or not."""
    blocks = data.draw(some.arrivals(sent))
    rows, said = leads(blocks)
    committed, survived, got_out = data.draw(some.crashes(len(blocks)))
    restored = LEADS.decode(LEADS.encode(rows[survived - 1])) if survived else None
    rows_again, said_again = leads(blocks[committed:], restored, start=committed)
    heard = [
        *said[:committed],
        *(one for one, out in zip(said[committed:survived], got_out, strict=True) if out),
        *said_again,
    ]
    announced: dict[int, Transition] = {}
    for move in (move for effects in heard for move in effects.transitions):
        assert announced.setdefault(move.number, move) == move
    if rows:
        last = (rows_again or [restored])[-1]
        assert last == rows[-1]
        assert announced.keys() == {move.number for move in rows[-1].moves}
        assert card_of(last) == card_of(rows[-1])


def deals(blocks: Sequence[Sequence[Any]]) -> list[Deal]:
    row: Deal | None = None
    rows: list[Deal] = []
    for offset, block in enumerate(blocks):
        row = deal.fold(DEAL, row, block, version=Version(0, offset), rules=RULES).row
        rows.append(row)
    return rows


@settings(max_examples=60)
@given(sent=some.reports(), data=st.data())
def test_order_copies_blocks_and_crashes_do_not_matter_to_a_deal(sent: list[Any], data: st.DataObject) -> None:
    one, blocks = deals([sent])[-1], data.draw(some.arrivals(sent))
    others = deals(blocks)
    for row in others:
        assert DEALS.decode(DEALS.encode(row)) == row
    assert (others[-1].deal, others[-1].as_of) == (one.deal, one.as_of)
    for told, again in ((one.accounts, others[-1].accounts), (one.people, others[-1].people)):
        assert {to for to, gone in told.items() if gone is None} == {to for to, gone in again.items() if gone is None}
    for block in blocks:  # all of it comes again
        assert deal.fold(DEAL, others[-1], block, version=ZERO, rules=RULES).row is others[-1]
