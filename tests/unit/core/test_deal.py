"""A deal: the newest report wins; it is told to whom it concerns, and withdrawn from whom it no longer does."""

from itertools import permutations
from typing import Any

from msgspec.structs import replace

from schemas.activity import Version
from schemas.crm import DealFields, DealLink, DealPatch
from schemas.deals import DealFacts, DealPerson, DealReport, DealStanding
from schemas.signals import DealAddress
from schemas.touches import Tick
from streams.core.deal import fold as deal
from streams.core.deal.fold import Deal
from streams.core.effects import NOTHING, Folded
from tests.unit.core import told
from tests.unit.core.made import ANN, BEN, DAY, NOW, RULES, example_rules

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
    moved = told.deal(at=NOW, lost_at=NOW - DAY, account_id="parent.example", people=BEN_TOO[1:])
    folded = hears(row, report(moved), offset=2)
    standing = told_to(folded)
    assert standing == {"parent.example": replace(moved, moved=1), told.ACME: None, BEN: moved, ANN: None}
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


CRM = "crm:crm:9"


def belongs(domain: str, *, offset: int, account_id: str = CRM, reset_at: int = 0, as_of: int = NOW) -> DealAddress:
    """What the row of a CRM's id says of the deal."""
    return DealAddress(
        to=told.DEAL, account_id=account_id, version=Version(0, offset), as_of=as_of, domain=domain, reset_at=reset_at
    )


def accounts_of(folded: Folded[Deal]) -> dict[str, str | None]:
    """Account -> the account that the deal says it belongs to, None = withdrawn."""
    return {one.to: None if one.deal is None else one.deal.account_id for one in deals_said(folded)}


def deals_said(folded: Folded[Deal]) -> list[DealStanding]:
    return [one for one in folded.effects.signals if isinstance(one, DealStanding)]


def test_a_deal_under_a_crms_id_follows_it_to_the_domain_its_people_too() -> None:
    row = hears(None, report(told.deal(account_id=CRM)), offset=1).row
    folded = hears(row, belongs(told.ACME, offset=1), offset=2)
    assert accounts_of(folded) == {CRM: told.ACME, told.ACME: told.ACME}
    people = [one for one in folded.effects.touches if isinstance(one, DealStanding)]
    assert [(one.to, one.deal.account_id) for one in people if one.deal] == [(ANN, told.ACME)]
    copy = hears(folded.row, belongs(told.ACME, offset=1), offset=3)
    assert (copy.row, copy.effects) == (folded.row, NOTHING)
    assert folded.row.moved == 1


def test_it_leaves_again_when_the_id_turns_out_to_be_another_or_itself() -> None:
    row = hears(None, report(told.deal(account_id=CRM)), belongs(told.ACME, offset=1), offset=1).row
    other = hears(row, belongs("other.example", offset=2), offset=2)
    assert accounts_of(other) == {CRM: "other.example", "other.example": "other.example", told.ACME: None}
    late = hears(other.row, belongs(told.ACME, offset=1), offset=3)
    assert late.row is other.row
    itself = hears(other.row, belongs("", offset=3), offset=4)
    assert accounts_of(itself) == {CRM: CRM, "other.example": None}


def test_naming_the_domain_later_is_no_move_and_does_not_stand_twice() -> None:
    row = hears(None, report(told.deal(account_id=CRM)), belongs(told.ACME, offset=1, reset_at=NOW), offset=1).row
    folded = hears(row, report(told.deal(at=NOW, account_id=told.ACME)), offset=2)
    assert accounts_of(folded) == {told.ACME: told.ACME, CRM: None}
    said = deals_said(folded)[0].deal
    assert said is not None
    assert (folded.row.moved, said.reset_at) == (row.moved, NOW)


def test_what_was_settled_under_another_id_settles_nothing() -> None:
    row = hears(None, report(told.deal(account_id=CRM)), belongs(told.ACME, offset=1, reset_at=NOW), offset=1).row
    said = deals_said(hears(row, belongs("", offset=2), offset=2))[0].deal
    assert said is not None
    assert said.reset_at is None


def test_an_address_before_the_first_report_waits_for_it() -> None:
    row = hears(None, belongs(told.ACME, offset=1, as_of=NOW + 7), offset=1).row
    folded = hears(row, report(told.deal(account_id=CRM)), offset=2)
    assert (accounts_of(folded), folded.row.as_of) == ({CRM: told.ACME, told.ACME: told.ACME}, NOW + 7)
    assert folded.row.moved == 0


def test_8_addresses_the_last_that_spoke() -> None:
    said = [belongs(told.ACME, offset=1, account_id=f"crm:a:{n}", as_of=NOW + n) for n in range(9)]
    assert sorted(hears(None, *said, offset=1).row.addresses) == [f"crm:a:{n}" for n in range(1, 9)]


def test_another_domain_of_a_company_is_its_account() -> None:
    rules = example_rules(routing='[[company]]\ndomains = ["acme.example", "acme-eu.example"]\n')
    said = report(told.deal(account_id="acme-eu.example"))
    folded = deal.fold(told.DEAL, None, [said], version=Version(0, 1), rules=rules)
    assert accounts_of(folded) == {told.ACME: told.ACME}


