"""How strongly a lost deal's account is back: the table of R, and what is no return."""

from typing import Any

import pytest
from msgspec.structs import replace

from schemas.deals import DealPerson
from streams.core.returns.doings import Counted, counted
from streams.core.returns.strength import candidate, counted_from, decisive, strength
from streams.core.rulebook.returns_rules import Act
from streams.core.rules import RulesError, load_rules
from tests.unit.core.made import ANN, BEN, DAY, HOUR, NAMING, NOW, RULES, files
from tests.unit.core.told import deal, member

LOST = deal()
SINCE = NOW - 14 * DAY
CEM = "cem"


def strong(found: Counted, **more: Any) -> tuple[int, str | None]:
    told = strength(found, replace(LOST, **more), as_of=NOW, since=SINCE, rules=RULES.returns)
    assert sum(line.strength for line in told.lines) // (2 if told.halved else 1) == told.strength
    return told.strength, told.level


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param({"deal_people": 1, "active_days": 1}, (5, "digest"), id="deal person, one plain day"),
        pytest.param({"deal_people": 1, "active_days": 1, "intent_days": 1}, (9, "real_time"), id="and pricing"),
        pytest.param({"deal_people": 1, "active_days": 2}, (8, "real_time"), id="deal person, two days"),
        pytest.param({"deal_people": 1, "active_days": 1, "answers": 1}, (10, "real_time"), id="and the answer page"),
        pytest.param(
            {"deal_people": 1, "active_days": 1, "mail_clicks": 1}, (7, "digest"), id="our own mail wakes nobody"
        ),
        pytest.param({"deal_people": 1, "active_days": 1, "mail_clicks": 3}, (7, "digest"), id="clicks count once"),
        pytest.param(
            {"other_people": 1, "active_days": 1, "intent_days": 1}, (7, "digest"), id="other person on pricing"
        ),
        pytest.param({"other_people": 1, "active_days": 3}, (9, "real_time"), id="other person on three plain days"),
        pytest.param({"other_people": 2, "active_days": 1}, (10, "real_time"), id="two other persons on one day"),
        pytest.param({"other_people": 1, "active_days": 1}, (3, None), id="too weak for anything"),
        pytest.param({"networks": 5}, (2, None), id="network alone"),
        pytest.param({"networks": 5, "intent_days": 2}, (10, "digest"), id="nobody known: never above digest"),
        pytest.param({"deal_people": 4, "active_days": 1}, (18, "real_time"), id="each line has its most"),
        pytest.param(
            {"other_people": 9, "active_days": 9, "intent_days": 9}, (31, "real_time"), id="all at their most"
        ),
        pytest.param(
            {"deal_people": 1, "active_days": 2, "page_days": 2, "careers_days": 1}, (4, "digest"), id="job seeker"
        ),
        pytest.param(
            {"deal_people": 1, "active_days": 2, "page_days": 3, "careers_days": 1}, (8, "real_time"), id="one in 3"
        ),
        pytest.param({"mail_clicks": 1}, (2, None), id="a click alone"),
        pytest.param({"networks": 1}, (1, None), id="one visitor of the network"),
        pytest.param({"networks": 2, "intent_days": 1}, (6, "digest"), id="network on pricing"),
        pytest.param({"networks": 2, "intent_days": 2, "other_people": 1, "active_days": 1}, (13, "real_time"),
                     id="network and one known lead"),
        pytest.param({"deal_people": 2, "active_days": 1}, (14, "real_time"), id="two of the deal"),
        pytest.param({"other_people": 1, "active_days": 2}, (6, "digest"), id="other person on two days"),
        pytest.param({"requests": (ANN,)}, (0, "real_time"), id="a request, whatever R is"),
        pytest.param({}, (0, None), id="nothing"),
    ],
)
def test_r_is_the_sum_of_its_lines(found: dict[str, Any], expected: tuple[int, str | None]) -> None:
    """Ask A23."""
    assert strong(Counted(**found)) == expected


def test_what_was_lost_years_ago_is_digest_at_most() -> None:
    found = Counted(deal_people=1, active_days=2)
    assert strong(found, lost_at=NOW - 1_095 * DAY) == (8, "real_time")
    assert strong(found, lost_at=NOW - 1_095 * DAY - 1) == (8, "digest")


@pytest.mark.parametrize(("deals", "why"), [
    pytest.param((), "no lost deal", id="none"),
    pytest.param((deal(),), "", id="lost"),
    pytest.param((deal(), deal("open", deal_id="deal:crm:2")), "open deal", id="one is open"),
    pytest.param((deal(), deal("won", deal_id="deal:crm:2", at=NOW - 900 * DAY)), "customer", id="one was won"),
    pytest.param((deal(at=NOW - 14 * DAY),), "", id="14 days"),
    pytest.param((deal(at=NOW - 14 * DAY + 1),), "lost too recently", id="the tail of the old talks"),
])  # fmt: skip
def test_who_is_watched_for_a_return(deals: tuple[Any, ...], why: str) -> None:
    assert candidate(deals, as_of=NOW, rules=RULES.returns) == why


