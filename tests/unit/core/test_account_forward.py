"""An account known by its CRM's id forwards to its domain, withdraws exactly, and never in a circle."""

import pytest

from schemas.activity import Version
from schemas.deals import DealReport, DealStanding
from schemas.signals import AccountForward, DealAddress, Intent
from streams.core.account.fold import Account
from streams.core.account.row import Held
from streams.core.signals import fold_signals
from tests.unit.core.made import DAY, NOW, RULES, example_rules
from tests.unit.core.told import ACME, DEAL, AccountStory, action, company, deal, member, of_deal, of_lead

CRM = "crm:crm:9"
TWO_DOMAINS = example_rules(routing='[[company]]\ndomains = ["acme.example", "acme-eu.example"]\n')


def told_to_accounts(story: AccountStory) -> dict[str, str]:
    """Account -> domain, "" = withdrawn."""
    return {one.to: one.domain for one in story.last.signals if isinstance(one, AccountForward)}


def addresses(story: AccountStory) -> list[DealAddress]:
    return [one for one in story.last.signals if isinstance(one, DealAddress)]


def test_a_record_that_names_the_domain_forwards_and_tells_the_deals() -> None:
    story = AccountStory(key=CRM)
    story.hears(of_deal(deal(account_id=CRM), to=CRM, offset=1))
    assert story.last.signals == ()
    card = story.hears(company(name="Acme Ltd", domain="www.acme.example", employees="240"))
    assert told_to_accounts(story) == {ACME: ACME}
    assert [(one.to, one.account_id, one.domain, one.reset_at) for one in addresses(story)] == [(DEAL, CRM, ACME, 0)]
    assert (card.forwards_to, card.name) == (ACME, "Acme Ltd")
    assert (card.deals, card.members, card.strength, card.not_candidate) == ((), (), None, "no lost deal")


def test_the_domains_row_keeps_what_was_forwarded_until_it_is_withdrawn() -> None:
    crm, domain = AccountStory(key=CRM), AccountStory()
    crm.hears(company(name="Acme Ltd", domain=ACME, employees="240"), Intent(to=CRM, intent_id="i", at=NOW))
    told = [one for one in crm.last.signals if isinstance(one, AccountForward)]
    card = domain.hears(*told)
    assert (card.name, card.fit, card.roll_up[0].who) == ("Acme Ltd", 12, "intent:i")
    crm.hears(company(at=NOW + 1, name="Acme Ltd", domain="other.example"))
    assert told_to_accounts(crm) == {"other.example": "other.example", ACME: ""}
    gone = [one for one in crm.last.signals if isinstance(one, AccountForward) and one.to == ACME]
    card = domain.hears(*gone)
    assert (card.name, card.fit, card.roll_up) == (ACME, 0, ())
    assert domain.hears(*told).name == ACME  # a late copy does not bring it back


def test_a_record_without_a_domain_takes_the_deals_back() -> None:
    story = AccountStory(key=CRM)
    story.hears(of_deal(deal(account_id=CRM), to=CRM, offset=1), company(domain=ACME))
    card = story.hears(company(at=NOW + 1))
    assert told_to_accounts(story) == {ACME: ""}
    assert [one.domain for one in addresses(story)] == [""]
    assert (card.forwards_to, len(card.deals)) == ("", 1)


@pytest.mark.parametrize("domain", ["gmail.com", "com", "localhost", "", "not a domain"])
def test_free_mail_and_nonsense_are_no_domain(domain: str) -> None:
    story = AccountStory(key=CRM)
    assert story.hears(company(domain=domain)).forwards_to == ""
    assert story.last.signals == ()


def test_the_newest_record_that_names_a_domain_decides() -> None:
    story = AccountStory(key=CRM)
    story.hears(company(record_id="1", at=NOW, domain=ACME), company(record_id="2", at=NOW + 1))
    assert story.card.forwards_to == ACME


def test_a_domain_never_forwards_whatever_records_say() -> None:
    story = AccountStory()
    assert story.hears(company(to=ACME, domain="other.example")).forwards_to == ""
    assert story.last.signals == ()


def test_another_domain_of_a_company_forwards_to_the_first_and_the_first_to_nobody() -> None:
    other, first = AccountStory(TWO_DOMAINS, key="acme-eu.example"), AccountStory(TWO_DOMAINS)
    other.hears(company(to="acme-eu.example", name="Acme Ltd"))
    assert told_to_accounts(other) == {ACME: ACME}
    first.hears(*(one for one in other.last.signals if isinstance(one, AccountForward)))
    assert (first.card.name, first.card.forwards_to) == ("Acme Ltd", "")
    assert first.last.signals == ()


def test_a_crm_id_forwards_to_the_first_domain_of_its_company() -> None:
    story = AccountStory(TWO_DOMAINS, key=CRM)
    assert story.hears(company(domain="acme-eu.example")).forwards_to == ACME


