"""Sends a worker's connections to Kafka through one port, whatever the brokers advertise: another way for it alone."""

from typing import Any

import aiokafka.client

from deploy.local.ports import HOST

__all__ = ["detour"]


def detour(port: int) -> None:
    """From now on, in this process."""
    direct = aiokafka.client.create_conn

    async def roundabout(_host: str, _port: int, **options: Any) -> Any:
        return await direct(HOST, port, **options)

    aiokafka.client.create_conn = roundabout