def test_customers_and_our_own_are_watched_for_no_return() -> None:
    """Ask A24: those who are set aside are never brought back."""
    deals = (deal(),)
    assert candidate(deals, as_of=NOW, rules=RULES.returns, customer=True) == "customer"
    assert candidate(deals, as_of=NOW, rules=RULES.returns, excluded=True) == "set aside"
    assert candidate((), as_of=NOW, rules=RULES.returns, customer=True, excluded=True) == "set aside"


def test_the_freshest_loss_decides_then_the_amount_then_the_id() -> None:
    old, small = deal(at=NOW - 90 * DAY, amount=9e9), deal(deal_id="deal:crm:9", amount=1.0)
    big, same = deal(deal_id="deal:crm:2", amount=5.0), deal(deal_id="deal:crm:3", amount=5.0)
    assert decisive([old, small]) == small
    assert decisive([big, small, old]) == big
    assert decisive([big, same, small]) == same
    assert decisive([deal("open")]) is None


@pytest.mark.parametrize(("lost_days_ago", "reset_hours_ago", "expected"), [
    pytest.param(60, None, NOW - 14 * DAY, id="window"),
    pytest.param(20, None, NOW - 6 * DAY, id="quiet time after the loss"),
    pytest.param(20, 5, NOW - 5 * HOUR, id="claimed since"),
    pytest.param(20, 24 * 9, NOW - 6 * DAY, id="claimed before that"),
])  # fmt: skip
def test_only_what_is_younger_counts(lost_days_ago: int, reset_hours_ago: int | None, expected: int) -> None:
    reset_at = None if reset_hours_ago is None else NOW - reset_hours_ago * HOUR
    lost = deal(at=NOW - lost_days_ago * DAY)
    assert counted_from(lost, as_of=NOW, reset_at=reset_at, rules=RULES.returns) == expected


def found_of(
    members: dict[str, Any], *, networks: dict[str, Any] | None = None, left_out: tuple[str, ...] = (), **more: Any
) -> Counted:
    return counted(members, replace(LOST, **more), since=SINCE, day_of=RULES.site.day_of, networks=networks or {},
                   left_out=left_out)  # fmt: skip


def test_people_and_days_are_counted_across_the_account() -> None:
    """Two people on the same day are one day; the day of a page counts, not the page."""
    both = NOW - DAY
    found = found_of({
        ANN: member(active=[both, NOW - 3 * DAY], intents=[both]),
        BEN: member(active=[both + HOUR], intents=[both + HOUR]),
        CEM: member(active=[SINCE]),
    })  # fmt: skip
    assert (found.deal_people, found.other_people, found.active_days, found.intent_days) == (1, 1, 2, 1)
    assert set(found.leads) == {ANN, BEN}
    assert (found.first_at, found.freshest_at) == (NOW - 3 * DAY, both + HOUR)


def test_an_intent_on_a_day_without_a_person_counts_nothing() -> None:
    found = found_of({ANN: member(passive=[NOW - DAY], intents=[NOW - DAY])})
    assert (found.leads, found.intent_days, found.page_days) == ((), 0, 1)


def test_people_at_a_dead_end_count_nothing() -> None:
    found = found_of({ANN: member(active=[NOW - DAY], asked=[NOW - DAY], dead_end=True)})
    assert found == Counted()


@pytest.mark.parametrize("how", ["silenced", "left out"])
def test_the_silenced_and_those_left_out_count_nothing(how: str) -> None:
    one = member(active=[NOW - DAY], asked=[NOW - DAY], silenced=how == "silenced", clicked_at=NOW - DAY)
    assert found_of({BEN: one}, left_out=(BEN,) if how == "left out" else ()) == Counted()
    assert found_of({}, networks={"v1": one}, left_out=("v1",)).networks == 0


@pytest.mark.parametrize(("clicked_at", "clicks"), [(None, 0), (SINCE, 0), (SINCE + 1, 1), (NOW, 1)])
def test_a_click_in_our_mail_is_counted_once_it_is_younger(clicked_at: int | None, clicks: int) -> None:
    found = found_of({ANN: member(clicked_at=clicked_at)})
    assert (found.mail_clicks, found.leads, found.freshest_at) == (clicks, (), 0)


