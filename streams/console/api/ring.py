"""The keys that count now. The file is read again when it changed, at most once a second; a broken one changes nothing.

While the file was never readable no key counts.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
from msgspec import MsgspecError
from msgspec.json import decode

from schemas.api_keys import API_KEY_FILE_FORMAT, ApiKey, ApiKeyFile, api_key_digest, counts
from streams.file_stamps import Stamp, stamp_of

__all__ = ["Ring"]

EVERY_MS: Final = 1_000
log = structlog.get_logger()


class Ring:
    """The keys of one file. `path` None = there is no API here. `now` gives UTC milliseconds."""

    def __init__(self, path: Path | None, *, now: Callable[[], int]) -> None:
        self.path = path
        self._now = now
        self._looked_at = -EVERY_MS
        self._seen: Stamp | None = None
        self._keys: dict[str, ApiKey] = {}

    def key(self, text: str) -> ApiKey | None:
        """The key that this is, None where it is unknown, revoked or has ended."""
        now = self._now()
        if self.path is not None and now - self._looked_at >= EVERY_MS:
            self._looked_at = now
            self._look(self.path)
        found = self._keys.get(api_key_digest(text))
        return found if found is not None and counts(found, now=now) else None

    def _look(self, path: Path) -> None:
        try:
            seen = stamp_of(path)
            if seen == self._seen:
                return
            self._seen = seen
            read = decode(path.read_bytes(), type=ApiKeyFile)
        except (OSError, MsgspecError, UnicodeDecodeError) as error:
            log.warning("api_keys_unreadable", error=type(error).__name__, setting="LEADSTREAM_CONSOLE__API_KEYS")
            return
        if read.format > API_KEY_FILE_FORMAT:
            log.error("api_keys_newer", format=read.format, setting="LEADSTREAM_CONSOLE__API_KEYS")
            return
        self._keys = {one.hash: one for one in read.keys}
