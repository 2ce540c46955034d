"""A deal told in pieces: each field, company and contact by its own time; contacts by the rows that know them."""

from itertools import permutations
from typing import Any

import pytest
from msgspec import UNSET

from schemas.activity import Version
from schemas.crm import ContactStanding, ContactWanted, DealFields, DealLink, DealPatch
from schemas.deals import DealFacts, DealPerson, DealReport, DealStanding
from streams.core.deal import fold as deal
from streams.core.deal.fold import Deal
from streams.core.effects import NOTHING, Folded
from streams.core.fields import said_fields
from tests.unit.core import told
from tests.unit.core.made import ANN, BEN, DAY, HOUR, NOW, RULES

KEY = "deal:hubspot:7"
COMPANY, PARENT = "crm:hubspot:90", "crm:hubspot:91"
MIRA = "contact:hubspot:301"
MINUTE = 60_000


def patch(at: int, *links: DealLink, **fields: Any) -> DealPatch:
    return DealPatch(
        to=KEY, source="hubspot", reported_at=at, received_at=at + 50, fields=DealFields(**fields), links=links
    )


def link(to: str, *, present: bool = True, primary: bool = False) -> DealLink:
    return DealLink(to=to, present=present, primary=primary)


def answer(person: DealPerson | None, *, offset: int = 1, contact: str = MIRA, at: int = NOW) -> ContactStanding:
    return ContactStanding(to=KEY, contact=contact, version=Version(0, offset), as_of=at, person=person)


def hears(row: Deal | None, *messages: Any, offset: int = 1) -> Folded[Deal]:
    return deal.fold(KEY, row, messages, version=Version(0, offset), rules=RULES)


def shown(folded: Folded[Deal]) -> DealFacts:
    """What its account is told."""
    [standing] = [one for one in folded.effects.signals if isinstance(one, DealStanding) and one.deal]
    assert standing.deal is not None
    return standing.deal


LOST = (
    patch(NOW - 9 * DAY, status="open", stage="proposal", open_stage="proposal"),
    patch(NOW - 9 * DAY, link(COMPANY, primary=True)),
    patch(NOW - 8 * DAY, amount=48_000.0, currency="EUR"),
    patch(NOW - 2 * DAY, status="lost", stage="closedlost"),
    patch(NOW - 2 * DAY + 40, closed_at=NOW - 3 * DAY),
    patch(NOW - 2 * DAY + 90, lost_reason="feature_gap"),
)


def test_pieces_in_any_order_copied_or_together_are_one_deal() -> None:
    whole = hears(None, *LOST)
    facts = shown(whole)
    assert (facts.status, facts.stage, facts.lost_stage) == ("lost", "closedlost", "proposal")
    assert (facts.lost_at, facts.lost_reason, facts.won_at) == (NOW - 3 * DAY, "feature_gap", None)
    assert (facts.amount, facts.currency, facts.account_id) == (48_000.0, "EUR", COMPANY)
    assert facts.reported_at == NOW - 2 * DAY + 90
    for order in permutations(LOST):
        row: Deal | None = None
        for offset, one in enumerate((*order, *order[:2])):
            row = hears(row, one, offset=offset).row
        assert row is not None
        assert (row.patched, row.as_of) == (whole.row.patched, whole.row.as_of)


def test_every_field_that_is_said_is_shown() -> None:
    said = {
        "account_name": "Halden Optics", "amount": 5.0, "competitor": "Orbis", "contract_ends_at": NOW + DAY,
        "currency": "EUR", "follows_deal_id": "deal:hubspot:6", "lost_reason": "price", "owner": told.OWNER,
        "stage": "closedlost",
    }  # fmt: skip
    facts = shown(hears(None, patch(NOW, status="lost", **said)))
    assert {name: getattr(facts, name) for name in said} == said


def test_the_128_contacts_that_answered_last_are_known() -> None:
    answers = [answer(DealPerson(f"{n:03}", "", ""), offset=n, contact=f"contact:hubspot:{n:03}") for n in range(129)]
    row = hears(None, *answers).row
    assert row.patched is not None
    assert sorted(row.patched.contacts) == [f"contact:hubspot:{n:03}" for n in range(1, 129)]


def test_a_deal_whose_status_nobody_said_is_told_to_nobody() -> None:
    folded = hears(None, patch(NOW, link(COMPANY), amount=1.0))
    assert folded.effects == NOTHING
    later = hears(folded.row, patch(NOW - DAY, status="open"), offset=2)
    assert (shown(later).status, shown(later).amount) == ("open", 1.0)


