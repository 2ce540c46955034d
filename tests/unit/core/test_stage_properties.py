"""Invariants of stages, whatever is told and in whatever order."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.activity import Version
from schemas.cards import LeadCard, Transition
from schemas.touches import Tick
from streams.core.lead import fold as lead
from streams.core.lead.fold import Lead
from streams.core.stage.stages import stages_in
from tests.unit.core import told_at_random as some
from tests.unit.core.made import ANN, DAY, NOW, RULES

STAGES = stages_in(RULES)
ON_THE_WAY = {stage.name for stage in STAGES.way}


def told(blocks: Sequence[Sequence[Any]]) -> tuple[Lead | None, list[LeadCard], list[Transition]]:
    row: Lead | None = None
    cards: list[LeadCard] = []
    moves: list[Transition] = []
    for offset, block in enumerate(blocks):
        row, effects = lead.fold(ANN, row, block, version=Version(0, offset), rules=RULES)
        cards += effects.leads
        moves += effects.transitions
    return row, cards, moves


@settings(max_examples=60)
@given(sent=some.touches(), data=st.data())
def test_every_move_is_one_of_the_table_or_a_correction_that_names_an_earlier_one(
    sent: list[Any], data: st.DataObject
) -> None:
    arrows = {(arrow.id, arrow.via) for arrow in RULES.stages.arrow}
    for move in told(data.draw(some.arrivals(sent)))[2]:
        assert (move.via == "correction") == (move.corrects is not None)
        assert move.corrects is None or 1 <= move.corrects < move.number
        assert move.via == "correction" or (move.rule_id, move.via) in arrows
        assert move.evidence or move.to_stage == "anonymous"
        assert move.labels.keys() == {"medium", "source", "program", "segment"}


@settings(max_examples=60)
@given(sent=some.touches(), data=st.data())
def test_what_a_move_skips_lies_on_the_way_once_each_and_is_neither_end_of_it(
    sent: list[Any], data: st.DataObject
) -> None:
    for move in told(data.draw(some.arrivals(sent)))[2]:
        assert set(move.skipped) <= ON_THE_WAY
        assert len(set(move.skipped)) == len(move.skipped)
        assert not {move.from_stage, move.to_stage} & set(move.skipped)
        assert list(move.skipped) == sorted(move.skipped, key=STAGES.rank)


@settings(max_examples=60)
@given(sent=some.touches(), data=st.data())
def test_clocks_sub_stages_and_holds_stand_where_they_belong(sent: list[Any], data: st.DataObject) -> None:
    for card in told(data.draw(some.arrivals(sent)))[1]:
        stage = STAGES.by_name[card.stage]
        assert card.sub_stage in stage.sub_stages if stage.sub_stages else not card.sub_stage
        assert (card.due_at is not None) == (stage.kind == "sla")
        if card.due_at is not None and card.reminder_at is not None:
            assert card.reminder_at <= card.due_at
            assert card.overdue == (card.as_of >= card.due_at)
            assert card.overdue or (card.wake_at is not None and card.wake_at <= card.due_at)
        assert card.mail_stop_until is None or card.mail_stop_until > card.as_of
        if card.stage in ("recycle_a", "recycle_b"):
            assert card.hold_until is not None
        if card.stage in ("won", "dead_end", "anonymous"):
            assert card.hold_until is None
            assert card.mail_stop_until is None


@settings(max_examples=60)
@given(sent=some.touches(), data=st.data(), days=st.integers(1, 800))
def test_time_alone_moves_nobody(sent: list[Any], data: st.DataObject, days: int) -> None:
    """Points fade, holds end, clocks run out: a stage changes by what people do."""
    row, _, _ = told(data.draw(some.arrivals(sent)))
    if row is None:
        return
    tick = Tick(to=ANN, at=NOW + days * DAY)
    later = lead.fold(ANN, row, [tick], version=Version(0, 10_000), rules=RULES)
    assert later.row.moves == row.moves


@settings(max_examples=60)
@given(sent=some.touches(), data=st.data())
def test_won_and_dead_ends_are_left_by_corrections_deals_and_people_only(sent: list[Any], data: st.DataObject) -> None:
    """Ask A4."""
    for move in told(data.draw(some.arrivals(sent)))[2]:
        if move.from_stage == "won":
            assert move.via == "correction"
        if move.from_stage == "dead_end":
            assert move.via in ("correction", "crm", "restored")
