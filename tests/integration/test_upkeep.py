"""Growing, backup and restore on real workers: the ledger of a world that lives through them must be clean."""

from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count
from pathlib import Path

import pytest
from msgspec.structs import replace

from deploy.errors import BadBackup, NotAtRest, TopicsDiffer
from deploy.local.apache_kafka import start_apache_kafka
from deploy.local.topics import apply, wanted
from deploy.upkeep.backup import take
from deploy.upkeep.broker import Broker
from deploy.upkeep.copies import read_copies
from deploy.upkeep.growing import grown, move, prepare, retire
from deploy.upkeep.installation import INBOXES, Installation
from deploy.upkeep.manifest import read_manifest
from deploy.upkeep.restore import check, into_new_epoch, under_rows
from tests.integration.brokers import broker, needed
from tests.integration.bus import Bus
from tests.integration.lives import NAMING, Lives
from tests.integration.proof import last_midnight, seed
from tests.integration.workers import SECRET
from tests.integration.world import World, generate

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(400)]
on_apache = pytest.mark.apache  # it says who is in a group

PEOPLE, EVENTS = 250, 2_000
NUMBERS = count(1)


def unseen(*_: object) -> None:
    """Progress that nobody watches."""


def installation(bus: Bus) -> Installation:
    return Installation(prefix=bus.prefix, app_id=bus.app_id, epoch=bus.epoch, partitions=bus.partitions)


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as one:
        yield one


@pytest.fixture
def name() -> str:
    """Of topics and group: each test has its own."""
    return f"u{next(NUMBERS)}"


@pytest.fixture
def world() -> World:
    return generate(seed=seed(), end_at=last_midnight(), naming=NAMING, people=PEOPLE, events=EVENTS)


def opened(stack: ExitStack, bootstrap: str, name: str, *, partitions: int = 4, epoch: int = 0) -> Bus:
    bus = Bus(bootstrap, prefix=f"{name}.", app_id=name, partitions=partitions, epoch=epoch)
    stack.callback(bus.close)
    return bus


@on_apache
def test_an_installation_grows_from_4_to_6_partitions(
    world: World, name: str, stack: ExitStack, apache_kafka: str, tmp_path: Path
) -> None:
    lives, old = Lives(world, tmp_path, stack), opened(stack, apache_kafka, name)
    old.create()
    worker = lives.worker(old)
    lives.early(old)
    lives.half(old, 0)
    prepare(apache_kafka, installation(old), partitions=6)
    new = opened(stack, apache_kafka, name, partitions=6, epoch=1)
    lives.half(new, 1)  # collectors write there already: it waits
    with Broker.connected(apache_kafka) as upkeep:
        with pytest.raises(NotAtRest, match="run: stop them"):
            move(upkeep, installation(old), installation(new), told=unseen)
        lives.settle(old)
        worker.leave()
        assert grown(upkeep, installation(old)) == installation(new)
        first = move(upkeep, installation(old), installation(new), told=unseen)
        assert move(upkeep, installation(old), installation(new), told=unseen) == first, "twice"
        assert {one.name for one in first if one.keys} >= {"visitors-rows", "leads-rows", "leads", "transitions"}
        lives.worker(new)
        lives.late(new)
        lives.settle(new)
        with pytest.raises(NotAtRest, match="has begun"):
            move(upkeep, installation(old), installation(new), told=unseen)
    lives.closed(new, old)
    with Broker.connected(apache_kafka) as upkeep:
        with pytest.raises(NotAtRest, match="in use"):
            retire(upkeep, installation(new), current=1)
        assert len(retire(upkeep, installation(old), current=1)) == 13
        assert upkeep.partitions([old.full(name) for name in INBOXES]) == {}


def test_records_that_wait_are_not_left_behind(
    world: World, name: str, stack: ExitStack, embedded_kafka: str, tmp_path: Path
) -> None:
    lives, old = Lives(world, tmp_path, stack), opened(stack, embedded_kafka, name)
    old.create()
    lives.half(old, 0)
    new = prepare(embedded_kafka, installation(old), partitions=6)
    with Broker.connected(embedded_kafka) as upkeep, pytest.raises(NotAtRest, match="records wait"):
        move(upkeep, installation(old), new, told=unseen)


def test_a_shell_that_knows_of_fewer_partitions_moves_nothing(name: str, stack: ExitStack, embedded_kafka: str) -> None:
    """Two thirds of the rows would stay behind, and both sides would compare equal."""
    old = opened(stack, embedded_kafka, name, partitions=6)
    old.create()
    new = prepare(embedded_kafka, installation(old), partitions=8)
    fewer = replace(installation(old), partitions=2)
    with Broker.connected(embedded_kafka) as upkeep, pytest.raises(TopicsDiffer, match="has 6 partitions"):
        move(upkeep, fewer, new, told=unseen)
    with pytest.raises(TopicsDiffer, match="has 6 partitions"):
        prepare(embedded_kafka, fewer, partitions=8)


