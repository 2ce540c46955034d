"""What a worker says before its topics are looked at."""

import asyncio
from contextlib import closing
from socket import create_server

from deploy.local.ports import HOST
from kafka_access.settings import KafkaSettings
from streams.engine.startup import check_topics


async def test_who_starts_before_a_kafka_that_is_silent_says_at_once_what_it_waits_for() -> None:
    """It takes connections and answers none: /readyz said `rows` for 40 s."""
    told: asyncio.Queue[str] = asyncio.Queue()
    with closing(create_server((HOST, 0))) as silent:
        servers = f"{HOST}:{silent.getsockname()[1]}"
        settings = KafkaSettings(bootstrap_servers=servers)
        looking = asyncio.create_task(check_topics(settings, ["a"], tell=told.put_nowait))
        try:
            assert await asyncio.wait_for(told.get(), 60) == f"Kafka: no answer of {servers} yet"
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
