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
