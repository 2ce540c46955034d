"""What is told where a real-time alert is out already, and what is no news at all."""

import pytest

from schemas.ids import alert_id_of, post_id_of
from streams.core.news import is_news
from tests.unit.core.made import ANN, BEN, DAY, HOUR, MINUTE, NOW
from tests.unit.core.told import ACME, DEAL, OWNER, AccountStory, action, deal, member, of_deal, of_lead

FIRST, SECOND = alert_id_of(DEAL, 1), alert_id_of(DEAL, 2)
REP = OWNER.recipient_id


def lost(**more: object) -> AccountStory:
    story = AccountStory()
    story.hears(of_deal(deal(**({"at": NOW - 200 * DAY} | more)), to=ACME, offset=1, as_of=NOW - DAY))  # type: ignore[arg-type]
    return story


def comes(story: AccountStory, *active: int, lead_id: str = ANN, as_of: int = NOW, **more: object) -> None:
    assert story.row is not None
    one = member(active=active, **more)  # type: ignore[arg-type]
    story.hears(of_lead(one, offset=story.row.version.offset + 9, lead_id=lead_id, as_of=as_of))


def broke(story: AccountStory) -> list[str]:
    return [one.detail for one in story.told if one.occasion == "broke_through"]


def test_each_person_and_kind_breaks_through_once_inside_one_episode() -> None:
    story = lost(lost_reason="price")
    comes(story, NOW, NOW - DAY)
    comes(story, NOW + MINUTE, lead_id=BEN, as_of=NOW + MINUTE)
    comes(story, NOW + 2 * MINUTE, lead_id=BEN, answers={"price": NOW + 2 * MINUTE}, as_of=NOW + 2 * MINUTE)
    asked = {"answers": {"price": NOW + 2 * MINUTE}, "asked": [NOW + 3 * MINUTE]}
    comes(story, NOW + 3 * MINUTE, lead_id=BEN, as_of=NOW + 3 * MINUTE, **asked)
    comes(story, NOW + HOUR, lead_id=BEN, as_of=NOW + HOUR, **asked)
    assert broke(story) == [f"person:{BEN}", f"answer:{BEN}", f"request:{BEN}"]
    assert story.heard_by(REP) == [
        ("raised", NOW), ("broke_through", NOW + MINUTE), ("broke_through", NOW + 2 * MINUTE),
        ("broke_through", NOW + 3 * MINUTE),
    ]  # fmt: skip
    assert len({one.post_id for one in story.told}) == 4
    assert [one.post_id for one in story.told][1] == post_id_of(
        FIRST, "real_time", REP, occasion=f"broke_through:person:{BEN}"
    )
    assert story.alert.updates == 3


def test_what_breaks_through_at_once_is_told_at_once() -> None:
    story = lost(lost_reason="price")
    comes(story, NOW, NOW - DAY)
    comes(story, NOW + HOUR, lead_id=BEN, answers={"price": NOW + HOUR}, as_of=NOW + HOUR)
    assert broke(story) == [f"answer:{BEN}, person:{BEN}"]


def test_what_was_in_the_announcement_breaks_nothing() -> None:
    story = lost(lost_reason="price")
    comes(story, NOW, lead_id=BEN)
    comes(story, NOW, answers={"price": NOW})
    comes(story, NOW, NOW + HOUR, answers={"price": NOW + HOUR}, as_of=NOW + HOUR)
    assert broke(story) == []


def test_a_new_person_where_r_is_weak_now_breaks_nothing() -> None:
    story = lost()
    comes(story, NOW, NOW - DAY)
    comes(story, NOW + 20 * DAY, lead_id=BEN, as_of=NOW + 20 * DAY)
    assert (broke(story), story.alert.level) == ([], "real_time")


def test_the_cool_down_is_168_hours_from_the_last_announcement() -> None:
    """What broke through was one too."""
    story = lost()
    comes(story, NOW, NOW - DAY)
    comes(story, NOW + DAY, lead_id=BEN, as_of=NOW + DAY)
    story.hears(action("dismiss", FIRST, reason="x", at=NOW + DAY))
    comes(story, NOW + 2 * DAY, NOW + 3 * DAY, as_of=NOW + 3 * DAY)
    assert story.alerts[SECOND].level == "digest"
    assert story.card.wake_at == NOW + DAY + 168 * HOUR


