"""Precision and recall of alerts: figures from 20 on, a tighter rule below one half."""

from datetime import UTC, datetime

import pytest

from schemas.cards import AlertCounts, Reopening
from streams.core.flow.precision import precision, recall
from tests.unit.core.made import DAY, NOW
from tests.unit.core.told import ACME, DEAL, AccountStory, deal, member, of_deal, of_lead


def closed(outcome: str, *, n: int = 1, sent: bool = True, level: str = "real_time", strongest: str = "intent_day",
           rules_version: str = "r1") -> list[AlertCounts]:  # fmt: skip
    return [AlertCounts(
        outcome=outcome, level=level, strongest=strongest, rules_version=rules_version, sent=sent,  # type: ignore[arg-type]
    )] * n  # fmt: skip


def test_precision_is_contacted_and_reopened_of_sent() -> None:
    """Ask A42."""
    found = precision([
        *closed("contacted", n=8), *closed("reopened", n=4), *closed("dismissed", n=5), *closed("expired", n=2),
        *closed("overtaken"), *closed("dismissed", n=9, sent=False),
    ])  # fmt: skip
    assert [(one.by, one.name, one.sent, one.hits, one.share, one.proposal) for one in found] == [
        ("level", "real_time", 20, 12, 0.6, ""),
        ("strongest", "intent_day", 20, 12, 0.6, ""),
        ("rules_version", "r1", 20, 12, 0.6, ""),
    ]


@pytest.mark.parametrize(("hits", "misses", "share", "proposes"), [
    (9, 10, None, False), (10, 10, 0.5, False), (9, 11, 0.45, True), (0, 20, 0.0, True), (19, 0, None, False),
])  # fmt: skip
def test_below_twenty_nothing_is_said_and_below_one_half_a_tighter_rule_is_proposed(
    hits: int, misses: int, share: float | None, proposes: bool
) -> None:
    """Ask A14."""
    found = precision([*closed("contacted", n=hits), *closed("dismissed", n=misses)])
    assert {one.share for one in found} == {share}
    assert {one.proposal != "" for one in found} == {proposes}


def test_a_proposal_says_what_to_change() -> None:
    found = precision([
        *closed("dismissed", n=20), *closed("expired", n=20, level="digest", strongest="request", rules_version="r2"),
    ])  # fmt: skip
    said = {(one.by, one.name): one.proposal for one in found}
    assert "Raise real_time_from" in said["level", "real_time"]
    assert "Raise digest_from" in said["level", "digest"]
    assert 'Lower "each" of signal "intent_day"' in said["strongest", "intent_day"]
    assert "forms" in said["strongest", "request"]
    assert "before r2" in said["rules_version", "r2"]
    assert "0%" in said["level", "digest"]


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


def test_recall_is_monthly_of_those_whose_people_had_come_back() -> None:
    found = recall([
        Reopening(deal_id="deal:1", at=at("2026-03-01 00:00"), visited=True, alerted=True),
        Reopening(deal_id="deal:2", at=at("2026-03-31 23:59"), visited=True, alerted=False),
        Reopening(deal_id="deal:3", at=at("2026-03-05 00:00"), visited=False, alerted=False),
        Reopening(deal_id="deal:4", at=at("2026-02-28 23:59"), visited=True, alerted=True),
    ])  # fmt: skip
    assert [(one.month, one.reopened, one.alerted, one.share) for one in found] == [
        ("2026-02", 1, 1, 1.0), ("2026-03", 2, 1, 0.5),
    ]  # fmt: skip


def lost(*active: int) -> AccountStory:
    story = AccountStory()
    story.hears(of_deal(deal(), to=ACME, offset=1))
    story.hears(of_lead(member(active=active), offset=1))
    return story


def seen(story: AccountStory) -> list[tuple[str, bool, bool]]:
    return [(one.deal_id, one.visited, one.alerted) for one in story.card.reopenings]


def test_a_lost_deal_that_is_opened_again_is_noted_with_what_sales_had_heard() -> None:
    story = lost(NOW - DAY)
    story.hears(of_deal(deal("open", at=NOW), to=ACME, offset=2))
    assert seen(story) == [(DEAL, True, True)]
    story.hears(of_deal(deal("won", at=NOW + 1), to=ACME, offset=3))
    assert seen(story) == [(DEAL, True, True)]


def test_the_newest_that_were_opened_again_come_first_at_one_time_by_name() -> None:
    story = AccountStory()
    names = [f"deal:crm:{n}" for n in range(1, 19)]
    story.hears(*(of_deal(deal(deal_id=one), to=ACME, offset=1) for one in names))
    opened = [deal("open", at=NOW, deal_id=one) for one in names]
    story.hears(*(of_deal(one, to=ACME, offset=2, as_of=NOW) for one in opened[1:]))
    story.hears(of_deal(opened[0], to=ACME, offset=3, as_of=NOW + DAY))
    assert story.row is not None
    assert [one.deal_id for one in story.row.reopenings] == sorted(
        names, key=lambda one: (one == names[0], one), reverse=True
    )[:16]


def test_visits_that_raised_nothing_are_a_miss() -> None:
    story = AccountStory()
    story.hears(of_deal(deal(), to=ACME, offset=1))
    story.hears(of_lead(member(active=[NOW - 29 * DAY]), offset=1))
    story.hears(of_deal(deal("open", deal_id="deal:crm:2", at=NOW, follows_deal_id=DEAL), to=ACME, offset=1))
    assert seen(story) == [(DEAL, True, False)]


@pytest.mark.parametrize(("days_ago", "visited"), [(29, True), (30, False), (47, False)])
def test_only_visits_of_the_thirty_days_before_count(days_ago: int, visited: bool) -> None:
    story = lost(NOW - days_ago * DAY)
    story.hears(of_deal(deal("open", at=NOW), to=ACME, offset=2))
    assert seen(story)[0][1] is visited


def test_another_new_deal_takes_nothing_up_again() -> None:
    story = lost(NOW - DAY)
    story.hears(of_deal(deal("open", deal_id="deal:crm:2", at=NOW), to=ACME, offset=1))
    assert seen(story) == []
    follower = deal("open", deal_id="deal:crm:2", at=NOW, follows_deal_id=DEAL)
    story.hears(of_deal(follower, to=ACME, offset=2))
    story.hears(of_deal(follower, to=ACME, offset=3))
    assert seen(story) == [(DEAL, True, True)]


def test_a_deal_that_is_opened_again_is_noted_where_it_stands_alone() -> None:
    """The row of a CRM's id goes on hearing of deals that stand at its domain."""
    told = [deal(), deal("open", at=NOW)]
    stories = {key: AccountStory(key=key) for key in (ACME, "crm:crm:9")}
    for key, story in stories.items():
        for offset, facts in enumerate(told):
            story.hears(of_deal(facts, to=key, offset=offset))
    assert {key: [one.deal_id for one in story.card.reopenings] for key, story in stories.items()} == {
        ACME: [DEAL], "crm:crm:9": [],
    }  # fmt: skip


@pytest.mark.parametrize(("reset_at", "alerted"), [(None, False), (NOW - 29 * DAY, True), (NOW - 31 * DAY, False)])
def test_an_alert_that_was_settled_before_the_domain_was_known_counts(reset_at: int | None, alerted: bool) -> None:
    story = AccountStory()
    story.hears(of_deal(deal(reset_at=reset_at), to=ACME, offset=1))
    story.hears(of_deal(deal("open", at=NOW), to=ACME, offset=2))
    assert seen(story) == [(DEAL, False, alerted)]
