"""What browsers on other origins need to hear. An allowed origin is echoed, never `*`, with the headers it asked for.

Without a list of origins any page may send events, but without credentials: a browser's cookies are none of our keys.
"""

import re
from functools import lru_cache
from typing import Final

from producers.collector.keys import Headers
from producers.errors import Refusal, Refused

__all__ = ["Cors", "HeaderList"]

HeaderList = list[tuple[bytes, bytes]]
MAX_AGE_S: Final = b"7200"
METHODS: Final = b"GET, POST, OPTIONS"
_HEADER_NAMES: Final = re.compile(rb"[A-Za-z0-9_\-, ]{0,1024}")


class Cors:
    """`origins`: the list of those allowed, empty = any."""

    def __init__(self, origins: tuple[str, ...]) -> None:
        self._listed = frozenset(origin.rstrip("/").encode("latin-1") for origin in origins)
        self._reply = lru_cache(1_024)(self._made)

    def reply(self, origin: bytes | None) -> HeaderList:
        """Headers for a reply to a request from this origin. Raises Refused(ORIGIN)."""
        if origin is not None and self._listed and origin not in self._listed:
            raise Refused(Refusal.ORIGIN, "this origin may not send events")
        return self._reply(origin)

    def preflight(self, headers: Headers) -> HeaderList:
        """Headers for an OPTIONS request: it carries no key, so every origin gets an answer and the POST decides."""
        asked = headers.get(b"access-control-request-headers", b"")
        answer = [
            *self._reply(headers.get(b"origin")),
            (b"access-control-allow-methods", METHODS),
            (b"access-control-max-age", MAX_AGE_S),
        ]
        if asked and _HEADER_NAMES.fullmatch(asked):
            answer.append((b"access-control-allow-headers", asked))
        return answer

    def _made(self, origin: bytes | None) -> HeaderList:
        if origin is None:
            return [(b"vary", b"Origin")]
        made = [
            (b"access-control-allow-origin", origin),
            (b"access-control-expose-headers", b"Retry-After"),
            (b"vary", b"Origin"),
        ]
        return [*made, (b"access-control-allow-credentials", b"true")] if origin in self._listed else made
