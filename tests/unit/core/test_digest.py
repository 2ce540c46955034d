"""The digest: when, of what, in which order, once; and in the week's first one what is ahead."""

from typing import Any

import pytest
from msgspec.structs import replace

from schemas.ids import digest_id_of
from schemas.posts import Digest
from schemas.touches import Tick
from tests.unit.core.told_hours import (
    BERLIN,
    BOTH,
    DORA,
    MINUTE,
    ROUTING,
    SEOUL,
    SLOW,
    Desk,
    absence,
    at,
    outlook,
    post,
    rules_with,
    update,
)  # fmt: skip

TUESDAY = at("2026-03-03 10:00")


def digests(desk: Desk) -> list[Digest]:
    return [one.post for one in desk.dues if isinstance(one.post, Digest)]


def low(n: int, when: int = TUESDAY, **more: Any) -> Any:
    return post(n, when, level="digest", **more)


# 08:30 local on business days, none when empty.
@pytest.mark.parametrize(
    ("came", "told"),
    [
        ("2026-03-03 08:29", "03-03 08:30"),
        ("2026-03-03 08:30", "03-04 08:30"),
        ("2026-03-03 23:00", "03-04 08:30"),
        ("2026-03-06 12:00", "03-09 08:30"),  # Friday
        ("2026-03-19 12:00", "03-23 08:30"),  # before a holiday
        ("2026-03-27 12:00", "03-30 08:30"),  # the clocks go forward
        ("2026-10-23 12:00", "10-26 08:30"),  # and back
    ],
)
def test_it_comes_in_the_morning_of_a_business_day(came: str, told: str) -> None:
    desk = Desk()
    desk.hears(low(1, at(came)))
    desk.runs(at("2026-12-01 00:00"))
    assert desk.told == [f"{told} memory digest of a1"]


def test_each_recipient_has_his_own_morning() -> None:
    desk = Desk(SEOUL, zone="Asia/Seoul")
    desk.hears(low(1, at("2026-03-03 10:00"), to=SEOUL))
    desk.runs(at("2026-03-06 00:00"))
    assert desk.told == ["03-04 08:30 memory digest of a1"]


def test_none_when_empty() -> None:
    desk = Desk()
    desk.hears(post(1, TUESDAY))
    assert desk.row is not None
    assert desk.row.wake_at is None
    desk.hears(low(2))
    desk.hears(update(2, "done", when=TUESDAY))
    desk.runs(at("2026-03-30 00:00"))
    desk.hears(Tick(to=BERLIN, at=at("2026-03-30 09:00")))
    assert digests(desk) == []


def test_a_message_after_the_time_makes_it_due_too_and_is_not_in_it() -> None:
    """The clock was late: what came after 08:30 waits for the next one."""
    desk = Desk()
    desk.hears(low(1))
    desk.folds(low(2, at("2026-03-04 08:31")))
    desk.runs(at("2026-03-06 00:00"))
    assert desk.told == ["03-04 08:31 memory digest of a1", "03-05 08:30 memory digest of a2"]
    assert [one.at for one in digests(desk)] == [at("2026-03-04 08:30"), at("2026-03-05 08:30")]


def test_after_days_without_a_clock_there_is_one_digest() -> None:
    desk = Desk()
    desk.hears(low(1))
    desk.folds(Tick(to=BERLIN, at=at("2026-03-09 12:00")))
    assert desk.told == ["03-09 12:00 memory digest of a1"]
    assert digests(desk)[0].post_id == digest_id_of(BERLIN, 20_521)  # 2026-03-09


def test_the_first_message_of_a_recipient_brings_no_digest_of_the_past() -> None:
    desk = Desk()
    desk.hears(low(1, at("2026-03-03 08:00")), Tick(to=BERLIN, at=at("2026-03-03 09:00")))
    assert desk.told == []
    desk.runs(at("2026-03-05 00:00"))
    assert desk.told == ["03-04 08:30 memory digest of a1"]


# The top 10 by R x amount (no amount = 1; fixed rates); ties: greater R, earlier lost_at, account_id.
def test_it_names_the_best_first() -> None:
    desk = Desk()
    desk.hears(
        low(1, strength=4, amount=10.0),
        low(2, strength=7, amount=100.0),
        low(3, strength=5),
        low(4, strength=6, amount=0.0),
        low(5, strength=5, amount=8.0),  # 40 as the first, and a greater R
        low(6, strength=5, lost_at=999),  # as the third, lost earlier
        low(7, strength=5, lost_at=999),  # by name
    )
    desk.runs(at("2026-03-05 00:00"))
    assert desk.told == ["03-04 08:30 memory digest of a2,a5,a1,a4,a6,a7,a3"]


