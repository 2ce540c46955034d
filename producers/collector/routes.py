"""Which path means what, and which refusal is which status: two tables."""

from collections.abc import Mapping
from typing import Final

from msgspec.json import encode

from producers.errors import Refusal

__all__ = ["ANSWERED", "EVENT_ROUTES", "RETRY_AFTER_S", "STATUS_OF", "refused_body"]

_LETTERS: Final = {
    "track": "t", "identify": "i", "page": "p", "screen": "s", "group": "g", "alias": "a", "batch": "b",
}  # fmt: skip
# /v1/track /v1/t /track /t ... -> `track`; the same with a slash at the end.
EVENT_ROUTES: Final[Mapping[str, str]] = {
    f"{prefix}/{name}{end}": kind
    for kind, letter in _LETTERS.items()
    for name in (kind, letter)
    for prefix in ("/v1", "")
    for end in ("", "/")
}

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


def refused_body(reason: str, detail: str) -> bytes:
    """The JSON of a reply that is not 200."""
    return encode({"success": False, "ok": False, "status": 0, "reason": reason, "detail": detail})