@pytest.mark.parametrize(
    ("set_after", "date", "closed_at"),
    [
        pytest.param(-MINUTE, NOW - 5 * DAY, NOW - 5 * DAY, id="in one go with the status"),
        pytest.param(-MINUTE - 1, NOW - 5 * DAY, NOW, id="before it: a forecast"),
        pytest.param(2 * DAY, NOW - 5 * DAY, NOW - 5 * DAY, id="corrected later"),
        pytest.param(0, NOW, NOW, id="the same moment"),
        pytest.param(2 * DAY, NOW + 2 * DAY, NOW + 2 * DAY, id="the moment at which it was set"),
        pytest.param(0, NOW + 1, NOW, id="in the future: a forecast"),
    ],
)
@pytest.mark.parametrize("status", ["lost", "won"])
def test_the_closing_date_counts_where_it_was_set_with_the_status(
    status: str, set_after: int, date: int, closed_at: int
) -> None:
    facts = shown(hears(None, patch(NOW, status=status), patch(NOW + set_after, closed_at=date)))
    assert (facts.lost_at, facts.won_at) == ((closed_at, None) if status == "lost" else (None, closed_at))


def test_a_deal_that_is_opened_again_has_no_loss() -> None:
    facts = shown(hears(None, *LOST, patch(NOW, status="open", stage="talks", open_stage="talks")))
    assert (facts.status, facts.stage, facts.lost_at) == ("open", "talks", None)
    assert (facts.lost_reason, facts.lost_stage) == (None, None)


def test_a_field_that_is_taken_back_is_gone() -> None:
    facts = shown(hears(None, *LOST, patch(NOW, lost_reason=None, amount=None)))
    assert (facts.lost_reason, facts.amount, facts.currency) == (None, None, "EUR")


@pytest.mark.parametrize(
    ("links", "account_id"),
    [
        ([(1, link(COMPANY)), (2, link(PARENT))], PARENT),
        ([(1, link(COMPANY, primary=True)), (2, link(PARENT))], COMPANY),
        ([(1, link(COMPANY, primary=True)), (2, link(PARENT)), (3, link(COMPANY, present=False))], PARENT),
        ([(1, link(COMPANY)), (1, link(COMPANY, present=False))], COMPANY),
        ([(1, link(COMPANY)), (2, link(COMPANY, present=False))], "crm:hubspot:deal-7"),
        ([], "crm:hubspot:deal-7"),
    ],
)
def test_its_account_is_the_primary_company_else_the_one_linked_last(
    links: list[tuple[int, DealLink]], account_id: str
) -> None:
    patches = [patch(NOW + at, one) for at, one in links]
    assert shown(hears(None, patch(NOW, status="open"), *patches)).account_id == account_id


def test_a_deal_that_moves_to_another_company_is_withdrawn_there() -> None:
    row = hears(None, *LOST).row
    folded = hears(row, patch(NOW, link(PARENT, primary=True)), offset=2)
    told_to = {one.to: one.deal for one in folded.effects.signals if isinstance(one, DealStanding)}
    assert told_to[COMPANY] is None
    assert told_to[PARENT] is not None


def test_a_deleted_deal_is_withdrawn_and_a_restored_one_told_again() -> None:
    row = hears(None, *LOST, patch(NOW - DAY, person=DealPerson(ANN, "ann@acme.example", "Ann"))).row
    folded = hears(row, patch(NOW, deleted=True), offset=2)
    assert [one.deal for one in folded.effects.signals if isinstance(one, DealStanding)] == [None]
    assert [(one.to, one.deal) for one in folded.effects.touches if isinstance(one, DealStanding)] == [(ANN, None)]
    assert shown(hears(folded.row, patch(NOW + 1, deleted=False), offset=3)).status == "lost"


