"""What CRMs say of a company: the newest report of each record, each fact by the newest that says it."""

from itertools import permutations

import pytest

from schemas.deals import Owner
from schemas.signals import Intent
from streams.core.account.companies import company_of, newest_intent, newest_records
from streams.core.account.fold import Account
from tests.unit.core.made import ANN, DAY, NOW, RULES
from tests.unit.core.told import ACME, OWNER, AccountStory, company, deal, member, of_deal, of_lead


def test_the_newest_report_of_a_record_wins_in_any_order_ties_by_value() -> None:
    said = [company(name="Old", at=NOW - 2), company(name="A", at=NOW), company(name="B", at=NOW)]
    for order in permutations(said):
        kept = newest_records(order)
        assert [one.name for one in kept.values()] == ["B"]
        assert newest_records([*kept.values(), *order]) == kept


def test_each_fact_is_that_of_the_newest_record_that_says_it() -> None:
    newer = company(record_id="2", at=NOW, name="New", region="DE")
    more = {"employees": "240", "industry": "optics", "customer": True, "owner": OWNER}
    older = company(record_id="1", at=NOW - 1, name="Old", **more)
    for order in permutations([newer, older]):
        facts = company_of(order, RULES)
        assert (facts.name, facts.named_at, facts.region) == ("New", NOW, "DE")
        assert (facts.employees, facts.industry, facts.customer, facts.owner) == ("240", "optics", True, OWNER)


def test_a_mark_as_customer_is_taken_back_by_a_newer_report_of_the_same_record() -> None:
    kept = newest_records([company(customer=True, at=NOW - 1), company(customer=False, at=NOW)])
    assert not company_of(kept.values(), RULES).customer


def test_nothing_is_known_of_a_company_without_records() -> None:
    facts = company_of([], RULES)
    assert (facts.name, facts.fit, facts.owner, facts.customer) == ("", 0, None, False)


def test_8_records_the_freshest_and_no_text_without_end() -> None:
    kept = newest_records([company(record_id=str(n), at=NOW + n, name="x" * 500) for n in range(12)])
    assert sorted(kept) == sorted(f"crm:{n}" for n in range(4, 12))
    assert {len(one.name) for one in kept.values()} == {200}


def test_a_ninth_record_is_said_to_be_approximate() -> None:
    story = AccountStory()
    story.hears(*(company(to=ACME, record_id=str(n)) for n in range(8)))
    assert story.last.approximated == ()
    story.hears(company(to=ACME, record_id="8"))
    assert story.last.approximated == ("records",)


def test_records_of_two_sources_are_two() -> None:
    assert set(newest_records([company(source="a"), company(source="b")])) == {"a:1", "b:1"}


def test_of_intents_the_freshest() -> None:
    said = [Intent(to="", intent_id="b", at=NOW - 1), Intent(to="", intent_id="a", at=NOW), None]
    for order in permutations(said):
        found = newest_intent(order)
        assert found is not None
        assert found.intent_id == "a"
    assert newest_intent([None]) is None


def test_the_card_shows_what_the_crm_says() -> None:
    story = AccountStory()
    card = story.hears(company(to=ACME, name="Acme Ltd", employees="240", industry="optics", region="DE", owner=OWNER))
    assert (card.name, card.employees, card.industry, card.region) == ("Acme Ltd", "240", "optics", "DE")
    assert card.owner == OWNER
    assert card.as_of == NOW


@pytest.mark.parametrize(("deal_at", "name"), [(NOW - DAY, "Acme Ltd"), (NOW + DAY, "ACME")])
def test_of_two_names_the_one_said_last(deal_at: int, name: str) -> None:
    story = AccountStory()
    story.hears(company(to=ACME, name="Acme Ltd", at=NOW), of_lead(member(company="acme!"), offset=1))
    assert story.hears(of_deal(deal(at=deal_at, account_name="ACME"), to=ACME, offset=1)).name == name


def test_the_companys_part_of_the_fit_is_the_crms_where_nobody_says_more() -> None:
    story = AccountStory()
    story.hears(of_lead(member(fit=10, fit_company=0), offset=1))
    assert story.card.fit == 10
    assert story.hears(company(to=ACME, employees="240")).fit == 10 + 12
    assert story.hears(of_lead(member(fit=30, fit_company=22), offset=2)).fit == 22 + 8


def test_a_penalty_for_free_mail_takes_nothing_from_the_companys_part() -> None:
    story = AccountStory()
    story.hears(company(to=ACME, employees="240"))
    assert story.hears(of_lead(member(fit=0, fit_company=12), offset=1)).fit == 12


def test_a_customer_by_the_crms_mark_is_no_candidate_and_its_alert_ends() -> None:
    story = AccountStory()
    story.hears(of_deal(deal(), to=ACME, offset=1), of_lead(member(active=[NOW], intents=[NOW]), offset=1))
    assert story.alert.status == "open"
    card = story.hears(company(to=ACME, customer=True))
    assert (card.not_candidate, card.strength) == ("customer", None)
    assert card.flags["customer"] == 1
    assert (story.alert.status, story.alert.closed_reason) == ("done", "customer")


def test_the_owner_of_an_account_is_the_newest_that_is_named() -> None:
    ron = Owner("rep:2", "Ron", "ron@us.example")
    story = AccountStory()
    story.hears(company(to=ACME, record_id="1", at=NOW, owner=OWNER), company(to=ACME, record_id="2", at=NOW + 1))
    assert story.card.owner == OWNER
    assert story.hears(company(to=ACME, record_id="2", at=NOW + 2, owner=ron)).owner == ron
    assert isinstance(story.row, Account)
    assert ANN not in story.row.members
