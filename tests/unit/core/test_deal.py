"""A deal: the newest report wins; it is told to whom it concerns, and withdrawn from whom it no longer does."""

from itertools import permutations
from typing import Any

from schemas.activity import Version
from schemas.deals import DealFacts, DealPerson, DealReport, DealStanding
from schemas.touches import Tick
from streams.core import deal
from streams.core.deal import Deal
from streams.core.effects import NOTHING, Folded
from tests.unit.core import told
from tests.unit.core.made import ANN, BEN, DAY, NOW, RULES

BEN_TOO = (DealPerson(ANN, "ann@acme.example", "Ann"), DealPerson(BEN, "ben@acme.example", "Ben"))


def report(facts: DealFacts, *, received_at: int = NOW) -> DealReport:
    return DealReport(to=facts.deal_id, received_at=received_at, deal=facts)


def hears(row: Deal | None, *messages: Any, offset: int) -> Folded[Deal]:
    return deal.fold(told.DEAL, row, messages, version=Version(0, offset), rules=RULES)


def told_to(folded: Folded[Deal]) -> dict[str, DealFacts | None]:
    said = (*folded.effects.signals, *folded.effects.touches)
    return {one.to: one.deal for one in said if isinstance(one, DealStanding)}


def test_a_deal_is_told_to_its_account_and_its_people() -> None:
    lost = told.deal(people=BEN_TOO)
    folded = hears(None, report(lost), offset=1)
    standing = told_to(folded)
    assert standing.keys() == {told.ACME, ANN, BEN}
    assert {one.deal_id for one in standing.values() if one} == {told.DEAL}
    assert {one.to for one in folded.effects.signals} == {told.ACME}


def test_what_changes_its_account_or_people_withdraws_from_the_former_ones() -> None:
    row = hears(None, report(told.deal(people=BEN_TOO)), offset=1).row
    moved = told.deal(at=NOW, account_id="parent.example", people=BEN_TOO[1:])
    folded = hears(row, report(moved), offset=2)
    standing = told_to(folded)
    assert standing == {"parent.example": moved, told.ACME: None, BEN: moved, ANN: None}
    again = hears(folded.row, report(moved), offset=2)
    assert (again.row, again.effects) == (folded.row, folded.effects)
    later = hears(folded.row, report(moved, received_at=NOW + 1), offset=3)
    assert told_to(later).keys() == {"parent.example", BEN}


def test_old_reports_and_copies_change_nothing() -> None:
    row = hears(None, report(told.deal("won", at=NOW)), offset=1).row
    old = hears(row, report(told.deal(at=NOW - DAY), received_at=NOW), offset=2)
    assert old.row is row
    assert old.effects == NOTHING


def test_the_newest_report_wins_in_any_order_ties_by_value() -> None:
    reports = [
        report(told.deal(at=NOW - DAY)),
        report(told.deal(at=NOW, amount=1.0)),
        report(told.deal(at=NOW, amount=2.0)),
    ]
    rows = set()
    for order in permutations(reports):
        row: Deal | None = None
        for offset, one in enumerate(order):
            row = hears(row, one, offset=offset).row
        assert row is not None
        rows.add((row.deal, row.as_of))
    assert len(rows) == 1
    assert rows.pop()[0].reported_at == NOW


def test_people_come_once_each_and_not_without_end() -> None:
    many = tuple(DealPerson(f"{n % 100:03}", "", "") for n in range(300))
    row = hears(None, report(told.deal(people=many)), offset=1).row
    assert row.deal is not None
    assert [one.lead_id for one in row.deal.people] == [f"{n:03}" for n in range(64)]


def test_other_messages_are_passed_over() -> None:
    row = hears(None, report(told.deal()), offset=1).row
    assert hears(row, Tick(to=told.DEAL, at=NOW + DAY), offset=2).row is row
