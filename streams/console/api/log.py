"""All stage moves as Kafka keeps them, some at a time: `GET /transitions`. Raises Refused.

A cursor names the next offset of each partition: it goes on where it was, days later too, and sees each move once.
Moves of one lead come in their order.
"""

import asyncio
from typing import Final

from msgspec import MsgspecError, Struct
from msgspec.json import Decoder
from starlette.requests import Request

from schemas.api_keys import ApiKey
from schemas.cards import Transition
from streams.console.api.cursors import opaque, seen_through
from streams.console.api.problems import Refused
from streams.console.api.reads import limit_of
from streams.console.desk import Desk
from streams.console.flow.moves import TOPIC, Looks, moves_in
from streams.window import WindowShut

__all__ = ["BEGINNINGS", "TransitionStream", "all_transitions"]

BEGINNINGS: Final = ("first", "now")
LONGEST: Final = 8_192
MOST_LOOKS: Final = 40  # of one request: compaction leaves holes


class TransitionStream(Struct, frozen=True, kw_only=True):
    """Moves since the cursor. `next` is never null: hand it back whenever you like. `more`: there are some already."""

    items: list[Transition]
    next: str
    more: bool


class _Cursor(Struct, frozen=True, array_like=True):
    index: str
    offsets: dict[str, int]


_CURSOR: Final = Decoder(_Cursor)


async def all_transitions(desk: Desk, request: Request, _: ApiKey) -> TransitionStream:
    """`GET /transitions`."""
    begin, limit = request.query_params.get("from", "first"), limit_of(request)
    if begin not in BEGINNINGS:
        raise Refused(400, "bad-parameter", f"`from` is one of {', '.join(BEGINNINGS)}.")
    offsets = _offsets(request.query_params.get("cursor"))
    try:
        return await asyncio.to_thread(_read, desk.sight.log, offsets, limit=limit, at_end=begin == "now")
    except WindowShut as error:
        said = f"The moves cannot be read now ({error}). Ask again with the same cursor: none is lost."
        raise Refused(503, "log-away", said, headers={"retry-after": "5"}) from error


def _read(look: Looks, after: dict[int, int] | None, *, limit: int, at_end: bool) -> TransitionStream:
    """Blocks. Raises WindowShut."""
    bounds = look.bounds(TOPIC)
    if after is None and at_end:
        return TransitionStream(items=[], next=_text({one: end for one, (_, end) in bounds.items()}), more=False)
    items: list[Transition] = []
    where, looks = {one: _start(first, end, (after or {}).get(one)) for one, (first, end) in bounds.items()}, 0
    for partition, (_, end) in sorted(bounds.items()):
        while where[partition] < end and len(items) < limit and looks < MOST_LOOKS:
            until = min(end, where[partition] + limit - len(items))
            items += moves_in(look.between(TOPIC, partition, first=where[partition], end=until))
            where[partition], looks = until, looks + 1
    more = any(where[one] < end for one, (_, end) in bounds.items())
    return TransitionStream(items=items, next=_text(where), more=more)


def _start(first: int, end: int, known: int | None) -> int:
    """A topic that was made anew is read from its beginning."""
    return first if known is None or known > end else max(first, known)


def _text(offsets: dict[int, int]) -> str:
    said = _Cursor("transitions", {str(partition): offset for partition, offset in sorted(offsets.items())})
    return opaque(said)


def _offsets(cursor: str | None) -> dict[int, int] | None:
    if cursor is None:
        return None
    try:
        read = seen_through(cursor, _CURSOR, longest=LONGEST)
        found = {int(partition): offset for partition, offset in read.offsets.items()}
    except (ValueError, MsgspecError) as error:
        raise _refused() from error
    if read.index != "transitions" or any(offset < 0 for offset in found.values()):
        raise _refused()
    return found


def _refused() -> Refused:
    return Refused(400, "bad-cursor", "This cursor is not one of the moves. Take `next` of the answer before, as "
                                      "it is.")  # fmt: skip
