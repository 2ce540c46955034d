"""Which path means what, and which refusal is which status: tables. Another protocol's paths stand in its own file."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, NamedTuple

from msgspec.json import encode

from producers.collector.reading.wire import Request, read
from producers.errors import Refusal
from schemas.delivery import Trust

__all__ = ["ANSWERED", "EVENT_ROUTES", "RETRY_AFTER_S", "STATUS_OF", "EventRoute", "refused_body"]

# SDKs drop what is answered 4xx for good and send again after 429 and 5xx.
STATUS_OF: Final[Mapping[Refusal, int]] = {
    Refusal.JSON: 400,
    Refusal.DEPTH: 400,
    Refusal.GZIP: 400,
    Refusal.MULTI_MEMBER: 400,
    Refusal.XML: 400,
    Refusal.KEY: 401,
    Refusal.PROOF: 401,
    Refusal.NOT_SET_UP: 404,
    Refusal.LEAKED_KEY: 403,
    Refusal.ORIGIN: 403,
    Refusal.SLOW: 408,
    Refusal.TOO_LARGE: 413,
    Refusal.TOO_MANY: 413,
    Refusal.ENCODING: 415,
    Refusal.CUT_OFF: 400,
    Refusal.PIECES: 400,
    Refusal.FRAMING: 400,
    Refusal.URL: 414,
    Refusal.RATE: 429,
    Refusal.CROWD: 429,
    Refusal.HEADERS: 431,
}
RETRY_AFTER_S: Final = 2
# One body that pleases every SDK: some want `success`, some `ok`, some any JSON object.
ANSWERED: Final = b'{"success":true,"ok":true,"status":1}'


class EventRoute(NamedTuple):
    """What events a path brings: `read` makes them of a body, or of a pixel's query, and raises Refused.

    `name` = the route in the metrics; `only` = the keys that may use it, None = all.
    """

    name: str
    read: Callable[[bytes], Request]
    only: Trust | None = None
    statuses: Mapping[Refusal, int] = STATUS_OF


def _tier_one(kind: str) -> EventRoute:
    return EventRoute(kind, partial(read, kind=kind))


_LETTERS: Final = {
    "track": "t", "identify": "i", "page": "p", "screen": "s", "group": "g", "alias": "a", "batch": "b",
}  # fmt: skip
# A batch whose times lie in the past: what a server key imports keeps them.
_IMPORT: Final = EventRoute("import", partial(read, kind="batch"), only="proven")
# /v1/track /v1/t /track /t ... -> `track`; the same with a slash at the end.
EVENT_ROUTES: Final[Mapping[str, EventRoute]] = {
    f"{prefix}{name}{end}": route
    for names, route in (
        *((("/" + kind, "/" + letter), _tier_one(kind)) for kind, letter in _LETTERS.items()),
        (("/import",), _IMPORT),
    )
    for name in names
    for prefix in ("/v1", "")
    for end in ("", "/")
} | {f"/beacon/v1/batch{end}": _tier_one("batch") for end in ("", "/")}


def refused_body(reason: str, detail: str) -> bytes:
    """The JSON of a reply that is not 200.

    `code` and `message` say it once more, as SDKs look for it: Segment's for Python logs "Unknown error" without them.
    """
    said = {"success": False, "ok": False, "status": 0, "reason": reason, "detail": detail}
    return encode({**said, "code": reason, "message": detail})
