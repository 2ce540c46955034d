"""Signing in and out."""

from typing import Final

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.console.auth import SESSION_S
from streams.console.desk import Desk, desk_of
from streams.console.render import Frame
from streams.console.security import form_of

__all__ = ["ROUTES"]


def _inside(target: str) -> str:
    """Where to go next: a path of ours, never another host (`//evil`, a backslash, a scheme)."""
    is_path = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if is_path else "/"


def _sign_in(desk: Desk, name: str, *, target: str) -> Response:
    value, _ = desk.auth.signed_in(name)
    answer = RedirectResponse(_inside(target), 303)
    answer.set_cookie(
        desk.auth.cookie, value, max_age=SESSION_S, path="/", secure=desk.auth.secure, httponly=True, samesite="strict"
    )
    return answer


def _form(request: Request, *, target: str, name: str = "", problem: str = "", status: int = 200) -> Response:
    desk = desk_of(request)
    frame = Frame(now=desk.now())
    values = {"target": _inside(target), "name": name, "problem": problem}
    return desk.pages.page(request, "login.html", frame, status=status, **values)


async def show(request: Request) -> Response:
    """`GET /login`."""
    return _form(request, target=request.query_params.get("next", "/"))


async def by_password(request: Request) -> Response:
    """`POST /login`."""
    desk = desk_of(request)
    fields = await form_of(request, desk.auth, signed_in=False)
    address = request.client.host if request.client else ""
    target, name = fields.get("next", "/"), fields.get("name", "")
    wait_s = desk.throttle.wait_s(address, now=desk.now())
    if wait_s:
        answer = _form(request, target=target, name=name, problem=f"Too many tries. Wait {wait_s} s.", status=429)
        answer.headers["retry-after"] = str(wait_s)
        return answer
    if not desk.auth.is_password(fields.get("password", "")):
        desk.throttle.failed(address, now=desk.now())
        return _form(request, target=target, name=name, problem="That is not the password.", status=401)
    return _sign_in(desk, name, target=target)


async def by_link(request: Request) -> Response:
    """`GET /login/{token}`: signs in once."""
    desk = desk_of(request)
    if request.state.session is not None:  # the tab was opened again
        return RedirectResponse("/", 303)
    link = desk.auth.link(request.path_params["token"])
    if link is None or not await desk.reader.spend(link.link_id):
        problem = "This link was used or is too old. Ask for a new one: leadstream prints it at start."
        return _form(request, target="/", problem=problem, status=401)
    return _sign_in(desk, link.name, target="/")


async def sign_out(request: Request) -> Response:
    """`POST /logout`."""
    desk = desk_of(request)
    await form_of(request, desk.auth)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(desk.auth.cookie, path="/", secure=desk.auth.secure, httponly=True, samesite="strict")
    return answer


ROUTES: Final = [
    Route("/login", show, methods=["GET"]),
    Route("/login", by_password, methods=["POST"]),
    Route("/login/{token}", by_link, methods=["GET"]),
    Route("/logout", sign_out, methods=["POST"]),
]
