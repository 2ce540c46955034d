"""kafka-python's clients: nothing stays behind where no broker lets them in, and whoever fell is soon found again.

Each asks a broker before anything else, and raises where none answers in time. What it had begun by then, a thread and
four descriptors, it leaves running (3.0.12): a process that tries again every few seconds is out of descriptors within
half an hour. And it doubles its rest after each try in vain, up to 30 s unless it is told less: a console would miss a
broker that is back for as long.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from kafka.net.compat import KafkaNetClient

from kafka_access.access import Where, client_options

__all__ = ["reached"]

Client = TypeVar("Client")
REST_MS: Final = 1_000  # the longest between two tries to connect to one broker


def reached(kind: Callable[..., Client], where: Where, **options: Any) -> Client:
    """A `KafkaConsumer`, `KafkaProducer` or `KafkaAdminClient` that a broker let in. Raises KafkaError."""
    begun: list[Any] = []

    def client(**told: Any) -> Any:
        begun.append(KafkaNetClient(**told))
        return begun[-1]

    try:
        return kind(**client_options(where), **options, reconnect_backoff_max_ms=REST_MS, kafka_client=client)
    except BaseException:
        for one in begun:
            one.close()
        raise
