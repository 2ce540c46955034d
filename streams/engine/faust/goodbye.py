"""Leaving the group where its first generation is 0: Kafka's is 1, the embedded broker's is not.

aiokafka says nothing when it leaves a generation below 1. The group then waits a session timeout for somebody who is
gone, and whoever joins meanwhile waits with it.
"""

from typing import Any

__all__ = ["leave_any_generation"]


def leave_any_generation(coordinator: Any) -> None:
    """Makes a coordinator of aiokafka (0.14) leave generation 0 as any other, when it is closed."""
    stock = coordinator._maybe_leave_group

    async def leave() -> None:
        if coordinator.generation == 0:
            coordinator.generation = 1  # heartbeats have ended, and the request that follows names no generation
        await stock()

    coordinator._maybe_leave_group = leave
