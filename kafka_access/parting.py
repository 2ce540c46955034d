"""A connection by TLS is closed without waiting for the broker's goodbye.

aiokafka waits at its end until each connection is gone. Over TLS that is when the broker has answered our goodbye, and
it does not read one while it still holds a request of ours: the loop then waits 30 s, longer than a stop may take.
What had to be sent was acknowledged before.
"""

from typing import Any

__all__ = ["part_at_once"]


def part_at_once(client: Any) -> None:
    """Makes the client of a consumer or producer of aiokafka (0.14) drop connections by TLS when it is closed."""
    stock = client.close

    async def close() -> None:
        for connection in client._conns.values():  # noqa: SLF001  nothing public leads to a connection
            writer = connection._writer  # noqa: SLF001
            if writer is not None and writer.get_extra_info("ssl_object") is not None:
                writer.transport.abort()
        await stock()

    client.close = close