def test_what_was_absorbed_is_forwarded_on() -> None:
    story = AccountStory(TWO_DOMAINS, key="acme-eu.example")
    record = company(name="Acme Ltd")
    story.hears(
        AccountForward(
            to="acme-eu.example", account_id=CRM, version=Version(0, 1), as_of=NOW, domain="acme-eu.example",
            records=(record,),
        )
    )  # fmt: skip
    told = [one for one in story.last.signals if isinstance(one, AccountForward)]
    assert [(one.to, [record.name for record in one.records]) for one in told] == [(ACME, ["Acme Ltd"])]


def test_deals_are_told_the_version_of_the_decision_so_that_their_answers_are_not_answered_for_ever() -> None:
    story = AccountStory(key=CRM)
    story.hears(of_deal(deal(account_id=CRM), to=CRM, offset=1), company(domain=ACME))
    first = addresses(story)
    story.hears(of_deal(deal(account_id=ACME), to=CRM, offset=2))
    assert addresses(story) == first
    story.hears(of_deal(None, to=CRM, offset=3))
    assert addresses(story) == first


def test_a_deal_that_left_hears_all_the_same_that_its_alert_was_claimed_under_the_id() -> None:
    """Its CRM named the domain itself meanwhile, and a worker ended before it said so: nobody is told twice."""
    story = AccountStory(key=CRM)
    came = of_lead(member(active=[NOW], intents=[NOW]), offset=1, to=CRM)
    story.hears(of_deal(deal(account_id=CRM), to=CRM, offset=1), came)
    story.hears(action("claim", story.alert.alert_id, at=NOW + 5))
    record = company(domain=ACME)
    story.hears(record)
    decided, said = story.row, addresses(story)
    assert decided is not None
    story.hears(of_deal(None, to=CRM, offset=2))
    again = fold_signals(CRM, story.row, [record], version=decided.version, rules=RULES)
    assert said == [one for one in again.effects.signals if isinstance(one, DealAddress)] != []
    moved = DealReport(to=DEAL, received_at=NOW + 6, deal=deal(account_id=ACME, reported_at=NOW + 6))
    at_the_domain = fold_signals(DEAL, None, [moved, *said], version=Version(0, 1), rules=RULES)
    told = [one.deal for one in at_the_domain.effects.signals if isinstance(one, DealStanding) and one.to == ACME]
    assert [(one.account_id, one.reset_at) for one in told if one is not None] == [(ACME, NOW + 5)]


def test_the_same_message_again_says_the_same_again_withdrawals_too() -> None:
    story = AccountStory(key=CRM)
    story.hears(of_deal(deal(account_id=CRM), to=CRM, offset=1), company(domain=ACME))
    story.hears(company(at=NOW + 1, domain="other.example"))
    said = story.last.signals
    assert story.row is not None
    assert story.card.forwards_to == "other.example"
    again = AccountStory(key=CRM)
    again.row = story.row
    assert again.card == story.card
    assert {one.to for one in said} == {"other.example", ACME, DEAL}


def test_an_open_alert_ends_there_and_what_was_claimed_is_told_as_settled() -> None:
    story = AccountStory(key=CRM)
    came = of_lead(member(active=[NOW], intents=[NOW]), offset=1, to=CRM)
    story.hears(of_deal(deal(account_id=CRM), to=CRM, offset=1), came)
    story.hears(action("claim", story.alert.alert_id, at=NOW + 5))
    story.hears(company(domain=ACME))
    assert story.alert.status == "dismissed"
    assert [one.reset_at for one in addresses(story)] == [NOW + 5]


def test_an_open_alert_that_nobody_claimed_is_not_settled() -> None:
    story = AccountStory(key=CRM)
    came = of_lead(member(active=[NOW], intents=[NOW]), offset=1, to=CRM)
    story.hears(of_deal(deal(account_id=CRM), to=CRM, offset=1), came)
    story.hears(company(domain=ACME))
    assert story.alert.status == "dismissed"
    assert [one.reset_at for one in addresses(story)] == [0]


@pytest.mark.parametrize(("claimed", "settled"), [(False, 0), (True, NOW + 5)])
def test_that_the_deal_left_before_the_domain_was_known_settles_nothing(claimed: bool, settled: int) -> None:
    """Whoever tells of the deal there has nothing taken from it: nobody had answered."""
    story = AccountStory(key=CRM)
    came = of_lead(member(active=[NOW], intents=[NOW]), offset=1, to=CRM)
    story.hears(of_deal(deal(account_id=CRM), to=CRM, offset=1), came)
    if claimed:
        story.hears(action("claim", story.alert.alert_id, at=NOW + 5))
    story.hears(of_deal(deal(account_id=ACME, moved=1), to=CRM, offset=2))
    story.hears(company(domain=ACME))
    assert story.alert.closed_reason == "the deal left this account"
    assert [one.reset_at for one in addresses(story)] == [settled]


