"""Times as senders write them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.times import milliseconds_of

AT = 1_795_286_909_175


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("2026-11-21T18:48:29.175Z", AT), ("2026-11-21T18:48:29.175+00:00", AT), ("2026-11-22T03:48:29.175+09:00", AT),
        ("2026-11-21 18:48:29.175", AT), (AT, AT), (float(AT), AT), (AT / 1_000, AT), (str(AT), AT),
        ("1969-12-31T23:59:59Z", None), ("0001-01-01T00:00:00+14:00", None), ("tomorrow", None), ("", None), (0, None),
        (-5, None), (float("nan"), None), (float("inf"), None), (10**30, None), (None, None), ("9" * 5_000, None),
    ],
)  # fmt: skip
def test_a_time_is_utc_milliseconds_or_none(said: str | float | None, at: int | None) -> None:
    assert milliseconds_of(said) == at


@given(said=st.text(max_size=30) | st.floats() | st.integers() | st.booleans())
def test_no_value_makes_it_raise(said: str | float) -> None:
    at = milliseconds_of(said)
    assert at is None or at >= 0


@given(micros=st.integers(1_000_000, 7_000_000_000_000_000), whole=st.booleans())
def test_a_stamp_is_its_moment_rounded_to_milliseconds(micros: int, whole: bool) -> None:
    since = timedelta(microseconds=micros // 1_000 * 1_000 if whole else micros)
    moment = datetime.fromtimestamp(0, UTC) + since
    assert milliseconds_of(moment.isoformat()) == round(moment.timestamp() * 1_000)


@pytest.mark.parametrize(
    "said",
    [
        "2026-11-21T18:48:29.175Z", "2026-W47-6T12:00:00.175Z", "20261121T120000.123.456Z", "2026-11-21T12:00:0x.175Z",
        "2026-11-21T24:00:00.175Z", "2026-11-21T12:60:00.175Z", "2026-11-21T12:00:60.175Z", "2026-11-21T12+05:00.175Z",
        "2026-11-21T12:00:00.1x5Z", "2026-11-21T12:00:00.175z", "2026-11-21T12:00:00,175Z", "1970-01-01T00:00:00.001Z",
        "2026-11-21T12:00:+0.175Z", "2026-02-29T12:00:00.175Z", "2026-11-21T12.00.00.175Z", "1969-12-31T23:59:59.999Z",
    ],
)  # fmt: skip
def test_a_second_that_is_looked_up_is_what_its_whole_stamp_says(said: str) -> None:
    try:
        at = round(datetime.fromisoformat(said).timestamp() * 1_000)
    except ValueError:
        at = 0
    assert milliseconds_of(said) == milliseconds_of(said) == (at if at > 0 else None)


@given(at=st.datetimes(min_value=datetime(1965, 1, 1), max_value=datetime(9999, 12, 31)))  # noqa: DTZ001
def test_all_ways_to_write_milliseconds_say_the_same(at: datetime) -> None:
    text = at.isoformat(timespec="milliseconds")
    assert milliseconds_of(f"{text}Z") == milliseconds_of(f"{text}+00:00") == milliseconds_of(f" {text}Z")
    assert milliseconds_of(f"{text}Z".replace("T", " ")) == milliseconds_of(f"{text}Z")
