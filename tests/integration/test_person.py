"""F25, short: `leadstream person` as it is run, beside a real worker that is killed in between."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from msgspec.json import decode
from typer.testing import CliRunner, Result

from deploy.cli.root import app
from deploy.local.embedded import embedded_valkey
from deploy.local.topics import TABLES, changelog
from streams.core.rows import ROWS
from tests.integration.brokers import broker
from tests.integration.bus import Bus, wait_until
from tests.integration.forgotten import Feed, Person, in_redis
from tests.integration.workers import SECRET, Worker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]


@pytest.fixture
def bus() -> Iterator[Bus]:
    with broker("embedded") as bootstrap:
        one = Bus(bootstrap, prefix="p.", app_id="person")
        one.create()
        yield one
        one.close()


def run(bus: Bus, redis_url: str, *arguments: str) -> Result:
    told = {
        "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": bus.bootstrap, "LEADSTREAM_KAFKA__TOPIC_PREFIX": bus.prefix,
        "LEADSTREAM_REDIS__URL": redis_url, "LEADSTREAM_REDIS__KEY_PREFIX": f"{bus.app_id}:",
        "LEADSTREAM_SECRET": SECRET,
    }  # fmt: skip
    env = {key: "" for key in os.environ if key.startswith("LEADSTREAM_")} | told
    return CliRunner().invoke(app, ["person", *arguments], env=env)


def named_in(bus: Bus, words: tuple[bytes, ...]) -> list[str]:
    """The newest rows and cards that hold any of these words."""
    names = [changelog(table, app_id=bus.app_id) for table in TABLES]
    names += [bus.full(name) for name in ("leads", "accounts", "alerts")]
    newest = {(name, one.key): one.value for name in names for one in bus.read_full(name)}
    return [f"{name} {key}" for (name, key), value in newest.items() if value and any(word in value for word in words)]


def test_f25_a_person_is_exported_and_erased_beside_a_worker_that_is_killed(bus: Bus, tmp_path: Path) -> None:
    ann, ben = Person(1), Person(6)  # of one firm
    feed = Feed(bus)
    with ExitStack() as stack:
        url = stack.enter_context(embedded_valkey())
        worker = stack.enter_context(Worker(bus, tmp_path, name="first", redis_url=url))
        worker.await_ready()
        feed.deals([ann, ben])
        for one in (ann, ben) * 6:
            feed.visits(one)
        feed.says_who(ann)
        wait_until(lambda: ann.name in run(bus, url, "export", ann.email).output, within_s=60, what=worker.tail())
        told = decode(run(bus, url, "export", ann.email).stdout)
        assert told["person"]["email"] == ann.email
        assert ben.email not in str(told)
        worker.kill()
        for _ in range(4):
            feed.visits(ann)  # they lie in the inbox
        feed.erase(ann)
        worker = stack.enter_context(Worker(bus, tmp_path, name="second", redis_url=url))
        worker.await_ready()
        said = run(bus, url, "erase", ann.email, "--yes")
        assert said.exit_code == 0, said.output
        for _ in range(4):
            feed.visits(ann)
        feed.deals([ann, ben])
        wait_until(bus.settled, within_s=60, what=f"settled {bus.lag()}")
        assert named_in(bus, ann.words) == []
        assert named_in(bus, ben.words)
        wait_until(lambda: not in_redis(url, ann.words), within_s=60, what="Redis forgets")
        assert in_redis(url, ben.words)
        rows = {one.key: one.value for one in bus.read_full(changelog("leads", app_id=bus.app_id))}
        assert ROWS["leads"].decode(rows[ann.lead_id]).erased.actor == "Olga"
        gone = run(bus, url, "export", ann.lead_id)
        assert (gone.exit_code, ann.lead_id in str(gone.exception)) == (1, True)


def test_what_is_neither_address_nor_id_is_said(bus: Bus) -> None:
    said = run(bus, "redis://127.0.0.1:1/0", "erase", "Ann Archer", "--yes")
    assert "neither an e-mail address nor a lead id" in str(said.exception)