def test_amounts_are_compared_in_the_currency_of_the_site() -> None:
    rules = rules_with(returns=("KRW = 0.00065", "KRW = 0.001"))
    desk = Desk(rules=rules)
    cards = [low(n, strength=5, amount=amount) for n, amount in enumerate((30_000.0, 1_000_000.0, 29.0, 31.0), 1)]
    money = ("KRW", "XXX", "EUR", None)  # 30, unknown, 29, 31 of the site's
    desk.hears(*(_in_currency(one, code) for one, code in zip(cards, money, strict=True)))
    desk.runs(at("2026-03-05 00:00"))
    assert desk.told == ["03-04 08:30 memory digest of a4,a1,a3,a2"]


def _in_currency(one: Any, code: str | None) -> Any:
    return replace(one, alert=replace(one.alert, deal=replace(one.alert.deal, currency=code)))


def test_ten_are_told_and_the_others_come_with_the_next_one() -> None:
    desk = Desk()
    desk.hears(*(low(n, strength=5, amount=100.0 - n) for n in range(1, 14)))
    desk.runs(at("2026-03-06 00:00"))
    assert desk.told == [
        "03-04 08:30 memory digest of a1,a2,a3,a4,a5,a6,a7,a8,a9,a10 +3",
        "03-05 08:30 memory digest of a11,a12,a13",
    ]


def test_how_many_is_a_rule() -> None:
    desk = Desk(rules=rules_with("digest_most = 1\n" + ROUTING))
    desk.hears(low(1), low(2))
    desk.runs(at("2026-03-04 12:00"))
    assert desk.told == ["03-04 08:30 memory digest of a1 +1"]


# What was told in a digest is not told again at the same level.
def test_an_alert_is_one_entry_at_its_highest_level_with_its_newest_card() -> None:
    desk, start = Desk(), at("2026-03-03 09:00")
    desk.hears(*(post(n, start) for n in range(11, 16)))
    desk.hears(low(1, start, offset=1), post(1, start, offset=2, strength=9), low(1, start, occasion="copy", offset=3))
    desk.runs(at("2026-03-06 00:00"))
    (one,) = digests(desk)
    assert [(entry.level, entry.alert.version.offset) for entry in one.posts] == [("real_time", 2)]


def test_it_is_told_once_at_a_level() -> None:
    desk = Desk()
    desk.hears(low(1))
    desk.runs(at("2026-03-04 12:00"))
    desk.hears(low(1), low(1, at("2026-03-04 12:00"), occasion="copy"), low(2, at("2026-03-04 12:00")))
    desk.runs(at("2026-03-10 00:00"))
    assert desk.told == ["03-04 08:30 memory digest of a1", "03-05 08:30 memory digest of a2"]


def test_after_the_digest_the_greater_level_is_told() -> None:
    desk = Desk()
    desk.hears(low(1))
    desk.hears(post(1, at("2026-03-04 12:00"), offset=2))
    desk.runs(at("2026-03-10 00:00"))
    assert desk.told == ["03-04 08:30 memory digest of a1", "03-04 12:00 memory real_time a1 raised"]


def test_after_a_message_the_digest_does_not_tell_it_again() -> None:
    desk = Desk()
    desk.hears(low(1))
    desk.hears(post(1, TUESDAY + MINUTE, offset=2))
    desk.runs(at("2026-03-10 00:00"))
    assert desk.told == ["03-03 10:01 memory real_time a1 raised"]


@pytest.mark.parametrize(("occasion", "again"), [("broke_through", 1), ("woke", 1), ("copy", 0), ("deputy", 0)])
def test_what_broke_through_is_told_also_over_the_days_most(occasion: str, again: int) -> None:
    desk = Desk()
    desk.hears(*(post(n, TUESDAY) for n in range(1, 6)))
    desk.hears(post(1, TUESDAY + 1, occasion=occasion, offset=2))
    desk.runs(at("2026-03-10 00:00"))
    assert desk.told[5:] == ["03-04 08:30 memory digest of a1"] * again


# Receipts for digests mark all their posts.
def test_a_receipt_settles_a_digest_and_all_that_it_told() -> None:
    desk = Desk()
    desk.answers = False
    desk.hears(*(low(n) for n in range(1, 13)))
    desk.runs(at("2026-03-04 08:31"))
    assert len(desk.told) == 2
    assert desk.row is not None
    assert desk.row.wake_at == at("2026-03-04 08:32")
    desk.folds(desk.receipt(desk.dues[0], "refused"))
    assert desk.row.digests == {}
    outcomes = [kept.outcomes for kept in desk.row.posts.values() if kept.post is None]
    assert outcomes == [{"memory": "refused"}] * 10
    assert desk.row.wake_at == at("2026-03-05 08:30")
    desk.folds(desk.receipt(desk.dues[0]))  # a copy
    assert len(desk.row.posts) == 12


