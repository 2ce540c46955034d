"""A partition is read from its beginning to its end, on either broker, beside everything else."""

import pytest

from streams.engine.backread import Backread
from streams.errors import ReadingStopped
from tests.integration.bus import Bus

RECORDS = 1_203


async def read(bus: Bus, *, partition: int = 0, newest: int | None = None) -> tuple[list[bytes], list[tuple[int, int]]]:
    """Values, and how far each batch said that it is."""
    values: list[bytes] = []
    said: list[tuple[int, int]] = []
    async for batch in Backread(bus.bootstrap, {"rejected": bus.full("rejected")}).read(
        "rejected", partition, newest=newest
    ):
        values += [one.value for one in batch.records if one.value is not None]
        said.append((batch.done, batch.total))
    return values, said


async def test_all_of_it_in_order(bus: Bus) -> None:
    wanted = [b'{"n":%d}' % n for n in range(RECORDS)]
    bus.write("rejected", [(0, value) for value in wanted])
    values, said = await read(bus)
    assert values == wanted
    assert said[0][0] == 0
    assert said[-1] == (RECORDS, RECORDS)
    assert said == sorted(said)
    assert len(said) > 2, "in batches"
    assert (await read(bus, newest=10))[0][-10:] == wanted[-10:]


async def test_an_empty_partition_ends_at_once(bus: Bus) -> None:
    assert await read(bus, partition=1) == ([], [(0, 0)])
    assert await read(bus, partition=1, newest=10) == ([], [(0, 0)])


async def test_without_kafka_it_says_so() -> None:
    with pytest.raises(ReadingStopped):
        async for _ in Backread("127.0.0.1:1", {"leads": "leads"}).read("leads", 0):
            pass
