"""How long a busy receiver is left alone."""

import time

import pytest

from streams.channels.retry_after import LONGEST_RETRY_S, NOT_ASKED, retry_after_s

NOON = 1_790_000_000_000  # Mon, 21 Sep 2026 14:13:20 GMT


@pytest.mark.parametrize(
    ("said", "wait_s"),
    [
        pytest.param("7", 7, id="seconds"),
        pytest.param("Mon, 21 Sep 2026 14:14:20 GMT", 60, id="a date"),
        pytest.param("", NOT_ASKED, id="nothing"),
        pytest.param("soon", NOT_ASKED, id="nonsense"),
        pytest.param("0", 1, id="at once is a second"),
        pytest.param("999999999", LONGEST_RETRY_S, id="not for ever"),
        pytest.param("Mon, 21 Sep 2020 14:14:20 GMT", 1, id="a date that is past"),
    ],
)
def test_retry_after_is_read_and_bounded(said: str, wait_s: float) -> None:
    assert retry_after_s(said, now_ms=NOON) == wait_s


@pytest.mark.parametrize("zone", ["UTC", "Asia/Seoul", "America/St_Johns"])
@pytest.mark.parametrize("said", ["Mon Sep 21 14:14:20 2026", "Mon, 21 Sep 2026 14:14:20 -0000"])
def test_a_date_that_names_no_zone_is_utc_wherever_we_are(
    monkeypatch: pytest.MonkeyPatch, zone: str, said: str
) -> None:
    """Of RFC 9110 the obsolete form of a date has none, and is UTC too."""
    try:
        with monkeypatch.context() as here:
            here.setenv("TZ", zone)
            time.tzset()
            assert retry_after_s(said, now_ms=NOON) == 60
    finally:
        time.tzset()
