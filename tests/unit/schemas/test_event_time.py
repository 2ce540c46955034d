"""What becomes of the time that a sender names, whatever it is (fault F20, row 32)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.event_time import OLDEST_MS, Clock, event_time, timed

NOW = 1_795_252_570_000
NOON = datetime(2026, 11, 21, 9, 16, 10, tzinfo=UTC)  # NOW
EDGE = NOW - OLDEST_MS


def test_noon_is_now() -> None:
    assert NOON.timestamp() * 1_000 == NOW


HOUR_AGO = NOW - 3_600_000
ODD = [
    pytest.param(None, NOW, Clock.MISSING, id="null"),
    pytest.param("", NOW, Clock.UNREADABLE, id="empty"),
    pytest.param("tomorrow", NOW, Clock.UNREADABLE, id="a word"),
    pytest.param("Sat, 21 Nov 2026 09:16:10 GMT", NOW, Clock.UNREADABLE, id="as mail writes it"),
    pytest.param(HOUR_AGO, HOUR_AGO, Clock.AS_SENT, id="milliseconds"),
    pytest.param(HOUR_AGO / 1_000, HOUR_AGO, Clock.AS_SENT, id="seconds, a float"),
    pytest.param(HOUR_AGO // 1_000, HOUR_AGO, Clock.AS_SENT, id="seconds"),
    pytest.param(HOUR_AGO + 0.75, HOUR_AGO, Clock.AS_SENT, id="milliseconds, a float"),
    pytest.param(str(HOUR_AGO), HOUR_AGO, Clock.AS_SENT, id="milliseconds in quotes"),
    pytest.param("2026-11-21T08:16:10Z", HOUR_AGO, Clock.AS_SENT, id="ISO, Z"),
    pytest.param("2026-11-21T17:16:10.000+09:00", HOUR_AGO, Clock.AS_SENT, id="ISO in Seoul"),
    pytest.param("2026-11-21T08:16:10", HOUR_AGO, Clock.AS_SENT, id="ISO without a zone"),
    pytest.param("2026-11-21T08:16:10.123456789Z", HOUR_AGO + 123, Clock.AS_SENT, id="ISO with nanoseconds"),
    pytest.param("20261121T081610Z", HOUR_AGO, Clock.AS_SENT, id="ISO, basic"),
    pytest.param(0, NOW, Clock.UNREADABLE, id="0"),
    pytest.param("1970-01-01T00:00:00Z", NOW, Clock.UNREADABLE, id="1970 in words"),
    pytest.param(1, EDGE, Clock.TOO_OLD, id="1970, a second late"),
    pytest.param(-1, NOW, Clock.UNREADABLE, id="before 1970"),
    pytest.param("0001-01-01T00:00:00+14:00", NOW, Clock.UNREADABLE, id="the first hours of the calendar"),
    pytest.param("9999-12-31T23:59:59-14:00", NOW, Clock.TOO_LATE, id="the last hours of the calendar"),
    pytest.param((NOON + timedelta(days=3_652)).isoformat(), NOW, Clock.TOO_LATE, id="in ten years"),
    pytest.param((NOON - timedelta(days=8)).isoformat(), EDGE, Clock.TOO_OLD, id="eight days ago"),
    pytest.param(1_700_000_000_000_000, NOW, Clock.UNREADABLE, id="microseconds: the year 55840"),
    pytest.param("+055840-11-21T08:16:10Z", NOW, Clock.UNREADABLE, id="the year 55840 in words"),
    pytest.param(1e18, NOW, Clock.UNREADABLE, id="1e18"),
    pytest.param(2**70, NOW, Clock.UNREADABLE, id="2^70"),
    pytest.param("9" * 5_000, NOW, Clock.UNREADABLE, id="5,000 digits in quotes"),
    pytest.param(float("nan"), NOW, Clock.UNREADABLE, id="NaN"),
    pytest.param(float("inf"), NOW, Clock.UNREADABLE, id="Infinity"),
    pytest.param(True, NOW, Clock.UNREADABLE, id="true"),
]


@pytest.mark.parametrize(("stamp", "at", "clock"), ODD)
def test_row_32_any_time_is_read_clamped_or_replaced_and_says_so(stamp: Any, at: int, clock: Clock) -> None:
    assert timed(stamp, received_at=NOW, sent_at=None, trust="claimed") == (at, clock)


@pytest.mark.parametrize(
    ("stamp", "sent_at", "at", "clock"),
    [
        pytest.param(HOUR_AGO, NOW, HOUR_AGO, Clock.AS_SENT, id="a right clock"),
        pytest.param(HOUR_AGO + 172_800_000, NOW + 172_800_000, HOUR_AGO, Clock.CORRECTED, id="two days ahead"),
        pytest.param(HOUR_AGO - 172_800_000, NOW - 172_800_000, HOUR_AGO, Clock.CORRECTED, id="two days behind"),
        pytest.param(HOUR_AGO, HOUR_AGO - 1, NOW, Clock.TOO_LATE, id="sent before it happened"),
        pytest.param(HOUR_AGO, NOW + OLDEST_MS * 2, EDGE, Clock.TOO_OLD, id="sent in two weeks"),
        pytest.param(None, NOW + 5, NOW, Clock.MISSING, id="nothing to correct"),
    ],
)
def test_row_32_a_wrong_clock_is_corrected_by_when_it_says_that_it_sent(
    stamp: int | None, sent_at: int, at: int, clock: Clock
) -> None:
    assert timed(stamp, received_at=NOW, sent_at=sent_at, trust="claimed") == (at, clock)


def test_what_a_server_key_brings_keeps_its_past() -> None:
    old = NOW - 400 * 86_400_000
    assert timed(old, received_at=NOW, sent_at=None, trust="proven") == (old, Clock.AS_SENT)
    assert timed(NOW + 9, received_at=NOW, sent_at=None, trust="proven") == (NOW, Clock.TOO_LATE)


@given(
    stamp=st.none() | st.integers() | st.floats() | st.text(max_size=8) | st.datetimes().map(datetime.isoformat),
    sent_at=st.none() | st.integers(min_value=1, max_value=2**48),
    proven=st.booleans(),
)
def test_any_time_lies_within_its_bounds(stamp: Any, sent_at: int | None, *, proven: bool) -> None:
    at = event_time(stamp, received_at=NOW, sent_at=sent_at, trust="proven" if proven else "claimed")
    assert (0 if proven else EDGE) <= at <= NOW
    assert timed(stamp, received_at=NOW, sent_at=sent_at, trust="proven" if proven else "claimed").at == at
