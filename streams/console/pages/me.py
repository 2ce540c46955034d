"""Oneself: name, role, the colours and the language of the pages, and signing out in every browser, or every other."""

from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.console.access.auth import Session
from streams.console.access.roles import NAMES, ROLES
from streams.console.access.security import form_of, session_of
from streams.console.desk import Desk, desk_of
from streams.console.theme import keep_theme, theme_named
from streams.console.tongue import N_, keep_language, language_named
from streams.errors import StreamError

__all__ = ["ROUTES"]

NOBODYS: Final = N_("Only users with a password of their own and people with a company account can do this.")
NOT_WRITABLE: Final = N_(
    "The user file cannot be written from here. Ask an operator for: leadstream users signout"
)
NOT_ENDED: Final = N_("What ends sessions cannot be written from here, so none ended. Tell an operator.")
log = structlog.get_logger()


async def me(request: Request) -> Response:
    """`GET /me?did=elsewhere`: and whether the other sessions were just ended."""
    return await _page(request, did=request.query_params.get("did", ""))


async def sign_out_everywhere(request: Request) -> Response:
    """`POST /me/sign-out-everywhere`: every session of this person ends, this one too."""
    ended = await _ended(request)
    return ended if isinstance(ended, Response) else RedirectResponse("/login", 303)


async def sign_out_elsewhere(request: Request) -> Response:
    """`POST /me/sign-out-elsewhere`: every session but this one, which gets a new cookie."""
    ended = await _ended(request)
    if isinstance(ended, Response):
        return ended
    auth, answer = desk_of(request).auth, RedirectResponse("/me?did=elsewhere", 303)
    auth.set_cookie(answer, auth.kept_on(session_of(request), ended))
    return answer


async def _ended(request: Request) -> int | Response:
    """The version that a session needs from now on, else the page that says why none ended."""
    desk, session = desk_of(request), session_of(request)
    await form_of(request, desk.auth)
    if not session.person and (desk.auth.users is None or not session.is_users):
        return await _page(request, problem=NOBODYS, status=409)
    try:
        version = await _next_version(desk, session)
    except (OSError, StreamError) as error:
        log.warning("sessions_not_ended", error=str(error))
        return await _page(request, problem=NOT_WRITABLE if session.is_users else NOT_ENDED, status=503)
    desk.hub.look_again()
    return version


async def _next_version(desk: Desk, session: Session) -> int:
    """Raises OSError, StreamError."""
    if desk.auth.users is not None and session.is_users:
        return (await desk.auth.users.sign_out_everywhere(session.name)).version
    ended = await desk.auth.sessions.change(lambda book: book.end_person(session.person, subject=session.name))
    return ended.version


async def choose_theme(request: Request) -> Response:
    """`POST /me/theme`: light, dark, or as the device, in this browser."""
    desk = desk_of(request)
    fields = await form_of(request, desk.auth)
    answer = RedirectResponse("/me", 303)
    keep_theme(answer, theme_named(fields.get("theme", "")), secure=desk.auth.secure)
    return answer


async def choose_language(request: Request) -> Response:
    """`POST /me/language`: one that we have, or as the browser asks, in this browser."""
    desk = desk_of(request)
    fields = await form_of(request, desk.auth)
    answer = RedirectResponse("/me", 303)
    keep_language(answer, language_named(fields.get("language", "")), secure=desk.auth.secure)
    return answer


async def _page(request: Request, *, problem: str = "", did: str = "", status: int = 200) -> Response:
    return await desk_of(request).show(request, "me.html", roles=ROLES, role_names=NAMES, problem=problem, did=did,
                                         status=status)  # fmt: skip


ROUTES: Final = [
    Route("/me", me),
    Route("/me/sign-out-everywhere", sign_out_everywhere, methods=["POST"]),
    Route("/me/sign-out-elsewhere", sign_out_elsewhere, methods=["POST"]),
    Route("/me/theme", choose_theme, methods=["POST"]),
    Route("/me/language", choose_language, methods=["POST"]),
]
