"""Flags of an account: whose it is, and who of its people is no buyer (ask A24)."""

from typing import Any

import pytest

from schemas.signals import Day
from streams.core.account.flags import seeks_a_job
from tests.unit.core.made import BEN, DAY, NOW, example_rules
from tests.unit.core.told import ACME, AccountStory, company, deal, member, of_deal, of_lead, of_network

RULES = example_rules(routing="""
own_domains = ["us.example"]
competitor_domains = ["rival.example"]
[[target]]
domain = "acme-eu.example"
[[company]]
domains = ["acme.example", "acme-eu.example"]
[[company]]
domains = ["parent.example", "rival.example"]
""")


def flags(*signals: Any, key: str = ACME, rules: Any = RULES) -> dict[str, int]:
    return AccountStory(rules, key=key).hears(*signals).flags


def test_of_the_company() -> None:
    assert flags(of_lead(member(), offset=1)) == {"target": 1}
    assert flags(of_lead(member(), offset=1), key="us.example") == {"own_staff": 1}
    assert flags(of_lead(member(), offset=1), key="rival.example") == {"competitor": 1}
    assert flags(of_lead(member(), offset=1), key="other.example") == {}


@pytest.mark.parametrize("bought", [
    of_deal(deal("won"), to=ACME, offset=1),
    company(to=ACME, customer=True),
])  # fmt: skip
def test_a_customer_by_a_won_deal_or_by_the_crms_mark(bought: Any) -> None:
    assert flags(bought)["customer"] == 1


def test_an_open_or_lost_deal_makes_no_customer() -> None:
    assert "customer" not in flags(of_deal(deal("open"), to=ACME, offset=1))
    assert "customer" not in flags(of_deal(deal("lost"), to=ACME, offset=1))


@pytest.mark.parametrize(("reason", "flag"), [
    ("student", "students"), ("competitor", "competitors"), ("staff", "staff"), ("left", "left"),
])  # fmt: skip
def test_of_people_at_a_dead_end(reason: str, flag: str) -> None:
    gone = [of_lead(member(dead_end=True, set_aside=reason), offset=1, lead_id=str(n)) for n in range(2)]
    assert flags(*gone) == {"target": 1, flag: 2}


def test_of_people_who_write_from_free_mail() -> None:
    found = flags(
        of_lead(member(email="ann@gmail.com"), offset=1), of_lead(member(), offset=1, lead_id=BEN),
        of_lead(member(email=""), offset=1, lead_id="no address"),
    )  # fmt: skip
    assert found == {"target": 1, "free_mail": 1}


def test_of_people_who_withdrew_their_consent_nobody_is_shown() -> None:
    story = AccountStory()
    card = story.hears(of_lead(member(silenced=True, active=[NOW], stage="mql", company="Acme Inc"), offset=1))
    assert card.flags == {"silenced": 1}
    assert (card.members, card.breadth, card.engagement_tenths, card.fit, card.name) == ((), 0, 0, 0, ACME)
    assert card.stage == "mql"


def test_of_anonymous_visitors_from_its_network() -> None:
    assert flags(of_network(member(), offset=1), of_network(member(), offset=1, visitor="v2"))["network_visitors"] == 2


@pytest.mark.parametrize(("active", "careers", "seeks"), [
    ([0, 1], [0], True),
    ([0, 1, 2], [0], False),
    ([0, 1, 2], [0, 1], True),
    ([0], [], False),
    ([], [], False),
])  # fmt: skip
def test_a_job_seeker_saw_careers_pages_on_half_of_the_days(active: list[int], careers: list[int], seeks: bool) -> None:
    days = [Day(n, NOW - n * DAY, active=True, careers=n in careers) for n in active]
    assert seeks_a_job(days) is seeks
    one = member(active=[NOW - n * DAY for n in active], careers=[NOW - n * DAY for n in careers])
    assert flags(of_lead(one, offset=1), key="other.example") == ({"job_seekers": 1} if seeks else {})
    assert flags(of_lead(member(careers=[NOW], dead_end=True), offset=1), key="other.example") == {}


def test_a_person_of_a_deal_is_that_also_by_the_lead_that_it_absorbed() -> None:
    story = AccountStory()
    card = story.hears(of_deal(deal(), to=ACME, offset=1), of_lead(member(aliases=("ann",)), offset=1, lead_id="x"))
    assert [one.on_deal for one in card.members] == [False]
    people = deal().people
    card = story.hears(of_lead(member(aliases=(people[0].lead_id,)), offset=2, lead_id="x"))
    assert [one.on_deal for one in card.members] == [True]
