"""What mails give: a person's click, one that was probably a person's, and nothing for all that programs do."""

from typing import Any

import pytest

from schemas.activity import Void
from schemas.cards import ScoredHit
from schemas.touches import MailEvent
from streams.core.score.scoring import Scored
from tests.unit.core.made import ANN, DAY, MINUTE, NOW, human_click, mailed, points, scored

HOUR_AGO = NOW - 60 * MINUTE


def shown(told: Scored, name: str) -> list[ScoredHit]:
    return [hit for line in told.lines if line.name == name for hit in line.hits]


def click(at: int, message: str = "m1", **more: Any) -> MailEvent:
    return mailed("clicked", at, message, **more)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (human_click(NOW - 1_000), 3.0),
        ([click(HOUR_AGO)], 1.0),
        ([click(NOW)], 0.0),
        ([click(HOUR_AGO, sign="head")], 0.0),
        ([click(NOW - 14 * DAY)], 0.5),
        ([click(HOUR_AGO, f"m{n}") for n in range(6)], 5.0),  # of messages the five freshest
        ([click(HOUR_AGO, event="a"), click(HOUR_AGO - 1, event="b", link="3", sign="bot")], 0.0),  # a burst of two
        ([*human_click(HOUR_AGO), click(HOUR_AGO + 5 * MINUTE, event="b")], 3.0),  # of a message what is worth most
        ([click(HOUR_AGO, f"m{n}") for n in range(5)] + human_click(NOW - 14 * DAY, "m9"), 5.0),  # and no sixth
        ([c for n in range(5) for c in human_click(NOW - 2_000, f"m{n}")], 15.0),
    ],
)
def test_clicks_give_points_by_their_verdict(said: list[Any], expected: float) -> None:
    """Ask A1."""
    assert points(scored([], mail=said), "mail_click") == expected


def test_later_reclassification_takes_the_points_back() -> None:
    assert points(scored([], mail=[click(HOUR_AGO)]), "mail_click") == 1.0
    told = scored([], mail=[click(HOUR_AGO), click(HOUR_AGO + 300, link="2")])
    assert (points(told, "mail_click"), told.total_tenths) == (0.0, 0)
    assert [hit.set_aside for hit in shown(told, "mail_click")] == ["machine: burst", "machine: burst"]


def test_every_click_is_shown_with_what_is_known_of_it() -> None:
    said = [*human_click(HOUR_AGO, "m1"), click(HOUR_AGO - 1, "m2"), click(NOW, "m3"), click(HOUR_AGO - 2, "m4", sign="head")]  # fmt: skip # noqa: E501
    assert [(one.what, one.points_hundredths, one.note, one.set_aside) for one in shown(scored([], mail=said), "mail_click")] == [  # noqa: E501
        ("m3", 0, "pending", "pending: too young to tell"),
        ("m1", 299, "human", ""),
        ("m2", 100, "probably human", ""),
        ("m4", 0, "machine", "machine: asked for the head only"),
    ]  # fmt: skip


def test_of_equal_clicks_of_a_message_the_fresher_counts() -> None:
    told = scored([], mail=[click(HOUR_AGO), click(HOUR_AGO - DAY)])
    assert [one.at for one in shown(told, "mail_click")] == [HOUR_AGO]


def test_at_most_eight_idle_clicks_are_shown() -> None:
    told = scored([], mail=[click(NOW - n * 61_000, f"m{n}", sign="head") for n in range(12)])
    assert len(shown(told, "mail_click")) == 8


def test_opens_give_nothing_and_are_shown_as_such() -> None:
    told = scored([], mail=[mailed("opened", NOW - n, f"m{n % 2}") for n in range(9)])
    assert [(one.what, one.set_aside, one.points_hundredths) for one in shown(told, "mail_open")] == [
        ("m0", "0 by rule", 0),
        ("m1", "0 by rule", 0),
    ]
    assert told.total_tenths == 0


@pytest.mark.parametrize(
    ("said", "name", "expected"),
    [
        ([mailed("replied", NOW)], "mail_reply", 15.0),
        ([mailed("replied", NOW - n * 7 * DAY) for n in range(3)], "mail_reply", 27.8),
        ([mailed("replied", NOW, auto=True)], "mail_reply", 0.0),
        ([mailed("unsubscribed", NOW), mailed("unsubscribed", NOW - DAY)], "unsubscribed", -15.0),
        ([mailed("unsubscribed", NOW - 180 * DAY)], "unsubscribed", -7.5),
        ([mailed("bounced", NOW, permanent=True)], "hard_bounce", 0.0),
    ],
)
def test_replies_unsubscribing_and_bounces(said: list[MailEvent], name: str, expected: float) -> None:
    assert points(scored([], mail=said), name) == expected


def test_a_full_group_of_mail_is_capped_at_thirty() -> None:
    said = [mailed("replied", NOW), mailed("replied", NOW - 7 * DAY)]
    told = scored([], mail=[*said, *(one for n in range(5) for one in human_click(NOW - 2_000, f"m{n}"))])
    assert (told.engagement_tenths, points(told, "mail_reply") + points(told, "mail_click")) == (300, 42.8)


def test_clicks_before_the_lost_deal_count_for_nothing_and_hide_none_behind_it() -> None:
    said = [*human_click(NOW - 3 * DAY), click(NOW - DAY)]
    told = scored([], mail=said, epoch_at=NOW - 3 * DAY)
    assert points(told, "mail_click") == 1.0
    before = scored([], mail=said, epoch_at=NOW)
    assert [(one.set_aside, one.points_hundredths) for one in shown(before, "mail_click")] == [
        ("before the lost deal", 0)
    ]
    assert points(before, "mail_click") == 0


def test_a_void_reply_gives_nothing_and_says_why() -> None:
    said = [mailed("replied", NOW)]
    (hit,) = shown(scored([], mail=said), "mail_reply")
    told = scored([], mail=said, voids=[Void(NOW, hit.hit_id, "", "our own test", "olga")])
    assert [(one.set_aside, one.points_hundredths) for one in shown(told, "mail_reply")] == [("void: our own test", 0)]
    assert told.total_tenths == 0


def test_a_click_of_a_link_that_is_signed_for_somebody_else_confirms_nothing() -> None:
    said = [click(HOUR_AGO, click_id=f"{ANN}.a"), human_click(HOUR_AGO, "b")[1]]
    assert points(scored([], mail=said), "mail_click") == 1.0