@pytest.mark.parametrize("kafka", ["embedded_kafka", pytest.param("apache_kafka", marks=on_apache)])
def test_a_number_that_was_mistyped_can_be_taken_back(
    kafka: str, name: str, stack: ExitStack, request: pytest.FixtureRequest
) -> None:
    """At once: Apache Kafka's brokers tell for a moment of topics that are gone."""
    where: str = request.getfixturevalue(kafka)
    old = opened(stack, where, name)
    old.create()
    for no_more in (4, 3):
        with pytest.raises(TopicsDiffer, match="must be more"):
            prepare(where, installation(old), partitions=no_more)
    mistyped = prepare(where, installation(old), partitions=5)
    with pytest.raises(TopicsDiffer, match="grow retire --epoch 1"):
        prepare(where, installation(old), partitions=6)
    with Broker.connected(where) as upkeep:
        assert len(retire(upkeep, mistyped, current=0)) == 13
    assert prepare(where, installation(old), partitions=6).partitions == 6
    new = opened(stack, where, name, partitions=6, epoch=1)
    new.write("visits", [(5, b"[]")])
    with Broker.connected(where) as upkeep, pytest.raises(NotAtRest, match="has begun"):
        retire(upkeep, installation(new), current=0)


@on_apache
def test_where_a_group_stands_is_known_also_while_its_coordinator_is_made_or_loads(
    name: str, stack: ExitStack, tmp_path: Path
) -> None:
    """A cluster makes it for its first group, and it loads whenever a broker starts: no answer is not "nowhere"."""
    needed("apache")
    kafka = stack.enter_context(start_apache_kafka(tmp_path / "kafka"))
    with Broker.connected(kafka.bootstrap_servers) as upkeep:
        of = installation(opened(stack, kafka.bootstrap_servers, name))
        apply(kafka.bootstrap_servers, wanted(of.partitions, prefix=of.prefix, app_id=of.app_id))
        assert not of.begun(upkeep)
        upkeep.commit(of.group, of.full("visits"), {2: 7})
    for _ in range(2):
        kafka.kill(1)
        kafka.start(1)
        kafka.await_ready()
        with Broker.connected(kafka.bootstrap_servers) as upkeep:
            assert upkeep.committed(of.group, of.full("visits"), partitions=4) == {0: 0, 1: 0, 2: 7, 3: 0}
            assert of.begun(upkeep)


def test_a_lost_cluster_is_restored_into_another_one(
    world: World, name: str, stack: ExitStack, embedded_kafka: str, tmp_path: Path
) -> None:
    """The backup is taken while a worker is busy; the worker is killed and its cluster never seen again."""
    lives, old = Lives(world, tmp_path, stack), opened(stack, embedded_kafka, name)
    old.create()
    worker = lives.worker(old)
    lives.early(old)
    lives.half(old, 0)
    place = tmp_path / "backup"
    with Broker.connected(embedded_kafka) as upkeep:
        taken = take(upkeep, installation(old), place, secret=SECRET, release="test", told=unseen,
                     beside={"users.json": b"{}"})  # fmt: skip
    worker.kill()
    assert read_copies(place, taken.copies) == {"users.json": b"{}"}
    assert read_manifest(place) == taken
    assert check(place, taken, told=unseen).keys() == {file.name for file in taken.files}
    other = stack.enter_context(broker("embedded"))
    new = opened(stack, other, name, epoch=1)
    new.create()
    with Broker.connected(other) as upkeep:
        with pytest.raises(BadBackup, match="LEADSTREAM_SECRET"):
            into_new_epoch(upkeep, place, taken, target=installation(new), secret="another secret", told=unseen)
        for _ in range(2):  # said again, it changes nothing
            into_new_epoch(upkeep, place, taken, target=installation(new), secret=SECRET, told=unseen)
    lives.worker(new)
    lives.half(new, 1)
    lives.late(new)
    lives.settle(new)
    lives.closed(new, old)


@on_apache
def test_lost_changelogs_are_restored_under_the_inboxes_that_are_left(
    world: World, name: str, stack: ExitStack, apache_kafka: str, tmp_path: Path
) -> None:
    """F17: what came after the backup is folded again from Kafka: nothing is lost."""
    lives, bus = Lives(world, tmp_path, stack), opened(stack, apache_kafka, name)
    bus.create()
    worker = lives.worker(bus)
    lives.early(bus)
    lives.half(bus, 0)
    place = tmp_path / "backup"
    with Broker.connected(apache_kafka) as upkeep:
        taken = take(upkeep, installation(bus), place, secret=SECRET, release="test", told=unseen)
        lives.half(bus, 1)
        lives.settle(bus)
        worker.leave()
        with pytest.raises(NotAtRest, match="is not empty"):
            under_rows(upkeep, place, taken, target=installation(bus), secret=SECRET, told=unseen)
        upkeep.delete([one.topic for one in installation(bus).rows])
        apply(apache_kafka, wanted(bus.partitions, prefix=bus.prefix, app_id=bus.app_id))
        under_rows(upkeep, place, taken, target=installation(bus), secret=SECRET, told=unseen)
    assert bus.lag() > 0, "the group stands where the backup stood"
    lives.worker(bus)
    lives.late(bus)
    lives.settle(bus)
    lives.closed(bus, bus)
