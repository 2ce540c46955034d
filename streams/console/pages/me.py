"""Oneself: name, role, the colours and the language of the pages, and signing out everywhere."""

from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.console.access.roles import NAMES, ROLES
from streams.console.access.security import form_of, session_of
from streams.console.desk import desk_of
from streams.console.theme import keep_theme, theme_named
from streams.console.tongue import N_, keep_language, language_named
from streams.errors import StreamError

__all__ = ["ROUTES"]

log = structlog.get_logger()


async def me(request: Request) -> Response:
    """`GET /me`."""
    return await _page(request)


async def sign_out_everywhere(request: Request) -> Response:
    """`POST /me/sign-out-everywhere`: every session of this user ends, this one too."""
    desk, session = desk_of(request), session_of(request)
    await form_of(request, desk.auth)
    if desk.auth.users is None or session.version <= 0:
        return await _page(request, problem=N_("Only users with a password of their own can do this."), status=409)
    try:
        await desk.auth.users.sign_out_everywhere(session.name)
    except (OSError, StreamError) as error:
        log.warning("sessions_not_ended", error=str(error))
        problem = N_("The user file cannot be written from here. Ask an operator for: leadstream users signout")
        return await _page(request, problem=problem, status=503)
    return RedirectResponse("/login", 303)


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


async def _page(request: Request, *, problem: str = "", status: int = 200) -> Response:
    return await desk_of(request).show(request, "me.html", roles=ROLES, role_names=NAMES, problem=problem,
                                         status=status)  # fmt: skip


ROUTES: Final = [
    Route("/me", me),
    Route("/me/sign-out-everywhere", sign_out_everywhere, methods=["POST"]),
    Route("/me/theme", choose_theme, methods=["POST"]),
    Route("/me/language", choose_language, methods=["POST"]),
]