def test_a_digest_waits_for_each_channel() -> None:
    names = frozenset({"memory", "slack", "webhook"})
    desk = Desk(rules=rules_with(ROUTING.replace('"memory", ', '"memory", "slack", ')), channels=names)
    desk.answers = False
    desk.hears(low(1))
    for due in list(desk.dues):
        desk.folds(desk.receipt(due))
    desk.runs(at("2026-03-04 08:30"))
    told = desk.dues[1:]
    assert [one.channel for one in told] == ["memory", "slack"]
    desk.folds(desk.receipt(told[0]))
    desk.runs(at("2026-03-04 08:31"))
    assert [one.channel for one in desk.dues[3:]] == ["slack"]
    assert desk.row is not None
    assert [kept.outcomes["memory"] for kept in desk.row.posts.values()] == ["sent"]


def test_a_repeated_digest_says_the_same() -> None:
    desk = Desk()
    desk.answers = False
    morning = at("2026-03-09 08:00")
    desk.hears(low(1, morning), low(2, morning), outlook(3, morning, hold=at("2026-03-12 00:00")))
    desk.runs(at("2026-03-09 08:34"))
    told = digests(desk)
    assert len(told) == 5
    assert told == [told[0]] * 5


def test_digests_without_receipt_are_bounded() -> None:
    desk = Desk()
    desk.answers = False
    for n, day in enumerate((2, 3, 4, 5, 6, 9, 10, 11, 12), 1):
        desk.folds(low(n, at(f"2026-03-{day:02} 07:00")))
        desk.folds(Tick(to=BERLIN, at=at(f"2026-03-{day:02} 08:30")))
        assert desk.row is not None
        assert (len(desk.row.digests), desk.bounds) == (min(n, 8), ["digests"] if n > 8 else [])


def test_a_channel_at_once_gets_no_digest() -> None:
    desk = Desk(channels=BOTH)
    desk.hears(low(1))
    desk.runs(at("2026-03-05 00:00"))
    assert desk.told == ["03-03 10:00 webhook digest a1 raised", "03-04 08:30 memory digest of a1"]


# Mondays add lost accounts whose hold ends within 14 d or whose rival's contract ends within 90 d.
@pytest.mark.parametrize(
    ("hold", "contract", "told"),
    [
        ("2026-03-23 08:30", None, ["03-09 08:30 memory digest of  a1:hold_ends"]),  # 14 d
        ("2026-03-23 08:31", None, ["03-16 08:30 memory digest of  a1:hold_ends"]),
        (None, "2026-06-07 09:30", ["03-09 08:30 memory digest of  a1:contract_ends"]),  # 90 d, over a changed clock
        (None, "2026-06-07 09:31", ["03-16 08:30 memory digest of  a1:contract_ends"]),
        ("2026-03-12 00:00", "2026-05-01 00:00", ["03-09 08:30 memory digest of  a1:hold_ends a1:contract_ends"]),
        (
            "2026-03-12 00:00", "2026-06-14 00:00",
            ["03-09 08:30 memory digest of  a1:hold_ends", "03-16 08:30 memory digest of  a1:contract_ends"],
        ),
        ("2026-03-04 00:00", None, ["03-09 08:30 memory digest of  a1:hold_ends"]),
        ("2026-03-02 08:30", None, []),  # a week
        (None, None, []),
    ],
)  # fmt: skip
def test_mondays_tell_what_is_ahead(hold: str | None, contract: str | None, told: list[str]) -> None:
    """Ask A21."""
    desk = Desk()
    dates = {name: at(said) for name, said in (("hold", hold), ("contract", contract)) if said}
    desk.hears(outlook(1, TUESDAY, **dates))
    desk.runs(at("2026-12-01 00:00"))
    assert desk.told == told
    assert desk.row is not None
    assert desk.row.wake_at is None


def test_other_days_do_not() -> None:
    desk = Desk()
    desk.hears(low(1), outlook(2, TUESDAY, hold=at("2026-03-12 00:00")))
    desk.runs(at("2026-03-10 00:00"))
    assert desk.told == ["03-04 08:30 memory digest of a1", "03-09 08:30 memory digest of  a2:hold_ends"]


def test_after_a_monday_without_work_the_next_day_tells_it() -> None:
    """2026-04-06 is a holiday."""
    desk = Desk()
    desk.hears(outlook(1, at("2026-04-02 10:00"), hold=at("2026-04-15 00:00")))
    desk.runs(at("2026-04-20 00:00"))
    assert desk.told == ["04-07 08:30 memory digest of  a1:hold_ends"]


