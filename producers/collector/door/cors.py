"""What browsers on other origins need to hear. An allowed origin is echoed, never `*`, with the headers it asked for.

A source with a list of origins takes events from those alone. One without takes them from any page, but without
credentials: a browser's cookies are none of our keys. A preflight carries no key, and a key may stand in the body, so
what is said before the source is known is the same for everybody, and the POST decides.
"""

from itertools import chain
from typing import Final

from producers.collector.door.keys import Headers, Sender
from producers.collector.door.origins import OriginList
from producers.collector.sources import Sources
from producers.errors import Refusal, Refused
from schemas.lookups import remembered

__all__ = ["VARY", "Cors", "HeaderList"]

HeaderList = list[tuple[bytes, bytes]]
MAX_AGE_S: Final = b"7200"
METHODS: Final = b"GET, POST, OPTIONS"
MAX_ORIGIN: Final = 512
VARY: Final[HeaderList] = [(b"vary", b"Origin")]
_OF_A_NAME: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-, ")


class Cors:
    """`origins`: the list of the sources that have none of their own, empty = any. Raises BadSettings."""

    def __init__(self, origins: tuple[str, ...], sources: Sources | None = None) -> None:
        self._default = OriginList(origins, of="LEADSTREAM_COLLECTOR__CORS_ORIGINS")
        self._own = {
            name: OriginList(one.origins, of=f"LEADSTREAM_COLLECTOR__SOURCES: [{name}]: origins")
            for name, one in sources or Sources()
            if one.origins
        }
        self._told = remembered("origins_of_sources", most=4_096)(self._judged)
        self._open = remembered("origins", most=1_024)(self._unjudged)

    def reply(self, origin: bytes | None, sender: Sender | None = None) -> HeaderList:
        """Headers for a reply to a page of this origin; `sender` None: whose key it is, is not known.

        Raises Refused(ORIGIN): then the reply has `VARY` and no more.
        """
        if origin is None:
            return VARY
        if sender is None:
            return self._open(origin)
        told = self._told(origin, sender.source)
        if told is None:
            raise Refused(Refusal.ORIGIN, "this origin may not send events")
        return told

    def preflight(self, headers: Headers) -> HeaderList:
        """Headers for an OPTIONS request."""
        asked = headers.get(b"access-control-request-headers", b"")
        answer = [
            *self.reply(headers.get(b"origin")),
            (b"access-control-allow-methods", METHODS),
            (b"access-control-max-age", MAX_AGE_S),
        ]
        if asked and len(asked) <= 1_024 and _OF_A_NAME.issuperset(asked):
            answer.append((b"access-control-allow-headers", asked))
        return answer

    def _judged(self, origin: bytes, source: str) -> HeaderList | None:
        """None = this source has a list and the origin is not on it."""
        listed = self._own.get(source, self._default)
        if not listed:
            return _echo(origin, credentials=False)
        return _echo(origin, credentials=origin != b"null") if origin in listed else None

    def _unjudged(self, origin: bytes) -> HeaderList:
        """Credentials where any source lists the origin: who else sends some reads no reply, and stores nothing."""
        listed = any(origin in one for one in chain((self._default,), self._own.values()))
        return _echo(origin, credentials=listed and origin != b"null")


def _echo(origin: bytes, *, credentials: bool) -> HeaderList:
    if len(origin) > MAX_ORIGIN:
        return VARY
    made = [(b"access-control-allow-origin", origin), (b"access-control-expose-headers", b"Retry-After"), *VARY]
    return [*made, (b"access-control-allow-credentials", b"true")] if credentials else made
