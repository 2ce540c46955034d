"""One rejected record: its bytes, a patch, what a replay would do, and the replay itself."""

import asyncio
from collections.abc import Callable
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace as replaced
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.rejected import Kept, Reason
from streams.console.access.security import form_of, session_of
from streams.console.desk import Desk, desk_of
from streams.console.pages.rejected import MEANINGS
from streams.console.tongue import N_, Text, filled
from streams.core.rules import RulesError
from streams.core.said import Name
from streams.inbox import DoorClosed
from streams.replay.inside import document_in, documents_of, inside
from streams.replay.patch import BadPatch, Patch, expression, merge_patch
from streams.replay.readable import difference, readable
from streams.replay.replaying import Preview, Replaying
from streams.replay.wanted import place_of
from streams.window import WindowShut

__all__ = ["ROUTES"]

LONGEST: Final = 20_000  # characters of the bytes that are shown
MOST_SHOWN: Final = 20  # of the messages that one body becomes


class _Said(Struct, frozen=True, kw_only=True):
    """What the page answers. `good`: in green."""

    good: bool = False
    text: Text = ""
    preview: Preview | None = None
    status: int = 200


NOTHING: Final = _Said()


async def one(request: Request) -> Response:
    """`GET /rejected/{place}`: the record, with an empty patch.

    Of what a CRM or a mail provider said, also what it would become now: a mapping file may be mended since.
    """
    kept = await _kept(request)
    if kept.record.reason is not Reason.MAPPING:
        return await _page(request, kept, NOTHING)
    said = await _said(request, lambda replaying: _previewed(replaying.preview(kept)))
    return await _page(request, kept, replaced(said, status=200))


async def preview(request: Request) -> Response:
    """`POST /rejected/{place}/preview`: what a replay would do. Changes nothing."""
    return await _answer(request, lambda replaying, kept, patch: _previewed(replaying.preview(kept, patch)))


async def replay(request: Request) -> Response:
    """`POST /rejected/{place}/replay`: send it on its way again, in one's own name. Twice changes nothing."""

    def replayed(replaying: Replaying, kept: Kept, patch: Patch | None) -> _Said:
        [outcome] = replaying.replay([kept], patch)
        if outcome.ended == "replayed":
            text = N_("Replayed. It keeps its time, source, trust and id, so replaying it again changes nothing.")
            return _Said(good=True, text=text, preview=outcome.preview)
        return _previewed(outcome.preview)

    return await _answer(request, replayed)


async def _answer(request: Request, act: Callable[[Replaying, Kept, Patch | None], _Said]) -> Response:
    fields = await form_of(request, desk_of(request).auth)
    kept = await _kept(request)
    said = await _said(request, lambda replaying: act(replaying, kept, _patch(fields)))
    return await _page(request, kept, said, fields=fields)


async def _said(request: Request, act: Callable[[Replaying], _Said]) -> _Said:
    """What came of it, in a thread of its own: it may look into Kafka, or wait for it."""
    desk = desk_of(request)
    replaying = Replaying(desk.door, desk.sight.remaker, actor=session_of(request).name, now=desk.now)
    try:
        return await asyncio.to_thread(act, replaying)
    except BadPatch as error:
        return _Said(text=error.said, status=422)
    except DoorClosed:
        return _Said(text=N_("Kafka did not take it in time. Try again: what was taken counts once."), status=503)
    except WindowShut as error:
        return _Said(text=filled(N_("Nothing has changed. %(error)s"), error=error.said), status=503)
    except RulesError as error:
        text = filled(N_("Nothing has changed: the rules cannot be read. %(error)s"), error=error.said)
        return _Said(text=text, status=503)


def _previewed(made: Preview) -> _Said:
    if made.verdict is None:
        return _Said(text=filled(N_("It cannot be replayed: %(why)s"), why=made.why or ""), preview=made, status=422)
    if made.is_good:
        return _Said(good=True, text=N_("This is what a replay would send. Nothing has changed yet."), preview=made)
    verdict = made.verdict
    msgid = N_("It would be rejected again, so it is not sent. %(reason)s: %(detail)s")
    text = filled(msgid, reason=Name(verdict.reason), detail=verdict.detail)
    return _Said(text=text, preview=made, status=422)


def _patch(fields: dict[str, str]) -> Patch | None:
    """Raises BadPatch. `inside`: a field whose text it is of, "" = the body."""
    text, name = fields.get("patch", "").strip(), fields.get("inside", "")
    if not text:
        return None
    patch = expression(text) if fields.get("language") == "jmespath" else merge_patch(text)
    return inside(patch, name) if name else patch


async def _kept(request: Request) -> Kept:
    place = place_of(request.path_params["place"])
    found = None if place is None else await desk_of(request).reader.rejected_at(f"{place[0]}:{place[1]}")
    if found is None:
        raise HTTPException(404)
    return found


async def _page(request: Request, kept: Kept, said: _Said, *, fields: dict[str, str] | None = None) -> Response:
    text = readable(kept.record.raw)
    made, documents = said.preview, documents_of(kept.record.raw)
    # The envelope around what somebody said is hardly what anybody means to mend: the document in it is offered first.
    offered = documents[0] if documents and kept.record.reason is Reason.MAPPING else ""
    where = offered if fields is None else fields.get("inside", "")
    values: dict[str, Any] = {
        "kept": kept, "said": said, "lines": text[:LONGEST].split("\n"), "cut": max(0, len(text) - LONGEST),
        "meaning": MEANINGS.get(kept.record.reason, ""), "fields": fields or {},
        "changes": [] if made is None else difference(made.before, made.after, inside=where),
        "documents": [(name, readable(document_in(kept.record.raw, name))[:LONGEST]) for name in documents],
        "where": where,
        "becomes": [] if made is None else [(one.inbox, readable(one.message)) for one in made.becomes[:MOST_SHOWN]],
    }  # fmt: skip
    desk: Desk = desk_of(request)
    return await desk.show(request, "replay.html", status=said.status, **values)


ROUTES: Final = [
    Route("/rejected/{place}", one),
    Route("/rejected/{place}/preview", preview, methods=["POST"]),
    Route("/rejected/{place}/replay", replay, methods=["POST"]),
]
