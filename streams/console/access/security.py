"""What every answer carries, who may pass, and how a form is read.

No inline script or style exists in the console, so the policy allows none; a page that is framed shows nothing.
"""

from typing import Final
from urllib.parse import parse_qsl, quote

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from streams.console.access.auth import Auth, Session

__all__ = ["HEADERS", "Guard", "Headers", "form_of", "session_of"]

LARGEST_FORM: Final = 16_384
MOST_FIELDS: Final = 20
OPEN: Final = ("/api/v1", "/login", "/static/", "/healthz", "/readyz", "/metrics", "/favicon.ico", "/slack/actions")
HEADERS: Final = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",  # `no-referrer` would make our own forms' Origin `null`
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}


class Headers:
    """Puts the security headers on every answer; pages are never stored."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        await self._app(scope, receive, with_headers)


class Guard:
    """Lets in who is signed in. Others are sent to sign in, or told 401 where no page was asked for."""

    def __init__(self, app: ASGIApp, *, auth: Auth) -> None:
        self._app = app
        self._auth = auth

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if request.method == "POST" and request.headers.get("sec-fetch-site", "none") not in ("same-origin", "none"):
            await Response("another site may not post here\n", 403)(scope, receive, send)
            return
        cookie = request.cookies.get(self._auth.cookie)
        session = self._auth.session(cookie)
        request.state.session = session
        if session is None and not _is_open(request.url.path):
            await _turned_away(request)(scope, receive, send)
            return
        renewed = self._auth.renewed(cookie, session) if cookie and session and request.method == "GET" else None
        await self._app(scope, receive, _renewing(send, self._auth, renewed) if renewed else send)


def _renewing(send: Send, auth: Auth, value: str) -> Send:
    """Puts the cookie on the answer."""

    async def renewing(message: Message) -> None:
        if message["type"] == "http.response.start":
            answer = Response()
            auth.set_cookie(answer, value)
            MutableHeaders(scope=message).append("set-cookie", answer.headers["set-cookie"])
        await send(message)

    return renewing


def _is_open(path: str) -> bool:
    return any(path == one or path.startswith(one if one.endswith("/") else f"{one}/") for one in OPEN)


def _turned_away(request: Request) -> Response:
    if request.headers.get("hx-request"):
        return Response("sign in first\n", 401, headers={"hx-redirect": "/login"})
    if request.method == "GET" and "text/event-stream" not in request.headers.get("accept", ""):
        query = f"?{request.url.query}" if request.url.query else ""
        return RedirectResponse(f"/login?next={quote(request.url.path + query, safe='')}", 303)
    return Response("sign in first\n", 401)


def session_of(request: Request) -> Session:
    """Who asks. Raises HTTPException 401 where nobody is signed in."""
    session = request.state.session
    if not isinstance(session, Session):
        raise HTTPException(401)
    return session


async def form_of(request: Request, auth: Auth, *, signed_in: bool = True) -> dict[str, str]:
    """The fields of a posted form. Raises HTTPException: 413 too large, 400 unreadable, 403 without its CSRF token."""
    body = b""
    async for piece in request.stream():
        body += piece
        if len(body) > LARGEST_FORM:
            raise HTTPException(413)
    try:
        fields = dict(parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError as error:
        raise HTTPException(400) from error
    if signed_in and not auth.is_csrf(session_of(request), fields.get("csrf", "")):
        raise HTTPException(403)
    return fields
