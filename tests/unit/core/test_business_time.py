from datetime import UTC, date, datetime, time

import pytest

from streams.core.business_time import BusinessTime

SEOUL = BusinessTime("Asia/Seoul", holidays=(date(2026, 3, 2),))
BERLIN = BusinessTime("Europe/Berlin")
HOUR_MS = 3_600_000


def utc(said: str) -> int:
    return int(datetime.fromisoformat(said).replace(tzinfo=UTC).timestamp() * 1_000)


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        ("2026-03-03 00:00", True),  # Tuesday 09:00 in Seoul
        ("2026-03-02 23:59", False),
        ("2026-03-03 08:59", True),
        ("2026-03-03 09:00", False),  # 18:00
        ("2026-03-02 03:00", False),  # a holiday
        ("2026-03-07 03:00", False),  # Saturday
    ],
)
def test_hours_are_local_and_end_before_the_last(at: str, is_open: bool) -> None:
    assert SEOUL.is_open(utc(at)) is is_open


def test_the_next_opening_passes_over_week_ends_and_holidays() -> None:
    assert SEOUL.next_open(utc("2026-02-27 09:30")) == utc("2026-03-03 00:00")
    assert SEOUL.next_open(utc("2026-03-03 02:00")) == utc("2026-03-03 02:00")
    assert SEOUL.next_open(utc("2026-03-02 20:00")) == utc("2026-03-03 00:00")


def test_time_of_work_runs_only_while_people_work() -> None:
    assert SEOUL.after(utc("2026-02-27 07:00"), 4 * HOUR_MS) == utc("2026-03-03 02:00")  # 2 h on Friday, 2 on Tuesday
    assert SEOUL.after(utc("2026-03-03 00:00"), 9 * HOUR_MS) == utc("2026-03-03 09:00")  # to the very end
    assert SEOUL.after(utc("2026-03-03 00:00"), 20 * HOUR_MS) == utc("2026-03-05 02:00")


def test_the_clock_holds_when_daylight_saving_begins() -> None:
    friday = utc("2026-03-27 08:00")  # 09:00 in Berlin, and 09:00 is 07:00 UTC from Sunday on
    assert BERLIN.same_time_next_workday(friday) == utc("2026-03-30 07:00")
    assert BERLIN.after(friday, 9 * HOUR_MS + 1) == utc("2026-03-30 07:00") + 1


def test_what_comes_at_night_counts_from_the_morning() -> None:
    assert BERLIN.same_time_next_workday(utc("2026-03-09 22:00")) == utc("2026-03-11 08:00")


def test_the_next_digest_is_on_a_day_of_work() -> None:
    assert SEOUL.next_at(utc("2026-02-26 23:29"), time(8, 30)) == utc("2026-02-26 23:30")
    assert SEOUL.next_at(utc("2026-02-26 23:30"), time(8, 30)) == utc("2026-03-02 23:30")


def test_days_are_local() -> None:
    assert SEOUL.day(utc("1970-01-01 15:00")) == 1


HALF_NINE = time(8, 30)


@pytest.mark.parametrize(
    ("at", "latest"),
    [
        ("2026-03-03 23:29", "2026-03-02 23:30"),  # Wednesday 08:29 in Seoul
        ("2026-03-03 23:30", "2026-03-03 23:30"),
        ("2026-03-03 20:00", "2026-03-02 23:30"),
        ("2026-03-02 23:29", "2026-02-26 23:30"),  # Tuesday after a holiday and a week-end
        ("2026-03-01 23:30", "2026-02-26 23:30"),  # the holiday
    ],
)
def test_the_latest_digest_was_on_a_day_of_work(at: str, latest: str) -> None:
    assert SEOUL.latest_at(utc(at), HALF_NINE) == utc(latest)


def test_latest_and_next_meet() -> None:
    for hours in range(24 * 40):
        at = utc("2026-03-01 00:00") + hours * HOUR_MS + 1
        latest = BERLIN.latest_at(at, HALF_NINE)
        assert latest <= at < BERLIN.next_at(latest, HALF_NINE) == BERLIN.next_at(at, HALF_NINE)


def test_the_first_day_of_work_of_a_week() -> None:
    """2 March is a holiday: Tuesday is the first one."""
    for at in ("2026-03-01 15:00", "2026-03-02 23:30", "2026-03-08 14:59"):
        assert SEOUL.first_of_week(utc(at), HALF_NINE) == utc("2026-03-02 23:30")
    assert SEOUL.first_of_week(utc("2026-03-08 15:00"), HALF_NINE) == utc("2026-03-08 23:30")
    assert SEOUL.first_of_week(utc("2026-03-01 14:59"), HALF_NINE) == utc("2026-02-22 23:30")


def test_the_next_first_day_of_a_week_lies_ahead() -> None:
    assert SEOUL.next_week(utc("2026-03-02 23:29"), HALF_NINE) == utc("2026-03-02 23:30")
    assert SEOUL.next_week(utc("2026-03-02 23:30"), HALF_NINE) == utc("2026-03-08 23:30")
    assert BERLIN.next_week(utc("2026-03-23 07:30"), HALF_NINE) == utc("2026-03-30 06:30")  # the clocks went forward
