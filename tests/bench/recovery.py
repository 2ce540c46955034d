"""`recovery_empty_s`, `recovery_store_s`: a worker with a million rows from its start until it reads its partitions.

The changelog is written directly, in batches, with rows as the bench's mix makes them. Then the worker starts with an
empty disk; again on the copy that it kept; and again after some of its rows were changed behind the copy.
"""

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from aiokafka import AIOKafkaProducer

from deploy.local.ports import free_ports
from schemas.topics import partition_of_bytes
from tests.bench.harness import Figure, figure
from tests.bench.machine import cpu_seconds, resident_mb
from tests.bench.rows import named_rows
from tests.bench.served import SERVER_CORE, Started, started
from tests.integration.bus import Bus, wait_until
from tests.integration.workers import environment, metric

__all__ = ["fabricated", "recovery"]

ROWS: Final = 1_000_000
TAIL: Final = 50_000  # rows that changed since the copy was written
WITHIN_S: Final = 180.0


def fabricated(bus: Bus, rows: Iterator[tuple[bytes, bytes]]) -> int:
    """Writes these rows to the visitors' changelog; how many."""
    return asyncio.run(_fabricated(bus, rows))


async def _fabricated(bus: Bus, rows: Iterator[tuple[bytes, bytes]]) -> int:
    topic, count = f"{bus.app_id}-visitors-changelog", 0
    producer: Any = AIOKafkaProducer(
        bootstrap_servers=bus.bootstrap, acks=-1, max_batch_size=262_144, compression_type="lz4"
    )
    await producer.start()
    try:
        batches = {partition: producer.create_batch() for partition in range(bus.partitions)}
        for key, row in rows:
            partition = partition_of_bytes(key, bus.partitions)
            if batches[partition].append(key=key, value=row, timestamp=None) is None:
                await producer.send_batch(batches[partition], topic, partition=partition)
                batches[partition] = producer.create_batch()
                batches[partition].append(key=key, value=row, timestamp=None)
            count += 1
        for partition, batch in batches.items():
            await producer.send_batch(batch, topic, partition=partition)
    finally:
        await producer.stop()
    return count


class Life:
    """One start of the worker: how long it took, and what it used."""

    def __init__(self, bus: Bus, place: Path) -> None:
        self._bus = bus
        self._place = place
        self.took_s = self.cpu_s = self.resident_mb = 0.0
        self.loaded = self.read = 0.0

    def run(self, *, saved: bool) -> float:
        """Starts it, waits until it is ready (and, if asked, until all is in its store), and asks it to leave."""
        (port,), begun = free_ports(1), time.monotonic()
        env = environment(self._bus, port=port, datadir=self._place / "worker", redis_url="")
        env |= {"LEADSTREAM_WORKER__STORE_EVERY_S": "2"}
        with started("streams", "worker", env=env, core=SERVER_CORE, port=port, path="/readyz",
                     log=self._place / "worker.log", within_s=WITHIN_S) as child:  # fmt: skip
            self.took_s = time.monotonic() - begun
            self.cpu_s, self.resident_mb = cpu_seconds(child.pid), resident_mb(child.pid)
            self.loaded = metric(port, "leadstream_store_rows_loaded_total")
            if saved:
                saves = self._bus.partitions
                wait_until(lambda: metric(port, "leadstream_store_saves_total", 'kind="whole"') >= saves,
                           within_s=WITHIN_S, what="rows in the store")  # fmt: skip
            _leave(child)
        return self.took_s


def _leave(child: Started) -> None:
    os.kill(child.pid, signal.SIGTERM)
    child.child.wait(30)


def recovery(bus: Bus, place: Path, rounds: int) -> list[Figure]:
    """Three lines; the changelog is made once."""
    own = Bus(bus.bootstrap, prefix=f"{bus.prefix}r.", app_id=f"{bus.app_id}-r", partitions=bus.partitions)
    try:
        own.create()
        rows = fabricated(own, named_rows(ROWS, seed=11))
        life = Life(own, place)
        empty = []
        for number in range(rounds):
            shutil.rmtree(place / "worker", ignore_errors=True)
            empty.append(life.run(saved=number == rounds - 1))
        note = {"rows": rows, "cpu_s": life.cpu_s, "resident_mb": life.resident_mb}
        stored = [life.run(saved=False) for _ in range(rounds)]
        assert life.loaded == rows, f"{life.loaded} rows came from the store"
        from_store = {"rows": rows, "cpu_s": life.cpu_s, "resident_mb": life.resident_mb}
        fabricated(own, named_rows(TAIL, seed=11))
        tail = [life.run(saved=False)]
    finally:
        own.close()
    return [
        figure("recovery_empty_s", empty, unit="s", budget="<= 60", note=note),
        figure("recovery_store_s", stored, unit="s", budget="<= 10", note=from_store),
        figure("recovery_tail_s", tail, unit="s", budget="<= 10", note={"rows": rows, "records_behind": TAIL}),
    ]
