"""What must be on the broker before a worker starts: all topics and changelogs, with the same number of partitions."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError

from kafka_access.access import client_options
from kafka_access.parting import part_at_once
from kafka_access.refusals import refusal
from kafka_access.settings import KafkaSettings
from streams.engine.guards.exits import BROKEN, STOPPED, die
from streams.errors import TopicsMissing

__all__ = ["check_topics", "missing"]

PATIENCE_S: Final = 60.0
ASK_S: Final = 10.0  # one try; the library would wait for 40 s
UNSEEN: Final = "What a user may not describe it does not see: docs/how-to/secured-kafka.md lists the rights"

_log = structlog.get_logger(__name__)


async def check_topics(kafka: KafkaSettings, names: Sequence[str], *, tell: Callable[[str], None]) -> None:
    """Waits up to a minute for a broker that lets us in; ends the process where something is missing.

    `tell` hears why it waits, from the start on, and "" at the end.
    """
    tell(f"Kafka: no answer of {kafka.bootstrap_servers} yet")
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while True:
        try:
            found = await _partitions(kafka, names)
            break
        except (KafkaError, OSError) as error:
            refused = await asyncio.to_thread(refusal, kafka)
            facts = {"servers": kafka.bootstrap_servers, "error": refused or type(error).__name__}
            if asyncio.get_running_loop().time() > deadline:
                if refused:
                    die("Kafka does not let this worker in", code=STOPPED, **facts)
                die("Kafka does not answer", code=BROKEN, **facts)
            tell(f"Kafka: {facts['error']}")
            _log.warning("kafka_away", **facts)
            await asyncio.sleep(1.0)
    tell("")
    if said := missing(found, names, partitions=kafka.partitions):
        hidden = f". {UNSEEN}" if kafka.security_protocol != "PLAINTEXT" else ""
        die(str(TopicsMissing(said + hidden)), code=STOPPED)


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


async def _partitions(kafka: KafkaSettings, names: Sequence[str]) -> dict[str, int]:
    wait_ms = int(ASK_S * 1_000)
    client = AIOKafkaClient(**client_options(kafka), client_id="leadstream-startup", request_timeout_ms=wait_ms)
    part_at_once(client)
    try:
        await client.bootstrap()
        cluster = await client.fetch_all_metadata()
        found = {name: len(cluster.partitions_for_topic(name) or ()) for name in names}
        return {name: count for name, count in found.items() if count}
    finally:
        await client.close()
