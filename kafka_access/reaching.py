"""kafka-python's clients, made so that nothing stays behind where no broker lets them in.

Each asks a broker before anything else, and raises where none answers in time. What it had begun by then, a thread and
four descriptors, it leaves running (3.0.12): a process that tries again every few seconds is out of descriptors within
half an hour.
"""

from collections.abc import Callable
from typing import Any, TypeVar

from kafka.net.compat import KafkaNetClient

from kafka_access.access import Where, client_options

__all__ = ["reached"]

Client = TypeVar("Client")


def reached(kind: Callable[..., Client], where: Where, **options: Any) -> Client:
    """A `KafkaConsumer`, `KafkaProducer` or `KafkaAdminClient` that a broker let in. Raises KafkaError."""
    begun: list[Any] = []

    def client(**told: Any) -> Any:
        begun.append(KafkaNetClient(**told))
        return begun[-1]

    try:
        return kind(**client_options(where), **options, kafka_client=client)
    except BaseException:
        for one in begun:
            one.close()
        raise
