"""Signing in and out."""

from contextlib import suppress
from typing import Final

import structlog
from msgspec import Struct
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.console.access.audit import AuditLine, network
from streams.console.access.auth import Link
from streams.console.access.gate import NOT_WRITTEN, address_of, noted
from streams.console.access.roles import Role
from streams.console.access.security import form_of, session_of
from streams.console.access.sessions import NotKept
from streams.console.access.sign_ins import SignIn
from streams.console.desk import Desk, desk_of
from streams.console.render import Frame
from streams.console.tongue import N_, filled, language_of

__all__ = ["ROUTES", "CameBy", "inside", "login_form", "noted_sign_in", "sign_in"]


NOT_SPENT: Final = N_("This console cannot write down that the link was used, so it lets nobody in. Tell an operator.")
log = structlog.get_logger()


class CameBy(Struct, frozen=True, kw_only=True):
    """By what somebody came, as in Session: a link, if nothing is said."""

    version: int = 0
    person: str = ""
    sid: str = ""


BY_LINK: Final = CameBy()


class _Who(Struct, frozen=True):
    """Who signs in. `version` as in Session."""

    name: str
    role: Role
    version: int


def inside(target: str) -> str:
    """Where to go next: a path of ours, never another host (`//evil`, a backslash, a scheme)."""
    is_path = target.startswith("/") and not target.startswith("//") and "\\" not in target and target.isprintable()
    return target if is_path else "/"


def sign_in(
    request: Request, name: str, *, target: str, role: Role = "operator", by: CameBy = BY_LINK, follows: bool = False
) -> Response:
    """Raises OSError where the audit log cannot be written.

    `follows`: the browser comes from another site. A redirect would go on being that site's, without our cookie, so a
    page leads on.
    """
    desk = desk_of(request)
    value, session = desk.auth.signed_in(name, role=role, version=by.version, person=by.person, sid=by.sid)
    desk.audit.write(noted(request, "sign in", session))
    target = inside(target)
    if follows:
        answer: Response = desk.pages.page(request, "onward.html", Frame(now=desk.now()), target=target)
    else:
        answer = RedirectResponse(target, 303)
    desk.auth.set_cookie(answer, value)
    return answer


def login_form(request: Request, *, target: str, name: str = "", problem: str = "", status: int = 200) -> Response:
    """The page to sign in, with what was wrong."""
    desk = desk_of(request)
    frame = Frame(now=desk.now())
    values = {"target": inside(target), "name": name, "problem": problem}
    return desk.pages.page(request, "login.html", frame, status=status, **values)


async def show(request: Request) -> Response:
    """`GET /login`."""
    return login_form(request, target=request.query_params.get("next", "/"))


async def by_password(request: Request) -> Response:
    """`POST /login`."""
    desk = desk_of(request)
    fields = await form_of(request, desk.auth, signed_in=False)
    target, name, now = fields.get("next", "/"), fields.get("name", ""), desk.now()
    wait_s = desk.tries.wait_s(name, address_of(request), now=now)
    if wait_s:
        problem = filled(N_("Too many tries. Wait %(n)s s."), n=wait_s)
        answer = login_form(request, target=target, name=name, problem=problem, status=429)
        answer.headers["retry-after"] = str(wait_s)
        return answer
    who = await _who(desk, name, fields.get("password", ""))
    if who is None:
        _note_failure(request, name)
        return login_form(request, target=target, name=name, problem=_wrong(desk), status=401)
    desk.tries.passed(name, address_of(request), now=now)
    try:
        signed = sign_in(request, who.name, target=target, role=who.role, by=CameBy(version=who.version))
    except OSError:
        return login_form(request, target=target, name=name, problem=NOT_WRITTEN, status=503)
    await noted_sign_in(request, who.name)
    return signed


async def noted_sign_in(request: Request, name: str) -> None:
    """A user's last sign-in is kept beside the file of users, where there is one."""
    desk = desk_of(request)
    if desk.auth.users is not None:
        await desk.auth.users.note_sign_in(name, SignIn(at=desk.now(), language=language_of(request)))


async def _who(desk: Desk, name: str, password: str) -> _Who | None:
    """Whom the password signs in: a user of the file, or with the shared one whoever one says to be."""
    if desk.auth.users is not None:
        user = await desk.auth.users.verified(name, password)
        return None if user is None else _Who(user.name, user.role, user.version)
    version = desk.auth.shared(password)
    return None if version is None else _Who(name, "operator", version)


def _wrong(desk: Desk) -> str:
    if desk.auth.users is None:
        return N_("That is not the password.")
    return N_("This name and this password do not go together.")


def _note_failure(request: Request, name: str) -> None:
    """The name only of a user: others may have typed their password there. A disk that is full stops nobody here."""
    desk = desk_of(request)
    user = None if desk.auth.users is None else desk.auth.users.named(name)
    line = AuditLine(at=desk.now(), user="" if user is None else user.name, role="", what="failed to sign in",
                     network=network(address_of(request)), answer=401)  # fmt: skip
    with suppress(OSError):
        desk.audit.write(line)


async def by_link(request: Request) -> Response:
    """`GET /login/{token}`: signs in once."""
    desk = desk_of(request)
    if request.state.session is not None:  # the tab was opened again
        return RedirectResponse("/", 303)
    link = desk.auth.link(request.path_params["token"])
    try:
        if link is None or not await _is_first(desk, link):
            problem = N_("This link was used or is too old. Ask for a new one: leadstream prints it at start.")
            return login_form(request, target="/", problem=problem, status=401)
        return sign_in(request, link.name, target="/", role=link.role)
    except NotKept as error:
        log.warning("link_not_spent", error=str(error))
        return login_form(request, target="/", problem=NOT_SPENT, status=503)
    except OSError:
        return login_form(request, target="/", problem=NOT_WRITTEN, status=503)


async def _is_first(desk: Desk, link: Link) -> bool:
    """Used up now: in Redis, for consoles that share no file, and in the file of ends, which no flush empties.

    Raises NotKept, ReadModelAway.
    """
    if not await desk.reader.spend(link.link_id):
        return False
    return await desk.auth.sessions.change(lambda book: book.end(f"link:{link.link_id}"))


async def sign_out(request: Request) -> Response:
    """`POST /logout`."""
    desk = desk_of(request)
    await form_of(request, desk.auth)
    await desk.auth.sessions.end(session_of(request).key)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(desk.auth.cookie, path="/", secure=desk.auth.secure, httponly=True, samesite="strict")
    return answer


ROUTES: Final = [
    Route("/login", show, methods=["GET"]),
    Route("/login", by_password, methods=["POST"]),
    Route("/login/{token}", by_link, methods=["GET"]),
    Route("/logout", sign_out, methods=["POST"]),
]
