"""What is kept of mails: within bounds, and the same in every order."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.mail import NO_MAIL, Mail
from schemas.touches import Confirmation, MailEvent
from streams.core.mail.kept import heard_mail, joined_mail
from tests.unit.core import told_at_random as some
from tests.unit.core.made import ANN, DAY, HOUR, NOW, RULES, confirmed, mailed
from tests.unit.core.mail_at_random import mail as some_mail


def heard(*said: MailEvent | Confirmation) -> Mail:
    return heard_mail(NO_MAIL, said, RULES)


@given(said=some_mail, data=st.data())
def test_order_copies_and_blocks_do_not_matter(said: list[Any], data: st.DataObject) -> None:
    row = NO_MAIL
    for block in data.draw(some.arrivals(said)):
        row = heard_mail(row, block, RULES)
    assert row == heard(*said)


@given(a=some_mail, b=some_mail, c=some_mail)
def test_joining_is_commutative_associative_and_idempotent(a: list[Any], b: list[Any], c: list[Any]) -> None:
    one, two, three = heard(*a), heard(*b), heard(*c)
    both = joined_mail([one, two], RULES)
    assert both == joined_mail([two, one], RULES)
    assert joined_mail([both, three], RULES) == joined_mail([one, joined_mail([two, three], RULES)], RULES)
    assert joined_mail([both, one], RULES) == both


def test_eight_clicks_of_a_message_and_twenty_four_in_all_the_freshest() -> None:
    clicks = [mailed("clicked", NOW - n * HOUR, f"m{n % 4}", event=f"{n}") for n in range(80)]
    kept = heard(*clicks).clicks
    assert [one.at for one in kept] == [NOW - n * HOUR for n in range(24)]
    of_one = heard(*(mailed("clicked", NOW - n * HOUR, event=f"{n}") for n in range(9))).clicks
    assert [one.at for one in of_one] == [NOW - n * HOUR for n in range(8)]


def test_of_two_times_of_one_click_the_later_is_kept() -> None:
    kept = heard(mailed("clicked", NOW, event="a"), mailed("clicked", NOW - 1, event="a")).clicks
    assert [one.at for one in kept] == [NOW]


def test_twenty_four_confirmations_eight_of_one_click_and_of_one_page_the_most_attention() -> None:
    many = [confirmed(f"{ANN}.{n % 5}", NOW - n) for n in range(60)]
    assert [one.at for one in heard(*many).confirmations] == [NOW - n for n in range(24)]
    assert len(heard(*(confirmed(f"{ANN}.1", NOW - n) for n in range(9))).confirmations) == 8
    page = [confirmed(f"{ANN}.1", NOW, dwell_ms=dwell_ms) for dwell_ms in (5_000, 30_000, 10_000)]
    assert [one.dwell_ms for one in heard(*page).confirmations] == [30_000]
    both = [confirmed(f"{ANN}.1", NOW, visitor=visitor) for visitor in ("v1", "v2")]
    assert len(heard(*both).confirmations) == 2


@pytest.mark.parametrize(
    ("kind", "most", "of_one"),
    [("sent", 8, 1), ("delivered", 24, 2), ("opened", 24, 4), ("bounced", 2, 1), ("complained", 2, 1),
     ("unsubscribed", 2, 1), ("subscribed", 2, 1)],
)  # fmt: skip
def test_marks_are_bounded_by_message_and_in_all(kind: Any, most: int, of_one: int) -> None:
    many = heard(*(mailed(kind, NOW - n, f"m{n}", permanent=True) for n in range(30))).marks[kind]
    assert [one.at for one in many] == [NOW - n for n in range(most)]
    same = heard(*(mailed(kind, NOW - n, permanent=True) for n in range(30))).marks[kind]
    assert [one.at for one in same] == [NOW - n for n in range(of_one)]


def test_hidden_links_are_no_clicks() -> None:
    kept = heard(*(mailed("hidden_link", NOW - n, f"m{n // 3}", event=f"{n}") for n in range(30)))
    assert (kept.clicks, len(kept.traps)) == ((), 8)
    assert [one.at for one in kept.traps[:3]] == [NOW, NOW - 1, NOW - 3]


@pytest.mark.parametrize(
    "said",
    [mailed("bounced", NOW), mailed("replied", NOW, auto=True), mailed("deferred", NOW)],
    ids=["will be tried again", "an auto-reply", "deferred"],
)
def test_what_proves_nothing_leaves_nothing(said: MailEvent) -> None:
    assert heard(said) == NO_MAIL


def test_replies_of_one_week_do_not_push_out_those_of_the_week_before() -> None:
    replies = [mailed("replied", NOW - n * HOUR, f"m{n}") for n in range(10)]
    kept = heard(*replies, mailed("replied", NOW - 7 * DAY, "m10")).hits["mail_reply"]
    assert [one.at for one in kept] == [NOW, NOW - 7 * DAY]


def test_a_user_agent_is_kept_as_a_hash() -> None:
    one, other = heard(mailed("clicked", NOW, user_agent="Firefox"), mailed("clicked", NOW - 1)).clicks
    assert (one.agent != 0, other.agent, one.sign) == (True, 0, "")


def test_texts_of_any_length_stay_within_the_row() -> None:
    long = "x" * 4_000
    said = mailed("clicked", NOW, long, link=long + "1", click_id=long), mailed("clicked", NOW, long, link=long + "2")
    mail = heard(*said, mailed("delivered", NOW - 1, long), mailed("opened", NOW, long))
    assert all(len(text) <= 128 for one in mail.clicks for text in (one.message_id, one.link, one.click_id))
    assert len(mail.hits["mail_open"][0].what) <= 128
    assert len({one.link for one in mail.clicks}) == 2
    assert {one.reason for one in RULES.scoring.judge.judged(mail, as_of=NOW)} == {"right after delivery"}
    assert heard(mailed("clicked", NOW, "y" * 128)).clicks[0].message_id == "y" * 128
