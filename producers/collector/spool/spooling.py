"""The parts of the spool, put together as the settings say."""

import shutil
from collections.abc import Callable
from pathlib import Path

from producers.collector.spool.detour import Detour
from producers.collector.spool.disk import Disk
from producers.collector.spool.replay import Replay
from producers.collector.spool.spool import Spool
from producers.collector.spool.store import Store
from producers.logs import log
from producers.settings import Settings
from producers.sinks.base import Sink

__all__ = ["with_spool"]


def with_spool(settings: Settings, sink: Sink, *, now_ms: Callable[[], int], disk: Disk | None = None) -> Sink:
    """The sink with a way round it, or as it is where no directory is set. Takes the directory for this process.

    Raises BadSettings where the directory cannot be written, is another collector's or a newer version's.
    """
    here = settings.spool
    if here.directory is None:
        return sink
    store = Store(disk or Disk(here.directory), segment_bytes=here.segment_bytes, now_ms=now_ms)
    store.open()
    _look_at_room(here.directory, here.max_bytes - store.size)
    spool = Spool(store, here, now_ms=now_ms)
    replay = Replay(sink, spool, block_bytes=settings.collector.block_bytes)
    return Detour(sink, spool, replay, budget_s=here.budget_s, most=settings.collector.outstanding_bytes // 2)


def _look_at_room(directory: Path, more: int) -> None:
    """A disk that is full before the spool is: the alarm for half of it would come too late."""
    try:
        free = shutil.disk_usage(directory).free
    except OSError:  # it will say so itself when it is written
        return
    if free < more:
        log.warning("spool_disk_too_small", free_bytes=free, wanted_bytes=more,
                    do="give it room, or set LEADSTREAM_SPOOL__MAX_BYTES to what there is")  # fmt: skip