def test_a_fast_pass_is_real_time_whatever_r_is_and_once_a_person() -> None:
    story = lost()
    comes(story, NOW, NOW - DAY)
    story.hears(action("dismiss", FIRST, reason="x"))
    comes(story, asked=[NOW + HOUR], as_of=NOW + HOUR)
    assert (story.alerts[SECOND].level, story.alerts[SECOND].strength.strength) == ("real_time", 0)
    story.hears(action("dismiss", SECOND, reason="x", at=NOW + HOUR))
    comes(story, asked=[NOW + 2 * HOUR], as_of=NOW + 2 * HOUR)
    assert story.alerts[alert_id_of(DEAL, 3)].level == "digest"


@pytest.mark.parametrize(("days_ago", "opens"), [(6, True), (7, False), (8, False)])
def test_an_import_of_the_past_opens_nothing(days_ago: int, opens: bool) -> None:
    story = lost()
    comes(story, NOW - days_ago * DAY, NOW - 9 * DAY)
    assert (FIRST in story.alerts) is opens
    comes(story, NOW - days_ago * DAY, NOW - 9 * DAY, NOW)
    assert story.alerts[FIRST].strength.strength == 11


def test_what_is_young_does_not_make_news_of_what_is_old() -> None:
    story = lost()
    comes(story, NOW, lead_id=BEN)
    assert story.alerts == {}
    comes(story, NOW - 8 * DAY)
    assert story.card.strength is not None
    assert (story.alerts, story.card.strength.strength) == ({}, 15)


def test_an_import_of_the_past_raises_no_level() -> None:
    story = lost()
    comes(story, NOW)
    comes(story, NOW - 8 * DAY, lead_id=BEN)
    assert (story.alert.level, story.alert.strength.level) == ("digest", "real_time")
    comes(story, NOW, lead_id=BEN)
    assert story.alert.level == "real_time"


def test_a_day_that_goes_away_is_no_news() -> None:
    story = lost()
    comes(story, NOW, careers=[NOW - DAY])
    assert story.alerts == {}
    comes(story, NOW)
    assert story.alerts == {}


def test_news_are_younger_than_seven_days() -> None:
    assert is_news(NOW - 7 * DAY + 1, as_of=NOW)
    assert not is_news(NOW - 7 * DAY, as_of=NOW)


@pytest.mark.parametrize(("mailed_hours_before", "provoked"), [(0, True), (24, True), (25, False), (-1, False)])
def test_a_return_within_a_day_of_our_mail_was_provoked(mailed_hours_before: int, provoked: bool) -> None:
    story = lost()
    comes(story, lead_id=BEN, mailed_at=NOW - DAY - mailed_hours_before * HOUR)
    comes(story, NOW - DAY, NOW)
    assert story.alert.provoked is provoked
    comes(story, NOW - DAY, NOW, NOW + DAY, as_of=NOW + DAY, mailed_at=NOW + DAY)
    assert story.alert.provoked is provoked


@pytest.mark.parametrize(("level", "title", "expected"), [
    ("1", "Chief Information Officer", "What it costs to go on as now, in their own figures."),
    ("1", "Manager", "What others of their size did first, and what it saved them."),
    ("3", "Chief", "What keeps what they have from working across teams."),
    ("", "Chief", ""),
    ("9", "Chief", ""),
])  # fmt: skip
def test_the_talking_point_is_by_level_and_persona(level: str, title: str, expected: str) -> None:
    """Ask A40."""
    story = lost()
    comes(story, NOW, maturity=level, title=title)
    assert story.alert.talking_point == expected


def test_the_talking_point_is_of_the_first_who_has_a_level_and_people_silenced_are_nowhere() -> None:
    story = lost()
    comes(story, NOW, lead_id=BEN, maturity="2", stage="nurture")
    comes(story, NOW, lead_id="cem", maturity="3", silenced=True)
    comes(story, NOW, NOW - DAY)
    assert story.alert.talking_point.startswith("The next step")
    assert {one.lead_id for one in story.alert.people} == {ANN, BEN}


def test_a_request_that_went_by_is_one_update_and_not_one_with_each_message() -> None:
    story = lost()
    comes(story, NOW, asked=[NOW])
    comes(story, NOW + 13 * DAY, asked=[NOW], as_of=NOW + 15 * DAY)
    assert (story.alert.fast_pass, story.alert.updates) == (True, 0)
    comes(story, NOW + 13 * DAY, asked=[NOW], as_of=NOW + 15 * DAY + HOUR)
    assert (story.alert.updates, story.last.alerts) == (0, ())
