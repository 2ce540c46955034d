"""What a console holds, and what it may hold at most, as its metrics tell it."""

from prometheus_client.parser import text_string_to_metric_families

from streams.console.rules.readings import REMEMBERED, Readings
from tests.unit.console.visitor import Visitor

HOLDERS = {
    "answers_of_the_books", "channel_trials", "connections_of_open_pages", "failed_readings", "looks_written",
    "page_arrivals", "page_news", "readings", "sessions_ended_here", "sign_in_tries", "sources_seen",
}  # fmt: skip


def test_each_queue_buffer_and_cache_says_how_full_it_is_and_may_be(rep: Visitor) -> None:
    assert rep.get("/").status_code == 200
    families = {one.name: one for one in text_string_to_metric_families(rep.get("/metrics").text)}
    held, most = (
        {one.labels["what"]: one.value for one in families[f"leadstream_{name}"].samples} for name in ("held", "bound")
    )
    assert held.keys() == most.keys()
    assert {what for what in held if not what.startswith("remembered_")} == HOLDERS
    assert {what: held[what] for what in held if held[what] > most[what]} == {}


def test_readings_that_failed_and_that_nobody_comes_back_for_are_forgotten() -> None:
    readings = Readings(None)  # type: ignore[arg-type]  # nothing is read
    for number in range(3 * REMEMBERED):
        readings._fails(number, "Kafka is away")
    held = {one.what: (one.held, one.most) for one in readings.bounds()}
    assert held["failed_readings"] == (REMEMBERED, REMEMBERED)
    assert 3 * REMEMBERED - 1 in readings._failed
