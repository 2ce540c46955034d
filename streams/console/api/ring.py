"""The keys that count now, as their file says (`streams/watched_file.py`). While it was never readable none counts."""

import time
from collections.abc import Callable
from pathlib import Path

from running.private_files import read_private
from schemas.api_keys import API_KEY_FILE_FORMAT, ApiKey, ApiKeyFile, api_key_digest, counts
from streams.errors import SettingsError
from streams.watched_file import WatchedFile

__all__ = ["Ring", "read_api_keys"]


class Ring:
    """The keys of one file. `path` None = there is no API here. `now` gives UTC milliseconds.

    Whether to look at the file again is asked of another clock, which never goes back: a revoked key ends in a second.
    """

    def __init__(
        self, path: Path | None, *, now: Callable[[], int], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.path = path
        self._now = now
        none: dict[str, ApiKey] = {}
        self._file = None if path is None else WatchedFile(path, _keys_in, none, name="API keys", clock=clock)

    def key(self, text: str) -> ApiKey | None:
        """The key that this is, None where it is unknown, revoked or has ended."""
        if self._file is None:
            return None
        found = self._file.look().get(api_key_digest(text))
        return found if found is not None and counts(found, now=self._now()) else None


def read_api_keys(path: Path) -> ApiKeyFile:
    """Raises SettingsError, which says what is wrong and what to do."""
    return read_private(
        path, ApiKeyFile, setting="LEADSTREAM_CONSOLE__API_KEYS", what="file of API keys",
        make="leadstream api-keys create", newest=API_KEY_FILE_FORMAT, refused=SettingsError,
    )  # fmt: skip


def _keys_in(path: Path) -> dict[str, ApiKey]:
    return {one.hash: one for one in read_api_keys(path).keys}
