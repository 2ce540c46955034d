"""In front of each page: whether one may (`rights.py`), and what the audit log keeps of it.

What cannot be written down is not shown and not done.
"""

from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from typing import Final

import structlog
from msgspec.structs import replace
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from streams.console.access.audit import AuditLine, network
from streams.console.access.auth import Session
from streams.console.access.rights import Right, right_of
from streams.console.access.roles import NAMES, ROLES, may
from streams.console.desk import Desk, desk_of
from streams.console.tongue import N_, filled

__all__ = ["NOT_WRITTEN", "acts_on", "address_of", "gated", "noted", "shows"]

Endpoint = Callable[[Request], Awaitable[Response]]
SAFE: Final = frozenset({"GET", "HEAD"})
NEEDS_ROLE: Final = N_(
    "This needs the role %(role)s, who %(who)s. You are %(own)s. Somebody who runs Leadstream can give it to you: "
    "leadstream users role %(name)s %(wanted)s"
)
NOT_WRITTEN: Final = N_(
    "The audit log cannot be written, and nobody is shown without it. An operator must see to it."
)
OVER: Final = b"event: over\ndata: {}\n\n"
log = structlog.get_logger()


def gated(routes: Iterable[Route]) -> list[Route]:
    """The same addresses, each behind the gate."""
    return [
        Route(one.path, _behind(one.endpoint, path=one.path), methods=list(one.methods or ()), name=one.name)
        for one in routes
    ]


def shows(request: Request, leads: Iterable[str]) -> None:
    """A page says whom it shows, by their pseudonyms."""
    request.state.leads = tuple(sorted(set(leads)))


def acts_on(request: Request, id_: str, *, to: str = "") -> None:
    """A form says on whom it acts, where the address does not, and what it changes them to."""
    request.state.acted = (id_, to)


def address_of(request: Request) -> str:
    """Who called, "" = unknown. A proxy that should be seen through is told to the server, not to us."""
    return request.client.host if request.client else ""


def noted(request: Request, what: str, session: Session, *, answer: int = 200, id_: str = "") -> AuditLine:
    """A line of the audit log about this request."""
    return AuditLine(
        at=desk_of(request).now(), user=session.name, role=session.role, what=what, id=id_,
        leads=getattr(request.state, "leads", ()), network=network(address_of(request)), answer=answer,
    )  # fmt: skip


def _behind(endpoint: Endpoint, *, path: str) -> Endpoint:
    async def gate(request: Request) -> Response:
        session, right = getattr(request.state, "session", None), right_of(request.method, path)
        if not isinstance(session, Session):  # the guard before us let in nobody but to what is open to all
            return await endpoint(request)
        desk = desk_of(request)
        if not _written(desk.audit.check):
            return await _not_written(request)
        if not may(session.role, right.role):
            return await _refused(request, session, right)
        answer = await endpoint(request)
        if right.what and not _written_down(request, session, right, answer=answer):
            return await _not_written(request)
        return _while_signed_in(desk, session, answer)

    return gate


def _written_down(request: Request, session: Session, right: Right, *, answer: Response) -> bool:
    """Whether the answer may be shown: an act was done by now, so only a look that was not written may not."""
    audit = desk_of(request).audit
    id_, to = getattr(request.state, "acted", (request.path_params.get(right.id, ""), ""))
    line = replace(noted(request, right.what, session, answer=answer.status_code, id_=id_), to=to)
    if request.method in SAFE:
        return _written(lambda: audit.look(line, session=session.key))
    _written(lambda: audit.write(line))
    return True


def _written(write: Callable[[], None]) -> bool:
    try:
        write()
    except OSError as error:
        log.warning("audit_log_not_written", error=str(error))
        return False
    return True


async def _not_written(request: Request) -> Response:
    return await desk_of(request).notice(request, 503, title=N_("Not now"), text=NOT_WRITTEN)


async def _refused(request: Request, session: Session, right: Right) -> Response:
    line = noted(request, f"refused: {right.what or request.url.path}", session, answer=403)
    _written(lambda: desk_of(request).audit.write(line))
    text = filled(NEEDS_ROLE, role=filled(NAMES[right.role]), who=filled(ROLES[right.role]),
                  own=filled(NAMES[session.role]), name=repr(session.name), wanted=right.role)  # fmt: skip
    return await desk_of(request).notice(request, 403, title=N_("Not in your role"), text=text)


def _while_signed_in(desk: Desk, session: Session, answer: Response) -> Response:
    """A stream ends with the session that opened it; its last word is that it is over."""
    if isinstance(answer, StreamingResponse):
        answer.body_iterator = _until_ended(desk, session, answer.body_iterator)
    return answer


async def _until_ended(
    desk: Desk, session: Session, pieces: AsyncIterable[str | bytes | memoryview]
) -> AsyncIterator[str | bytes | memoryview]:
    async for piece in pieces:
        if not desk.auth.still(session):
            yield OVER
            return
        yield piece
