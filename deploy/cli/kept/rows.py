"""The rows that workers keep, for commands that read them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from deploy.cli.openings import opened_window
from deploy.settings import from_environment

if TYPE_CHECKING:
    from streams.replay.kept_rows import KeptRows

__all__ = ["kept_rows"]


@contextmanager
def kept_rows(home: Path) -> "Iterator[KeptRows]":
    """Whatever Kafka says no with becomes BrokerUnreachable."""
    from schemas.topics import application
    from streams.replay.kept_rows import KeptRows

    settings = from_environment(home)
    with opened_window(settings) as window:
        yield KeptRows(window, application=application(settings.worker.app_id, settings.kafka.epoch))
