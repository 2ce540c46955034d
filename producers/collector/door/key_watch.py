"""Looks once a second whether the key file changed, so that a revoked key ends within two seconds."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

from producers.collector.door.key_file import KeyFile, read_key_file
from producers.collector.door.keys import KeyRing
from producers.errors import BadSettings
from producers.logs import log
from producers.metrics import KEYS_STALE
from running.file_stamps import Stamp, stamp_of

__all__ = ["KeyWatch"]

EVERY_S: Final = 1.0


class KeyWatch:
    """Keeps `keys` as the file has them; without a file it does nothing. Raises BadSettings where it is bad at first.

    A file that is broken or gone later on keeps the last good one: a slip of the pen must not shut every page out.
    """

    def __init__(self, path: Path | None, keys: KeyRing, *, now_ms: Callable[[], int]) -> None:
        self._path = path
        self._keys = keys
        self._now_ms = now_ms
        self._read = KeyFile()
        self._is_stale = False
        self._mark: Stamp | None = None
        self._task: asyncio.Task[None] | None = None
        if path is not None:
            self._mark = _mark(path)
            self._read = read_key_file(path)
            keys.replace(self._read.keys, now_ms=now_ms())

    async def __aenter__(self) -> None:
        """Watches from here on."""
        if self._path is not None:
            self._task = asyncio.create_task(self._run(self._path))

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()

    async def _run(self, path: Path) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            await asyncio.to_thread(self.look, path)  # a hung disk holds up no request
            self._keys.replace(self._read.keys, now_ms=self._now_ms())  # also ends what has expired
            KEYS_STALE.set(self._is_stale)  # told of the keys that count by now

    def look(self, path: Path) -> None:
        """Reads the file where it is another than before."""
        mark = _mark(path)
        if mark == self._mark:
            return
        self._mark = mark
        try:
            self._read = read_key_file(path)
        except BadSettings as error:
            self._is_stale = True
            log.error("key_file_broken", why=str(error), kept="the last good one")
        else:
            self._is_stale = False
            log.info("key_file_read", keys=len(self._read.keys))


def _mark(path: Path) -> Stamp | None:
    """None where there is no file."""
    try:
        return stamp_of(path)
    except OSError:
        return None