def test_what_was_settled_under_the_id_counts_no_more() -> None:
    story = AccountStory()
    come = of_lead(member(active=[NOW - DAY, NOW], intents=[NOW - DAY]), offset=1)
    lost = deal(reset_at=NOW - 1, moved=1)
    card = story.hears(of_deal(lost, to=ACME, offset=1), come)
    assert card.strength is not None
    assert (card.strength.strength, card.strength.counted_from) == (5, NOW - 1)


def test_episodes_of_a_deal_that_moved_have_numbers_of_their_own() -> None:
    story = AccountStory()
    story.hears(of_deal(deal(moved=2), to=ACME, offset=1), of_lead(member(active=[NOW], intents=[NOW]), offset=1))
    assert story.alert.episode == 2_001


def elsewhere() -> AccountStory:
    """The CRM's id after its deal answered that it stands at the domain, where episode 1,001 may be raised by now."""
    story = AccountStory(key=CRM)
    story.hears(of_deal(deal(account_id=CRM), to=CRM, offset=1), company(domain=ACME))
    story.hears(of_deal(deal(account_id=ACME, moved=1), to=CRM, offset=2))
    return story


def test_an_id_that_is_itself_again_raises_nothing_of_a_deal_that_stands_elsewhere() -> None:
    story = elsewhere()
    card = story.hears(company(at=NOW + 1), of_lead(member(active=[NOW], asked=[NOW]), offset=1, to=CRM))
    assert (card.forwards_to, card.deals, card.not_candidate, story.alerts) == ("", (), "no lost deal", {})
    assert [(one.to, one.domain) for one in addresses(story)] == [(DEAL, "")]


@pytest.mark.parametrize("record_first", [True, False])
@pytest.mark.parametrize("person_first", [True, False])
def test_once_the_deal_is_back_it_is_told_under_a_number_of_its_own(record_first: bool, person_first: bool) -> None:
    """In any order, copies too."""
    story, record = elsewhere(), company(at=NOW + 1)
    back = of_deal(deal(account_id=CRM, moved=2), to=CRM, offset=3)
    came = of_lead(member(active=[NOW], asked=[NOW]), offset=1, to=CRM)
    first = [record, back] if record_first else [back, record]
    order = [came, *first] if person_first else [*first, came]
    for message in [*order, *order, of_deal(deal(account_id=ACME, moved=1), to=CRM, offset=2)]:
        story.hears(message)
    assert (story.alert.account_id, story.alert.episode, story.alert.status) == (CRM, 2_001, "open")
    assert len(story.raised) == 1


def test_who_came_while_the_id_forwarded_is_told_of_when_it_is_itself_again() -> None:
    """The deal may not even hear of it: both addresses reach it at once, and it says nothing new."""
    story = AccountStory(key=CRM)
    story.hears(of_deal(deal(account_id=CRM), to=CRM, offset=1), company(domain=ACME))
    story.hears(of_lead(member(active=[NOW], asked=[NOW]), offset=1, to=CRM))
    assert story.alerts == {}
    story.hears(company(at=NOW + 1))
    assert (story.alert.episode, story.alert.status) == (1, "open")
    story.hears(company(at=NOW + 1))
    assert len(story.raised) == 1


def test_an_open_alert_ends_when_the_deal_says_that_it_stands_elsewhere() -> None:
    story = AccountStory(key=CRM)
    came = of_lead(member(active=[NOW], intents=[NOW]), offset=1, to=CRM)
    story.hears(of_deal(deal(account_id=CRM), to=CRM, offset=1), came)
    story.hears(of_deal(deal(account_id=ACME, moved=1), to=CRM, offset=2))
    assert (story.alert.status, story.alert.closed_reason) == ("dismissed", "the deal left this account")


def test_16_accounts_are_absorbed_the_last_that_spoke() -> None:
    story = AccountStory()
    story.hears(*(
        AccountForward(to=ACME, account_id=f"crm:a:{n:02}", version=Version(0, 1), as_of=NOW + n, domain=ACME)
        for n in range(20)
    ))  # fmt: skip
    assert isinstance(story.row, Account)
    assert sorted(story.row.absorbed) == [f"crm:a:{n:02}" for n in range(4, 20)]
    assert {part.body for part in story.row.absorbed.values()} == {Held()}
    assert story.last.approximated == ("absorbed",)


def test_of_accounts_that_withdrew_32_are_remembered() -> None:
    story = AccountStory()
    story.hears(*(
        AccountForward(to=ACME, account_id=f"crm:a:{n:02}", version=Version(0, 2), as_of=NOW + n, domain="")
        for n in range(40)
    ))  # fmt: skip
    assert isinstance(story.row, Account)
    assert sorted(story.row.absorbed) == [f"crm:a:{n:02}" for n in range(8, 40)]
    assert story.last.approximated == ()
