"""What we keep but could not use: newest first, by reason, source, place and text, some on each page."""

from collections import Counter
from typing import Final
from urllib.parse import urlencode

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.rejected import Kept, Reason
from streams.console.desk import Desk, desk_of
from streams.console.paging import asked_page, pages_of
from streams.console.tongue import N_
from streams.replay.readable import visible
from streams.replay.wanted import Wanted

__all__ = ["MEANINGS", "ROUTES", "Bytes", "Found", "bytes_of"]

A_PAGE: Final = 50
LONGEST: Final = 2_000
LONGEST_QUERY: Final = 200
FIELDS: Final = ("reason", "source", "by", "text", "replayed")
MEANINGS: Final = {
    Reason.JSON: N_("is not JSON"),
    Reason.SCHEMA: N_("is JSON of another shape"),
    Reason.UNKNOWN_TYPE: N_("its type is none of track, page, screen, identify, group, alias"),
    Reason.NO_ID: N_("has neither a usable anonymousId nor a usable userId"),
    Reason.NUMBER: N_("has a number that no 64 bits hold"),
    Reason.TOO_LARGE: N_("is over the size limit"),
    Reason.DEPTH: N_("is nested too deeply"),
    Reason.BAD_EMAIL: N_("has an e-mail that cannot be one"),
    Reason.MAPPING: N_("what a CRM or a mail provider said, and nothing could read it"),
    Reason.FOLD: N_("a bug of ours; it can be replayed after the fix"),
    Reason.UNKNOWN_ROW: N_("is about an alert or deal that is not known"),
}


class Bytes(Struct, frozen=True):
    """The original bytes as text; `cut` says how many more there are."""

    text: str
    size: int
    cut: int


class Found(Struct, frozen=True, kw_only=True):
    """One page of what fits. `total`: of all that are kept, `fits`: of those that fit."""

    rows: list[tuple[Kept, Bytes]]
    reasons: list[tuple[Reason, int]]
    sources: list[str]
    total: int
    fits: int
    number: int

    @property
    def pages(self) -> int:
        """How many pages there are."""
        return pages_of(self.fits, size=A_PAGE)


def bytes_of(raw: bytes) -> Bytes:
    """What is no UTF-8 or cannot be seen is written as its code."""
    text = visible(raw[:LONGEST].decode("utf-8", "backslashreplace"), lines=True)
    return Bytes(text, len(raw), max(0, len(raw) - LONGEST))


async def rejected(request: Request) -> Response:
    """`GET /rejected?reason=json&source=site&by=agent&text=purchase&replayed=1&page=2`."""
    desk = desk_of(request)
    said = {name: request.query_params.get(name, "").strip()[:LONGEST_QUERY] for name in FIELDS}
    found = await _found(desk, _wanted(said), number=asked_page(request.query_params.get("page", "")))
    return await desk.show(
        request, "rejected.html", found=found, said=said, meanings=MEANINGS, link=lambda **new: _link(said, new),
    )  # fmt: skip


async def _found(desk: Desk, wanted: Wanted | None, *, number: int) -> Found:
    """One pass over what is kept; only the rows of the page stay."""
    reasons: Counter[Reason] = Counter()
    sources: set[str] = set()
    rows: list[tuple[Kept, Bytes]] = []
    total = fits = 0
    async for kept in desk.reader.rejected():
        total += 1
        sources.add(kept.record.source)
        if not kept.replayed or (wanted is not None and wanted.replayed):
            reasons[kept.record.reason] += 1
        if wanted is not None and wanted.takes(kept):
            if fits // A_PAGE == number - 1:
                rows.append((kept, bytes_of(kept.record.raw)))
            fits += 1
    return Found(rows=rows, reasons=reasons.most_common(), sources=sorted(sources), total=total, fits=fits,
                 number=number)  # fmt: skip


def _wanted(said: dict[str, str]) -> Wanted | None:
    """None: nothing can fit."""
    reason, source, by = said["reason"], said["source"], said["by"]
    if reason and reason not in set(Reason):
        return None
    return Wanted(
        reasons=frozenset([Reason(reason)] if reason else []), sources=frozenset([source] if source else []),
        by="collector" if by == "collector" else "agent" if by == "agent" else None, text=said["text"],
        replayed=bool(said["replayed"]),
    )  # fmt: skip


def _link(said: dict[str, str], new: dict[str, object]) -> str:
    query = urlencode({name: value for name, value in (said | new).items() if value})
    return f"/rejected?{query}" if query else "/rejected"


ROUTES: Final = [Route("/rejected", rejected)]