def test_contacts_are_asked_for_until_their_rows_answer() -> None:
    asked = hears(None, *LOST, patch(NOW, link(MIRA)))
    [question] = [one for one in asked.effects.signals if isinstance(one, ContactWanted)]
    assert question == ContactWanted(to=MIRA, deal_id=KEY, at=NOW, as_of=NOW + 50)
    assert shown(asked).people == ()
    mira = DealPerson(ANN, "ann@acme.example", "Mira")
    answered = hears(asked.row, answer(mira), offset=2)
    assert shown(answered).people == (mira,)
    assert not [one for one in answered.effects.signals if isinstance(one, ContactWanted)]
    renamed = DealPerson(BEN, "ben@acme.example", "Mira")
    changed = hears(answered.row, answer(renamed, offset=2), answer(mira), offset=3)
    assert shown(changed).people == (renamed,)
    assert {one.to: one.deal is None for one in changed.effects.touches if isinstance(one, DealStanding)} == {
        ANN: True, BEN: False,
    }  # fmt: skip
    erased = hears(changed.row, answer(None, offset=3), offset=4)
    assert shown(erased).people == ()


def test_a_contact_who_left_the_deal_is_none_of_its_people() -> None:
    mira = DealPerson(ANN, "ann@acme.example", "Mira")
    row = hears(None, *LOST, patch(NOW, link(MIRA)), answer(mira)).row
    assert shown(hears(row, patch(NOW + 1, link(MIRA, present=False)), offset=2)).people == ()


def test_a_single_contact_is_replaced_by_the_next() -> None:
    """Pipedrive names one person per deal."""
    ben = "contact:hubspot:302"
    known = (
        answer(DealPerson(ANN, "ann@acme.example", "")),
        answer(DealPerson(BEN, "ben@acme.example", ""), contact=ben),
    )
    row = hears(None, patch(NOW, status="open", contact=MIRA), *known).row
    assert [one.lead_id for one in shown(hears(row, patch(NOW + 1, contact=ben), offset=2)).people] == [BEN]
    assert shown(hears(row, patch(NOW + 1, contact=None), offset=2)).people == ()
    unanswered = hears(None, patch(NOW, link(MIRA)), patch(NOW + 1, contact=MIRA, status="open"))
    assert [one.at for one in unanswered.effects.signals if isinstance(one, ContactWanted)] == [NOW + 1]


def report(at: int, **more: Any) -> DealReport:
    return DealReport(to=KEY, received_at=at, deal=told.deal(at=at, deal_id=KEY, **more))


@pytest.mark.parametrize(("later", "amount", "reason"), [(0, 2.0, "price"), (-1, 1.0, "timing"), (HOUR, 2.0, "price")])
def test_pieces_lie_over_a_whole_report_that_is_not_newer(later: int, amount: float, reason: str) -> None:
    """An import and the webhooks of one CRM meet in one row."""
    folded = hears(None, report(NOW, amount=1.0), patch(NOW + later, amount=2.0, lost_reason="price"))
    facts = shown(folded)
    assert (facts.amount, facts.lost_reason, facts.account_id, facts.owner) == (amount, reason, told.ACME, told.OWNER)
    assert facts.lost_at == NOW
    assert [one.lead_id for one in facts.people] == [ANN]
    assert facts.reported_at == NOW + max(later, 0)


def test_the_account_is_whose_was_said_last() -> None:
    assert shown(hears(None, report(NOW), patch(NOW + 1, account_id=PARENT))).account_id == PARENT
    assert shown(hears(None, report(NOW), patch(NOW - 1, account_id=PARENT))).account_id == told.ACME
    assert shown(hears(None, report(NOW), patch(NOW + 1, link(COMPANY)))).account_id == COMPANY


def test_links_are_bounded_and_it_says_so() -> None:
    sixty_four = [link(f"contact:hubspot:{n:03}") for n in range(64)]
    full = hears(None, patch(NOW, *sixty_four, status="open"))
    assert full.effects.approximated == ()
    more = hears(full.row, patch(NOW + 1, link(MIRA)), offset=2)
    assert more.effects.approximated == ("deal_links",)
    assert more.row.patched is not None
    assert len(more.row.patched.links) == 64
    assert MIRA in more.row.patched.links
    assert "contact:hubspot:000" not in more.row.patched.links


def test_people_of_a_deal_stay_within_64() -> None:
    many = [DealPerson(f"{n:03}", "", "") for n in range(64)]
    folded = hears(None, report(NOW, people=tuple(many)), patch(NOW, link(MIRA)), answer(DealPerson("zz", "", "")))
    assert [one.lead_id for one in shown(folded).people] == [f"{n:03}" for n in range(64)]


def test_fields_say_only_what_was_said() -> None:
    assert said_fields(DealFields(amount=None, status="won")) == {"status": "won", "amount": None}
    assert DealFields().amount is UNSET
