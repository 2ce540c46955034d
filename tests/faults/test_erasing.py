"""F25: people are erased while their events are on their way and workers are killed; then nothing names them."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar, Final

import pytest
from kafka.admin import ConfigResource, ConfigResourceType

from deploy.local.embedded import embedded_valkey
from deploy.local.topics import TABLES, changelog
from tests.faults.record import Figure, found, recorded
from tests.integration.brokers import broker, given, needed
from tests.integration.bus import Bus, Timeout, new_bus, wait_until
from tests.integration.forgotten import Feed, Person, in_redis, traces
from tests.integration.ledger import Ledger
from tests.integration.workers import Worker

KIND: Final = given("apache")
CARDS: Final = ("leads", "accounts", "alerts")
PEOPLE: Final = 24
ERASED: Final = 6
ROUNDS: Final = 12
CLEANED: Final = {"min.compaction.lag.ms": "0", "max.compaction.lag.ms": "1000", "segment.ms": "1000",
                  "min.cleanable.dirty.ratio": "0.001", "delete.retention.ms": "0"}  # fmt: skip


class TidyWorker(Worker):
    """Its files hold what its rows hold."""

    module: ClassVar = "tests.faults.tidy_worker"


@pytest.fixture
def bus() -> Iterator[Bus]:
    """On an Apache Kafka of its own: brokers for trying out do not compact."""
    needed(KIND)
    with broker(KIND) as bootstrap, new_bus(bootstrap, "erasing") as one:
        yield one


def on_disk(place: Path, words: tuple[bytes, ...]) -> list[str]:
    """The workers' own files that hold any of these words."""
    raw = {path: path.read_bytes() for path in place.rglob("*") if path.is_file()}
    return [f"{path} {word!r}" for path, held in raw.items() for word in words if word in held]


class World:
    """Two workers and a Redis. Everybody is known, then some are erased, and their events go on all the while."""

    def __init__(self, bus: Bus, place: Path, redis_url: str) -> None:
        self.bus = bus
        self.place = place
        self.redis_url = redis_url
        self.people = [Person(number) for number in range(PEOPLE)]
        self.erased, self.others = self.people[:ERASED], self.people[ERASED:]
        self.words = tuple(word for one in self.erased for word in one.words)
        self.topics = [changelog(table, app_id=bus.app_id) for table in TABLES] + [bus.full(name) for name in CARDS]
        self.feed = Feed(bus)
        self.workers: list[Worker] = []
        self.started = 0

    def start(self) -> None:
        self.started += 1
        name = f"worker-{self.started}"
        self.workers.append(TidyWorker(self.bus, self.place, name=name, redis_url=self.redis_url))

    def replace_one(self) -> None:
        """SIGKILL; another comes in its place, and the disk of the first is thrown away."""
        victim = self.workers.pop(0)
        victim.kill()
        for path in (self.place / victim.name / "rows").glob("*"):
            path.unlink()
        self.start()

    def goes_on(self) -> None:
        """All of them read on, and somebody is killed before the orders and after them."""
        acts = {
            2: lambda: wait_until(self.traces, within_s=60, what="they are known"),
            ROUNDS // 2: self.erase,
            ROUNDS // 2 + 3: self.replace_one,
        }
        for number in range(ROUNDS):
            for one in self.people:
                self.feed.visits(one)
            acts.get(number, lambda: None)()

    def erase(self) -> None:
        self.replace_one()
        for one in self.erased:
            self.feed.erase(one)

    def traces(self) -> list[str]:
        return traces(self.bus, self.topics, self.words)

    def compact(self) -> float:
        """Until Kafka holds nothing of them beside the inboxes; after how many seconds."""
        settings = [ConfigResource(ConfigResourceType.TOPIC, name, CLEANED) for name in self.topics]
        self.bus.admin.alter_configs(settings)
        began = time.monotonic()

        def is_clean() -> bool:
            for one in self.others:  # the newest segment is never compacted
                self.feed.visits(one)
            return not self.traces()

        try:
            wait_until(is_clean, within_s=120, what="clean", every_s=2)
        except Timeout as error:
            raise Timeout(f"{error}: {self.traces()[:8]}") from error
        return time.monotonic() - began


@recorded("f25", broker=KIND)
@pytest.mark.faults
@pytest.mark.slow
@pytest.mark.apache
@pytest.mark.timeout(300)
def test_f25_nothing_names_who_was_erased_while_workers_were_killed(bus: Bus, tmp_path: Path) -> None:
    """Changelogs, cards, Redis and the workers' own files. The inboxes hold what was sent, for their 28 days."""
    with embedded_valkey() as redis_url:
        world = World(bus, tmp_path, redis_url)
        try:
            world.start()
            world.start()
            for one in world.workers:
                one.await_ready()
            world.feed.deals(world.people)
            world.goes_on()
            world.feed.deals(world.people)  # the CRM's next synchronisation
            wait_until(bus.settled, within_s=120, what=f"settled; lag {bus.lag()}")
            seconds = world.compact()
            wait_until(bus.settled, within_s=60, what="settled")
            assert in_redis(redis_url, world.words) == []
            assert in_redis(redis_url, world.others[0].words), "the scan sees nothing at all"
            wait_until(lambda: not on_disk(tmp_path, world.words), within_s=30, what="files written anew")
            assert on_disk(tmp_path, world.others[0].words), "the scan sees nothing at all"
            found(Ledger(accepted=world.feed.sent, seed=25), Figure(name="traces", value=0, most=0),
                  Figure(name="compacted after", value=round(seconds, 1), unit="s"))  # fmt: skip
        finally:
            for one in world.workers:
                one.kill()
