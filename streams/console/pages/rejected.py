"""What we keep but could not use: newest first, by reason, with its bytes."""

from collections import Counter
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.rejected import Reason, Rejected
from streams.console.desk import desk_of

__all__ = ["MEANINGS", "ROUTES", "Bytes", "bytes_of"]

SHOWN: Final = 100
LONGEST: Final = 2_000
MEANINGS: Final = {
    Reason.JSON: "is not JSON",
    Reason.SCHEMA: "is JSON of another shape",
    Reason.UNKNOWN_TYPE: "its type is none of track, page, screen, identify, group, alias",
    Reason.NO_ID: "has neither a usable anonymousId nor a usable userId",
    Reason.NUMBER: "has a number that no 64 bits hold",
    Reason.TOO_LARGE: "is over the size limit",
    Reason.DEPTH: "is nested too deeply",
    Reason.BAD_EMAIL: "has an e-mail that cannot be one",
    Reason.MAPPING: "the CRM mapping could not read it",
    Reason.FOLD: "a bug of ours; it can be replayed after the fix",
    Reason.UNKNOWN_ROW: "is about an alert or deal that is not known",
}


class Bytes(Struct, frozen=True):
    """The original bytes as text; `cut` says how many more there are."""

    text: str
    size: int
    cut: int


def bytes_of(raw: bytes) -> Bytes:
    """What is no UTF-8 or cannot be seen is written as its code."""
    text = raw[:LONGEST].decode("utf-8", "backslashreplace")
    seen = "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in text)
    return Bytes(seen, len(raw), max(0, len(raw) - LONGEST))


async def rejected(request: Request) -> Response:
    """`GET /rejected?reason=json`."""
    desk = desk_of(request)
    kept = await desk.reader.rejected()
    wanted = request.query_params.get("reason", "")
    counts: Counter[Reason] = Counter(one.reason for one in kept)
    chosen = [one for one in kept if wanted in ("", one.reason)]
    rows: list[tuple[Rejected, Bytes]] = [(one, bytes_of(one.raw)) for one in chosen[:SHOWN]]
    return await desk.show(
        request, "rejected.html", rows=rows, counts=counts.most_common(), wanted=wanted, total=len(kept),
        left_out=max(0, len(chosen) - SHOWN), meanings=MEANINGS,
    )  # fmt: skip


ROUTES: Final = [Route("/rejected", rejected)]
