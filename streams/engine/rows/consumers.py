"""Readers beside Faust's own: consumers of no group, which commit nothing."""

from typing import Any

from aiokafka import AIOKafkaConsumer

from kafka_access.access import Where, client_options
from kafka_access.parting import part_at_once

__all__ = ["lone_consumer"]


def lone_consumer(servers: Where, **options: Any) -> AIOKafkaConsumer:
    """Not started yet; whoever made it stops it, also where it did not start. `options`: aiokafka's."""
    consumer = AIOKafkaConsumer(**client_options(servers), group_id=None, enable_auto_commit=False, **options)
    part_at_once(consumer._client)
    return consumer