def test_a_monday_that_the_clock_missed_is_made_up_for() -> None:
    desk = Desk()
    desk.hears(outlook(1, TUESDAY, hold=at("2026-03-12 00:00")))
    desk.folds(Tick(to=BERLIN, at=at("2026-03-11 10:00")))
    assert desk.told == ["03-11 10:00 memory digest of  a1:hold_ends"]


def test_what_was_not_due_on_monday_is_not_told_in_its_week() -> None:
    """Nothing woke this row on Monday; on Wednesday the hold ends within 14 days."""
    desk = Desk()
    desk.hears(outlook(1, TUESDAY, hold=at("2026-03-24 12:00")))
    desk.folds(Tick(to=BERLIN, at=at("2026-03-11 10:00")))
    assert desk.told == []
    desk.runs(at("2026-03-17 00:00"))
    assert desk.told == ["03-16 08:30 memory digest of  a1:hold_ends"]


def test_a_date_is_told_once_and_another_date_again() -> None:
    desk = Desk()
    desk.hears(outlook(1, TUESDAY, hold=at("2026-03-20 00:00")))
    desk.runs(at("2026-03-10 00:00"))
    desk.hears(outlook(1, at("2026-03-10 00:00"), hold=at("2026-03-20 00:00"), offset=2))
    desk.runs(at("2026-03-17 00:00"))
    desk.hears(outlook(1, at("2026-03-17 00:00"), hold=at("2026-04-01 00:00"), offset=3))
    desk.runs(at("2026-04-17 00:00"))
    assert desk.told == ["03-09 08:30 memory digest of  a1:hold_ends", "03-23 08:30 memory digest of  a1:hold_ends"]


def test_what_was_withdrawn_is_not_told_and_the_newest_version_counts() -> None:
    desk = Desk()
    desk.hears(outlook(1, TUESDAY, hold=at("2026-03-20 00:00"), offset=2), outlook(2, TUESDAY, gone=True, offset=5))
    desk.hears(outlook(1, TUESDAY, gone=True, offset=3), outlook(2, TUESDAY, hold=at("2026-03-20 00:00"), offset=4))
    desk.runs(at("2026-04-17 00:00"))
    assert desk.told == []


def test_the_earliest_are_told_first_and_twenty_at_most() -> None:
    desk = Desk()
    desk.hears(*(outlook(n, TUESDAY, hold=at("2026-03-17 00:00") - n) for n in range(1, 23)))
    desk.runs(at("2026-03-17 00:00"))
    first, second = digests(desk)
    assert [one.account_id for one in first.ahead] == [f"a{n}.example" for n in range(22, 2, -1)]
    assert [one.account_id for one in second.ahead] == ["a2.example", "a1.example"]
    assert (first.ahead[0].reason, first.ahead[0].at, first.ahead[0].account_name) == (
        "hold_ends", at("2026-03-17 00:00") - 22, "A22",
    )  # fmt: skip


def test_outlooks_are_bounded_the_nearest_dates_stay() -> None:
    desk = Desk()
    desk.folds(*(outlook(n, TUESDAY, hold=TUESDAY + n * 86_400_000) for n in range(1, 256)))
    desk.folds(outlook(300, TUESDAY, gone=True))
    assert desk.bounds == []
    desk.folds(outlook(301, TUESDAY, contract=TUESDAY + 1))
    assert desk.bounds == []
    assert desk.row is not None
    assert "a300.example" not in desk.row.outlooks
    desk.folds(outlook(302, TUESDAY, contract=TUESDAY + 2))
    assert desk.bounds == ["outlooks"]
    assert "a255.example" not in desk.row.outlooks
    assert {"a301.example", "a302.example", "a254.example"} < desk.row.outlooks.keys()
    assert len(desk.row.outlooks) == 256


def test_who_is_away_reads_it_when_back() -> None:
    desk = Desk()
    desk.hears(absence(at("2026-03-04 00:00"), at("2026-03-14 00:00"), deputy=DORA, when=TUESDAY))
    desk.hears(outlook(1, TUESDAY, hold=at("2026-03-20 00:00")))
    desk.runs(at("2026-04-01 00:00"))
    assert desk.told == ["03-16 08:30 memory digest of  a1:hold_ends"]


def test_without_a_channel_for_digests_nothing_waits() -> None:
    desk = Desk(channels=frozenset({"webhook"}))
    desk.hears(low(1), outlook(1, TUESDAY, hold=at("2026-03-20 00:00")))
    assert desk.row is not None
    assert desk.row.wake_at is None
    desk.hears(Tick(to=BERLIN, at=at("2026-03-09 09:00")))
    assert (digests(desk), desk.channels & SLOW) == ([], frozenset())
