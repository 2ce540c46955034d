"""A Valkey that can be killed, frozen, filled up and emptied, and the cards that it must hold."""

import signal
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, Self

from kafka import KafkaProducer
from redis import Redis
from redis.exceptions import RedisError

from deploy.local.embedded import valkey_command
from deploy.local.ports import HOST, free_ports
from schemas.topics import partition_of
from streams.agents.cards import CARDS
from streams.readmodel.fills import filling_of
from streams.readmodel.keys import Keys
from tests.bench.cards import lead_card
from tests.integration.bus import Bus, Timeout, wait_until
from tests.integration.ledger import Ledger
from tests.integration.outcome import projected
from tests.integration.processes import stopped
from tests.integration.terms import found_by, to_be_found_by

__all__ = ["Shadow", "judged", "lead_cards", "write_cards"]

UP_S: Final = 60.0


class Shadow:
    """One Valkey process on a port of its own, memory only. Use as a context manager."""

    def __init__(self, place: Path) -> None:
        (self._port,) = free_ports(1)
        self._place = place
        self.url = f"redis://{HOST}:{self._port}/0"
        self._start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def _start(self) -> None:
        command = valkey_command(self._port, self._place)
        self._child = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.answers, within_s=UP_S, what="Valkey answers")

    def answers(self) -> bool:
        try:
            with Redis.from_url(self.url, socket_timeout=1) as redis:
                return bool(redis.ping())
        except RedisError:
            return False

    def kill(self) -> None:
        """SIGKILL."""
        self._child.kill()
        self._child.wait(60)

    def restart_empty(self) -> None:
        """SIGKILL, and another process on the same port that knows nothing."""
        self.kill()
        self._start()

    def freeze(self) -> None:
        stopped(self._child.pid)

    def thaw(self) -> None:
        self._child.send_signal(signal.SIGCONT)

    def flush(self) -> None:
        with Redis.from_url(self.url) as redis:
            redis.flushall()

    def complete(self, bus: Bus) -> bool:
        """Whether all parts of all card topics were read into it, as it says itself."""
        keys = Keys(prefix=f"{bus.app_id}:")
        with Redis.from_url(self.url) as redis:
            states = redis.hvals(keys.filled)
        return len(states) == len(CARDS) * bus.partitions and not filling_of(states).parts

    def fill_up(self) -> None:
        """No write is taken any more: less may be used than is used, and nothing is thrown out for it."""
        with Redis.from_url(self.url) as redis:
            redis.config_set("maxmemory-policy", "noeviction")
            redis.config_set("maxmemory", "1mb")

    def give_room(self) -> None:
        with Redis.from_url(self.url) as redis:
            redis.config_set("maxmemory", "0")


def lead_cards(count: int, *, version: int, first: int = 0) -> Iterator[tuple[str, bytes]]:
    """Cards of `count` leads."""
    for number in range(first, first + count):
        lead_id = f"{number:032x}"
        yield lead_id, lead_card(lead_id, number % 1_500, version)


def write_cards(bus: Bus, topic: str, cards: Iterable[tuple[str, bytes]]) -> dict[str, bytes]:
    """As the agents write them; answers the newest of each id, which is the last."""
    newest: dict[str, bytes] = {}
    with _producer(bus) as producer:
        for card_id, body in cards:
            partition = partition_of(card_id, bus.partitions)
            producer.send(bus.full(topic), key=card_id.encode(), value=body, partition=partition)
            newest[card_id] = body
        producer.flush(60)
    return newest


@contextmanager
def _producer(bus: Bus) -> Iterator[KafkaProducer]:
    producer = KafkaProducer(
        bootstrap_servers=bus.bootstrap, acks="all", linger_ms=5, batch_size=262_144, compression_type="lz4",
    )  # fmt: skip
    try:
        yield producer
    finally:
        producer.close(5)


def judged(bus: Bus, url: str, expected: Mapping[str, Mapping[str, bytes]], *, within_s: float) -> Ledger:
    """The difference between the cards of the topics and those in Redis, once there is none or time is up.

    What cards are found by belongs to it.
    """
    prefix, terms = f"{bus.app_id}:", to_be_found_by(expected)

    def same() -> bool:
        try:
            return projected(url, prefix) == expected and found_by(url, prefix) == terms
        except RedisError:
            return False

    with suppress(Timeout):  # the ledger says what differs
        wait_until(same, within_s=within_s, what="cards in Redis")
    ledger = Ledger(accepted=sum(map(len, expected.values())), seed=0)
    if differ := found_by(url, prefix) ^ terms:
        ledger.note("inversions", f"{len(differ)} terms, such as {min(differ)!r}", by=len(differ))
    _compare(ledger, expected, projected(url, prefix))
    return ledger


def _compare(
    ledger: Ledger, expected: Mapping[str, Mapping[str, bytes]], found: Mapping[str, Mapping[str, bytes]]
) -> None:
    for kind, cards in expected.items():
        for card_id in cards.keys() - found[kind].keys():
            ledger.note("lost", f"{kind} {card_id} is missing")
        for card_id in found[kind].keys() - cards.keys():
            ledger.note("phantom", f"{kind} {card_id} should not be")
        for card_id in cards.keys() & found[kind].keys():
            if cards[card_id] != found[kind][card_id]:
                ledger.note("inversions", f"{kind} {card_id} is not the newest")
