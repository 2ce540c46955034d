"""What must be on the broker before a worker starts: all topics and changelogs, with the same number of partitions."""

import asyncio
from collections.abc import Sequence
from typing import Final

import structlog
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from streams.engine.exits import BROKEN, STOPPED, die
from streams.errors import TopicsMissing
from streams.settings import KafkaSettings

__all__ = ["check_topics", "missing"]

PATIENCE_S: Final = 60.0

_log = structlog.get_logger(__name__)


async def check_topics(kafka: KafkaSettings, names: Sequence[str]) -> None:
    """Waits up to a minute for a broker; ends the process where something is missing."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        try:
            found = await _partitions(kafka.bootstrap_servers, names)
            break
        except (KafkaError, OSError) as error:
            if asyncio.get_running_loop().time() > deadline:
                die("Kafka does not answer", code=BROKEN, servers=kafka.bootstrap_servers, error=type(error).__name__)
            _log.warning("kafka_away", servers=kafka.bootstrap_servers, error=type(error).__name__)
            await asyncio.sleep(1.0)
    if said := missing(found, names, partitions=kafka.partitions):
        die(str(TopicsMissing(said)), code=STOPPED)


def missing(found: dict[str, int], names: Sequence[str], *, partitions: int) -> str:
    """What is wrong with the topics, and what to do; "" where nothing is."""
    absent = sorted(name for name in names if name not in found)
    uneven = sorted(f"{name} has {found[name]}" for name in names if found.get(name, partitions) != partitions)
    said = []
    if absent:
        said.append(f"topics are missing: {', '.join(absent)}; run `leadstream topics apply`")
    if uneven:
        said.append(f"LEADSTREAM_KAFKA__PARTITIONS is {partitions}, but {', '.join(uneven)} partitions")
    return "; ".join(said)


async def _partitions(servers: str, names: Sequence[str]) -> dict[str, int]:
    client = AIOKafkaClient(bootstrap_servers=servers, client_id="leadstream-startup")
    try:
        await client.bootstrap()
        cluster = await client.fetch_all_metadata()
        found = {name: len(cluster.partitions_for_topic(name) or ()) for name in names}
        return {name: count for name, count in found.items() if count}
    finally:
        await client.close()
