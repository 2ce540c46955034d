"""What commands open at Kafka: a window to look through, a door to write by."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING

from deploy.errors import BrokerUnreachable
from deploy.settings import DeploySettings

if TYPE_CHECKING:
    from streams.inbox import KafkaDoor
    from streams.window import Window

__all__ = ["opened_door", "opened_window"]


@contextmanager
def opened_window(settings: DeploySettings) -> "Iterator[Window]":
    """Whatever Kafka says no with becomes BrokerUnreachable."""
    from streams.window import Window, WindowShut

    kafka = settings.kafka
    with closing(Window(kafka, topic_prefix=kafka.topic_prefix, epoch=kafka.epoch)) as window:
        try:
            yield window
        except WindowShut as error:
            raise BrokerUnreachable(str(error)) from error


@contextmanager
def opened_door(settings: DeploySettings, *, partitions: int) -> "Iterator[KafkaDoor]":
    """`partitions` by the broker's word: a wrong count would send messages to others' rows."""
    from streams.inbox import KafkaDoor

    kafka = settings.kafka
    with closing(KafkaDoor(kafka, partitions=partitions, topic_prefix=kafka.topic_prefix,
                           epoch=kafka.epoch)) as door:  # fmt: skip
        yield door