def test_free_mail_is_no_account_and_a_site_is_its_domain() -> None:
    assert accounts_of(hears(None, report(told.deal(account_id="gmail.com")), offset=1)) == {}
    site = report(told.deal(account_id="www.acme.example"))
    assert accounts_of(hears(None, site, offset=1)) == {told.ACME: told.ACME}


def test_a_deleted_deal_stands_for_nobody_until_it_is_back() -> None:
    row = hears(None, report(told.deal()), offset=1).row
    gone = hears(row, report(told.deal("deleted", at=NOW)), offset=2)
    assert told_to(gone) == {told.ACME: None, ANN: None}
    back = hears(gone.row, report(told.deal("open", at=NOW + 1)), offset=3)
    assert told_to(back).keys() == {told.ACME, ANN}
    assert all(told_to(back).values())
    assert back.row.moved == 0


def test_a_lost_deal_that_is_open_again_has_no_loss_and_a_new_one_counts_from_then() -> None:
    row = hears(None, report(told.deal(at=NOW - 90 * DAY, lost_at=None)), offset=1).row
    again = hears(row, report(told.deal("open", at=NOW - 50 * DAY)), offset=2)
    assert [one and one.status for one in told_to(again).values()] == ["open", "open"]
    lost = hears(again.row, report(told.deal(at=NOW - 20 * DAY, lost_at=None)), offset=3)
    later = hears(lost.row, report(told.deal(at=NOW, lost_at=None, amount=9.0)), offset=4)
    assert {one and one.lost_at for one in told_to(lost).values()} == {NOW - 20 * DAY}
    assert {one and (one.lost_at, one.amount) for one in told_to(later).values()} == {(NOW - 20 * DAY, 9.0)}


def test_amount_owner_and_the_deal_that_it_follows_are_told_as_last_reported() -> None:
    row = hears(None, report(told.deal(at=NOW, amount=1.0)), offset=1).row
    changed = told.deal(at=NOW + 1, lost_at=NOW, amount=2.0, owner=None, follows_deal_id="deal:crm:0")
    said = deals_said(hears(row, report(changed), offset=2))[0].deal
    assert said == changed


def test_a_deal_that_was_never_lost_moves_without_a_new_count() -> None:
    row = hears(None, report(told.deal("open", at=NOW - DAY)), offset=1).row
    row = hears(row, report(told.deal("lost", at=NOW, account_id="parent.example")), offset=2).row
    assert row.moved == 0
    row = hears(row, report(told.deal("open", at=NOW + 1, account_id="parent.example")), offset=3).row
    assert hears(row, report(told.deal("open", at=NOW + 2)), offset=4).row.moved == 1


def test_what_only_the_row_says_is_not_the_crms_to_say() -> None:
    said = deals_said(hears(None, report(told.deal(moved=7, reset_at=NOW)), offset=1))[0].deal
    assert said is not None
    assert (said.moved, said.reset_at) == (0, None)


def test_more_people_than_find_a_place_are_counted_as_approximate() -> None:
    people = tuple(DealPerson(f"{n:03}", "", "") for n in range(65))
    assert hears(None, report(told.deal(people=people[:64])), offset=1).effects.approximated == ()
    assert hears(None, report(told.deal(people=people)), offset=1).effects.approximated == ("people",)


def piece(at: int, *, links: tuple[DealLink, ...] = (), **fields: Any) -> DealPatch:
    """What a CRM's webhook says of one property or link."""
    said = DealFields(**fields)
    return DealPatch(to=told.DEAL, source="crm", reported_at=at, received_at=at, fields=said, links=links)


def test_a_deal_told_in_pieces_follows_its_companys_id_to_the_domain() -> None:
    linked = piece(NOW - DAY, links=(DealLink(to=CRM, present=True),), status="open")
    folded = hears(None, linked, belongs(told.ACME, offset=1), offset=1)
    assert accounts_of(folded) == {CRM: told.ACME, told.ACME: told.ACME}
    gone = hears(folded.row, piece(NOW, deleted=True), offset=2)
    assert accounts_of(gone) == {CRM: None, told.ACME: None}


def test_pieces_say_too_that_a_lost_deal_was_open_again() -> None:
    row = hears(None, report(told.deal(at=NOW - 90 * DAY, lost_at=None)), piece(NOW - 50 * DAY, status="open"),
                offset=1).row  # fmt: skip
    said = deals_said(hears(row, report(told.deal(at=NOW, lost_at=None)), offset=2))[0].deal
    assert said is not None
    assert (said.status, said.lost_at) == ("lost", NOW)
    row = hears(None, piece(NOW - 90 * DAY, status="lost"), offset=1).row
    said = deals_said(hears(row, report(told.deal(at=NOW, lost_at=None)), offset=2))[0].deal
    assert said is not None
    assert said.lost_at == NOW - 90 * DAY
