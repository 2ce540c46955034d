"""On the embedded broker a group knows at once that its first member is gone, though its generation is 0."""

from collections.abc import Iterator

import pytest
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.embedded import embedded_broker
from streams.engine.faust.goodbye import leave_any_generation

TOPIC = "visits"


@pytest.fixture
def broker() -> Iterator[str]:
    with embedded_broker() as bootstrap:
        yield bootstrap


async def members_after(broker: str, group: str, *, ours: bool) -> int:
    """How many members the group has when its first one was closed."""
    consumer = AIOKafkaConsumer(TOPIC, bootstrap_servers=broker, group_id=group, session_timeout_ms=30_000)
    await consumer.start()
    if ours:
        leave_any_generation(consumer._coordinator)
    generation = consumer._coordinator.generation
    await consumer.stop()
    assert generation == 0, "another broker by now: is the fix still needed?"
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    try:
        (described,) = await admin.describe_consumer_groups([group])
    finally:
        await admin.close()
    ((_, _, _, _, _, members, *_),) = described.groups
    return len(members)


async def test_who_leaves_the_first_generation_is_gone_at_once(broker: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker)
    await admin.start()
    await admin.create_topics([NewTopic(TOPIC, 1, 1)])
    await admin.close()
    assert await members_after(broker, "stock", ours=False) == 1, "aiokafka leaves by itself: the fix is needless"
    assert await members_after(broker, "ours", ours=True) == 0
