"""A CRM's contact: its e-mail and the deals that ask for it meet in any order."""

from itertools import permutations
from typing import Any

import pytest

from schemas.activity import Version
from schemas.crm import ContactFields, ContactRecord, ContactStanding, ContactWanted
from schemas.deals import DealPerson
from schemas.ids import contact_key_of, is_contact, is_deal
from schemas.signals import AlertAction
from schemas.touches import Tick
from streams.core.deal.contact import Contact
from streams.core.effects import NOTHING, Folded
from streams.core.errors import UnknownRow
from streams.core.signals import fold_signals
from tests.unit.core.made import ANN, BEN, NOW, RULES

MIRA = contact_key_of("hubspot", "301")
DEAL = "deal:hubspot:7"


def record(at: int = NOW, **fields: Any) -> ContactRecord:
    return ContactRecord(to=MIRA, source="hubspot", reported_at=at, received_at=at, fields=ContactFields(**fields))


def wanted(deal_id: str = DEAL, at: int = NOW) -> ContactWanted:
    return ContactWanted(to=MIRA, deal_id=deal_id, at=at, as_of=at)


def hears(row: Any, *messages: Any, offset: int = 1) -> Folded[Any]:
    return fold_signals(MIRA, row, messages, version=Version(0, offset), rules=RULES)


def told_to(folded: Folded[Any]) -> dict[str, DealPerson | None]:
    return {one.to: one.person for one in folded.effects.signals if isinstance(one, ContactStanding)}


def test_a_contacts_key_is_neither_a_deals_nor_an_accounts() -> None:
    assert MIRA == "contact:hubspot:301"
    assert is_contact(MIRA)
    assert not is_deal(MIRA)
    assert not is_contact("crm:hubspot:301")


def test_email_names_and_question_meet_in_any_order() -> None:
    said = [record(email="ann@acme.example"), record(first_name="Ann"), record(last_name="Example"), wanted()]
    rows = set()
    for order in permutations(said):
        row: Contact | None = None
        folded = None
        for offset, one in enumerate(order):
            folded = hears(row, one, offset=offset)
            row = folded.row
        assert folded is not None
        assert told_to(folded) == {DEAL: DealPerson(ANN, "ann@acme.example", "Ann Example")}
        rows.add(repr((folded.row.fields, folded.row.at, folded.row.deals, folded.row.as_of)))
    assert len(rows) == 1


def test_nobody_hears_of_a_contact_without_an_email() -> None:
    assert hears(None, record(first_name="Ann"), wanted()).effects == NOTHING
    assert hears(None, record(email="ann@acme.example")).effects.signals == ()


def test_another_email_is_told_and_an_erased_one_withdraws() -> None:
    row = hears(None, record(email="ann@acme.example"), wanted()).row
    moved = hears(row, record(NOW + 1, email="ben@acme.example"), offset=2)
    assert told_to(moved) == {DEAL: DealPerson(BEN, "ben@acme.example", "")}
    erased = hears(moved.row, record(NOW + 2, email=None), offset=3)
    assert told_to(erased) == {DEAL: None}
    assert hears(erased.row, record(NOW, email="ann@acme.example"), offset=4).row is erased.row


def test_a_question_that_comes_again_is_answered_again_and_a_new_copy_is_not() -> None:
    first = hears(None, record(email="ann@acme.example"), wanted())
    assert hears(first.row, wanted(), offset=1) == first
    assert hears(first.row, wanted(), offset=2) == Folded(first.row, NOTHING)


def test_the_64_deals_linked_last_are_told() -> None:
    full = hears(None, *(wanted(f"deal:hubspot:{n:02}", NOW + n) for n in range(64)))
    assert full.effects.approximated == ()
    more = hears(full.row, wanted("deal:hubspot:zz", NOW + 64), offset=2)
    assert more.effects.approximated == ("contact_deals",)
    assert len(more.row.deals) == 64
    assert "deal:hubspot:00" not in more.row.deals
    assert "deal:hubspot:zz" in more.row.deals


def test_a_deal_that_was_linked_again_counts_by_the_later_time() -> None:
    for order in ((wanted(at=NOW), wanted(at=NOW + 1)), (wanted(at=NOW + 1), wanted(at=NOW))):
        assert hears(None, *order).row.deals == {DEAL: NOW + 1}


def test_other_messages_are_passed_over_and_alerts_belong_to_accounts() -> None:
    row = hears(None, wanted()).row
    assert hears(row, Tick(to=MIRA, at=NOW + 5), offset=2).row is row
    order = AlertAction(to=MIRA, alert_id="al_1", action="claim", actor="sam", at=NOW)
    with pytest.raises(UnknownRow, match="is no account"):
        hears(row, order, offset=2)