def test_a_person_is_on_the_deal_by_any_of_its_names() -> None:
    merged = member(active=[NOW - DAY], aliases=("old", ANN))
    assert (found_of({"new": merged}).deal_people, found_of({"new": merged}).other_people) == (1, 0)
    assert found_of({"new": member(active=[NOW - DAY], aliases=("old",))}).deal_people == 0


def test_visitors_of_the_network_show_days_and_pages_and_are_nobody() -> None:
    """Ask A23. A day with pricing counts whoever read it; days on which one came are days of people."""
    both, before = NOW - DAY, NOW - 2 * DAY
    net = {"v1": member(active=[both, before], intents=[both], answers={"timing": both}, careers=[before], human=False),
           "v2": member(passive=[NOW]), "v3": member(active=[SINCE])}  # fmt: skip
    found = found_of({}, networks=net)
    assert (found.networks, found.intent_days, found.answers, found.active_days) == (1, 1, 1, 0)
    assert (found.leads, found.answered, found.requests) == ((), (), ())
    assert (found.page_days, found.careers_days, found.human) == (3, 1, False)
    assert (found.first_at, found.freshest_at) == (before, both)
    assert found_of({ANN: member(active=[both], intents=[both])}, networks=net).intent_days == 1


def test_careers_days_are_counted_against_days_with_any_page() -> None:
    found = found_of({ANN: member(active=[NOW - DAY], careers=[NOW - 2 * DAY]), BEN: member(careers=[NOW - 2 * DAY])})
    assert (found.page_days, found.careers_days, found.active_days) == (2, 1, 1)


@pytest.mark.parametrize(("reason", "tag", "answers"), [
    ("price", "price", 1),
    ("feature_gap:sso", "feature_gap:sso", 1),
    ("feature_gap:sso", "feature_gap", 1),
    ("feature_gap:sso", "feature_gap:api", 0),
    ("competitor", "competitor:rival", 1),
    ("competitor", "price", 0),
    (None, "price", 0),
])  # fmt: skip
def test_the_answer_to_the_reason_of_the_loss(reason: str | None, tag: str, answers: int) -> None:
    people = {ANN: member(active=[NOW - DAY], answers={tag: NOW - DAY})}
    assert found_of(people, lost_reason=reason, competitor="rival").answers == answers
    before = {ANN: member(active=[NOW - DAY], answers={tag: SINCE})}
    assert found_of(before, lost_reason=reason, competitor="rival").answers == 0


def test_what_could_not_be_measured_is_said() -> None:
    assert found_of({ANN: member(active=[NOW - DAY], human=False)}).human is False
    assert found_of({ANN: member(human=False), BEN: member(active=[NOW - DAY])}).human is True


def test_everybody_on_the_deal_is_a_deal_person() -> None:
    people = (DealPerson(ANN, "", ""), DealPerson(BEN, "", ""))
    found = found_of({one: member(active=[NOW - DAY]) for one in (ANN, BEN, CEM)}, people=people)
    assert (found.deal_people, found.other_people) == (2, 1)


@pytest.mark.parametrize(("name", "change", "message"), [
    ("returns.toml", ("digest_from = 4", "digest_from = 9"), "digest_from is greater than real_time_from"),
    ("returns.toml", ('name = "more_days"', 'name = "intent_day"'), 'signal "intent_day" is there twice'),
    ("returns.toml", ('name = "more_days"', 'name = "more_day"'), "more_day"),
    ("returns.toml", ("leader_hours = 4", "leader_hours = 1"), "not in order"),
    ("returns.toml", ("before {date}", "for now"), "hold_text"),
    ("routing.toml", ('team = "team:sales"', 'team = "sales"'), "team"),
    ("routing.toml", ("own_domains = []", 'own_domains = ["@us"]'), "own_domains"),
])  # fmt: skip
def test_rules_that_cannot_be_meant_stop_the_start(name: str, change: tuple[str, str], message: str) -> None:
    told = files()
    assert change[0] in told[name]
    with pytest.raises(RulesError, match=name) as refused:
        load_rules(told | {name: told[name].replace(*change)}, naming=NAMING)
    assert message in str(refused.value)


def test_every_reason_finds_its_next_act() -> None:
    """Ask A43."""
    assert RULES.returns.next_act("feature_gap") == "Show the release that closes the gap."
    assert RULES.returns.next_act("feature_gap:sso") == RULES.returns.next_act("feature_gap")
    rival = replace(RULES.returns, act=(Act(text="any"), Act(reason="competitor:Rival", text="their prices rose")))
    assert rival.next_act("competitor", detail="Rival") == "their prices rose"
    assert rival.next_act("competitor", detail="Other") == rival.next_act("price") == "any"
    assert RULES.returns.next_act("competitor", detail="Rival") == RULES.returns.next_act("competitor")
    assert RULES.returns.next_act(None) == RULES.returns.next_act("nobody knows why") != ""
