"""What each request asks for stands in the collector's log twice a minute, with how many there were."""

from structlog.testing import capture_logs

from producers.logs import QUIET_MS, Seldom


def test_a_line_of_each_request_is_counted_instead() -> None:
    clock = iter(range(0, QUIET_MS + 1, 1_000))
    seldom = Seldom("not_safe", now_ms=lambda: next(clock))
    with capture_logs() as said:
        for _ in range(QUIET_MS // 1_000 + 1):
            seldom.warning(error="Kafka is away")
    assert [one.get("more_like_it") for one in said] == [None, QUIET_MS // 1_000 - 1]
    assert {one["event"] for one in said} == {"not_safe"}


def test_a_clock_that_was_set_back_silences_nobody() -> None:
    clock = iter([10 * QUIET_MS, 0])
    seldom = Seldom("not_safe", now_ms=lambda: next(clock))
    with capture_logs() as said:
        seldom.warning()
        seldom.warning()
    assert len(said) == 2
