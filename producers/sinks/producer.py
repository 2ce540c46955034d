"""Opening and ending aiokafka's producer: it begins where the topics are as they must be, and ends when told to."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from aiokafka import AIOKafkaProducer
from aiokafka.cluster import ClusterMetadata
from aiokafka.errors import KafkaError

from kafka_access.access import Where, client_options
from kafka_access.parting import part_at_once
from kafka_access.refusals import refusal
from producers.logs import log

__all__ = ["REFUSED", "opened", "stopped"]

START_S: Final = 5.0
END_S: Final = 5.0
REFUSED: Final = "Kafka does not let us in: "  # what is told then begins with it; it is no use to hurry
PRODUCER: Final[Mapping[str, Any]] = {
    "acks": "all",
    "enable_idempotence": False,  # whoever reads folds the same block twice and changes nothing
    "linger_ms": 0,  # the block is the linger
    "compression_type": "lz4",
    "request_timeout_ms": 8_000,
    "metadata_max_age_ms": 60_000,
    "client_id": "leadstream-collector",
}


async def opened(where: Where, wanted: Mapping[str, int]) -> tuple[AIOKafkaProducer | None, str]:
    """A producer, or None and why not. `wanted`: topics and how many partitions each must have."""
    producer = AIOKafkaProducer(**client_options(where), **PRODUCER)
    part_at_once(producer.client)
    may_be_refused = False
    try:
        async with asyncio.timeout(START_S):
            await producer.start()
            why = _missing(await producer.client.fetch_all_metadata(), wanted)
            if not why:
                await producer.client.set_topics(list(wanted))
                return producer, ""
    except (KafkaError, OSError) as error:
        why = f"Kafka does not answer at {where}: {type(error).__name__}"
        may_be_refused = not isinstance(error, TimeoutError)  # who refuses us does so at once
    except asyncio.CancelledError:
        await stopped(producer, deadline_s=0)
        raise
    await stopped(producer, deadline_s=0)
    refused = await asyncio.to_thread(refusal, where) if may_be_refused else ""
    return None, REFUSED + refused if refused else why


async def stopped(producer: AIOKafkaProducer, *, deadline_s: float) -> None:
    """Lets it deliver for so many seconds, then ends it all the same: else it would go on behind our back."""
    if deadline_s > 0:
        try:
            await asyncio.wait_for(producer.stop(), deadline_s)
        except (KafkaError, TimeoutError) as error:
            log.warning("kafka_close_failed", error=type(error).__name__)
        else:
            return
    producer._closed = True  # noqa: SLF001  else it complains that nobody stopped it
    with suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(END_S):
            await producer.client.close()
            await producer._sender.close()  # noqa: SLF001


def _missing(cluster: ClusterMetadata, wanted: Mapping[str, int]) -> str:
    """Why the topics cannot be written, "" when they can."""
    for topic, partitions in wanted.items():
        found = cluster.partitions_for_topic(topic)
        if not found:
            return f"there is no topic {topic}"
        if len(found) != partitions:
            return f"{topic} has {len(found)} partitions, LEADSTREAM_KAFKA__PARTITIONS says {partitions}"
    return ""
