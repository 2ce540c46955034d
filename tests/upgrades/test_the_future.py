"""What a later release may write: new fields are passed over, a new format stops a worker before it misreads."""

from typing import Any

import msgspec
import pytest

from schemas.codec import POSTS, SIGNALS, TOUCHES, encode
from schemas.errors import FromTheFuture
from schemas.formats import FORMAT
from streams.core.events.visits import decode_visits
from streams.core.rows import ROWS
from streams.engine.guards.exits import STOPPED
from streams.engine.shell import block_decoder
from tests.simulation.broker import Fetched
from tests.simulation.log import TABLES, Record, changelog
from tests.simulation.run import quiet
from tests.simulation.simulator import Simulation
from tests.simulation.tables import row_table
from tests.simulation.world import Broken
from tests.unit.core.made import RULES
from tests.unit.engine.conftest import Died, raising
from tests.upgrades.release import RELEASES, Release, read

CODECS: dict[str, Any] = {"touches": TOUCHES, "signals": SIGNALS, "posts": POSTS}
HEADER = 25


@pytest.fixture(scope="module")
def release() -> Release:
    """The newest: what a later one adds is added to its records."""
    return read(max(path for path in RELEASES.iterdir() if path.is_dir()))


def with_news(value: Any) -> Any:
    """A field that nobody knows, in every object."""
    if isinstance(value, dict):
        return {**{key: with_news(one) for key, one in value.items()}, "of_the_future": {"said": [1, None]}}
    return [with_news(one) for one in value] if isinstance(value, list) else value


@pytest.mark.parametrize("topic", CODECS)
def test_messages_with_unknown_fields_say_what_they_said(release: Release, topic: str) -> None:
    for record in release.log().all(topic):
        known, _ = CODECS[topic].decode(record.value)
        news = [{**one, "of_the_future": {"said": [1, None]}} for one in msgspec.json.decode(record.value or b"[]")]
        assert CODECS[topic].decode(encode(news)) == (known, ())


def test_deliveries_with_unknown_fields_say_what_they_said(release: Release) -> None:
    told = 0
    for record in release.log().all("visits"):
        raw = record.value or b"[]"
        read_now = decode_visits(raw, RULES)
        read_then = decode_visits(encode(with_news(msgspec.json.decode(raw))), RULES)
        assert [one.to for one in read_then.facts] == [one.to for one in read_now.facts]
        told += len(read_now.facts)
    assert told > 50


@pytest.mark.parametrize("table", TABLES.values())
def test_rows_with_unknown_fields_at_their_end_are_the_same_rows(release: Release, table: str) -> None:
    for record in release.log().all(changelog(table)):
        raw = ROWS[table].encode(ROWS[table].decode(record.value or b""))  # with every field of this release
        body = msgspec.msgpack.decode(raw[HEADER:])
        if isinstance(body, list):
            raw_then = raw[:HEADER] + msgspec.msgpack.encode([*body, {"of": "the future"}])
            assert ROWS[table].decode(raw_then) == ROWS[table].decode(raw)


def test_a_row_of_a_later_format_stops_the_worker_and_says_why(release: Release) -> None:
    record = release.log().all(changelog("leads"))[0]
    table = row_table("leads", 1, die=raising)
    raw = b"\xff" + (record.value or b"")[1:]
    with pytest.raises(Died, match="a newer release wrote this row") as died:
        table.take_in(0, [Fetched(offset=3, key=record.key, value=raw, timestamp=0)])
    assert died.value.code == STOPPED


@pytest.mark.parametrize("topic", CODECS)
def test_a_message_of_a_later_format_is_not_read(release: Release, topic: str) -> None:
    record = release.log().all(topic)[0]
    news = [{**one, "v": FORMAT + 1} for one in msgspec.json.decode(record.value or b"[]")]
    with pytest.raises(FromTheFuture, match=f"a newer release wrote to {topic}"):
        block_decoder(CODECS[topic], topic)(encode(news))


def test_a_worker_that_meets_a_later_format_ends_and_commits_nothing(release: Release) -> None:
    """Not even what the same partition held before it; a later release goes on from there."""
    log = release.log()
    (number, record), *_ = [(number, one) for number in range(log.partitions) for one in log.records("visits", number)]
    news = [{**one, "v": FORMAT + 1} for one in msgspec.json.decode(record.value or b"[]")]
    log.append("visits", number, Record(None, encode(news)))
    before = dict(log.committed)
    with quiet():
        run = Simulation(1, partitions=log.partitions)
        run.calm, run.log, run.life._log = True, log, log
        run.restart()
        with pytest.raises(Broken, match="a newer release wrote to visits"):
            run.drain()
    assert log.committed == before
