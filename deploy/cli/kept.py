"""The rows that workers keep, for commands that read them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.errors import BrokerUnreachable
from deploy.settings import from_environment

if TYPE_CHECKING:
    from streams.replay.kept_rows import KeptRows

__all__ = ["kept_rows"]


@contextmanager
def kept_rows(home: Path) -> "Iterator[KeptRows]":
    """Whatever Kafka says no with becomes BrokerUnreachable."""
    from schemas.topics import application
    from streams.replay.kept_rows import KeptRows
    from streams.window import Window, WindowShut

    settings = from_environment(home)
    kafka = settings.kafka
    window = Window(kafka.bootstrap_servers, topic_prefix=kafka.topic_prefix, epoch=kafka.epoch)
    try:
        yield KeptRows(window, application=application(settings.worker.app_id, kafka.epoch))
    except WindowShut as error:
        raise BrokerUnreachable(str(error)) from error
    finally:
        window.close()
