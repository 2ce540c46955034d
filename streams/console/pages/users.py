"""Who may sign in to this console, for operators: looked at and changed as `leadstream users` does it."""

from collections.abc import Callable
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.console.access.gate import acts_on
from streams.console.access.roles import ROLES, Role
from streams.console.access.security import form_of, session_of
from streams.console.access.user_book import BadUser, UserBook, is_operator, link_to
from streams.console.access.user_file import UserEntry, name_key
from streams.console.desk import desk_of
from streams.console.tongue import N_, filled
from streams.errors import StreamError

__all__ = ["ROUTES"]

ONESELF: Final = N_("This is you. Another operator changes your role or disables you.")
NO_FILE: Final = N_("This console reads no file of users, so there is nobody to change.")
NOT_WRITABLE: Final = N_("The file of users cannot be written from here: %(why)s. Nothing was changed.")
DONE: Final = {
    "role": N_("%(name)s has another role: %(role)s. It counts from the next click on."),
    "disabled": N_("%(name)s is disabled, and all sessions ended."),
    "enabled": N_("%(name)s may sign in again. Sessions of before stay ended."),
    "signed-out": N_("All sessions of %(name)s ended."),
}
T = TypeVar("T")
log = structlog.get_logger()


async def users(request: Request) -> Response:
    """`GET /users?did=role&name=Ines`: everybody, and what was just done."""
    return await _shown(request, did=request.query_params.get("did", ""), name=request.query_params.get("name", ""))


async def add(request: Request) -> Response:
    """`POST /users/add`: a new user, who chooses a password behind a link that is shown this once."""
    fields = await form_of(request, desk_of(request).auth)
    name, role = " ".join(fields.get("name", "").split()), _role(fields)
    acts_on(request, name, to=role)
    return await _with_link(request, lambda book: book.invite(name, role), name=name, role=role)


async def link(request: Request) -> Response:
    """`POST /users/link`: another such link, in the place of the former one."""
    name = await _named(request)
    return await _with_link(request, lambda book: book.give_link(name))


async def role(request: Request) -> Response:
    """`POST /users/role`."""
    fields = await form_of(request, desk_of(request).auth)
    name, wanted = fields.get("name", ""), _role(fields)
    acts_on(request, name, to=wanted)
    return await _done(request, "role", name, act=lambda book: book.give_role(name, wanted))


async def disable(request: Request) -> Response:
    """`POST /users/disable`: all sessions end at once."""
    name = await _named(request)
    return await _done(request, "disabled", name, act=lambda book: book.disable(name))


async def enable(request: Request) -> Response:
    """`POST /users/enable`."""
    name = await _named(request)
    return await _done(request, "enabled", name, act=lambda book: book.enable(name))


async def sign_out(request: Request) -> Response:
    """`POST /users/sign-out`: for a device that was lost."""
    name = await _named(request)
    return await _done(request, "signed-out", name, act=lambda book: book.end_sessions(name))


async def _named(request: Request) -> str:
    fields = await form_of(request, desk_of(request).auth)
    name = fields.get("name", "")
    acts_on(request, name)
    return name


def _role(fields: dict[str, str]) -> Role:
    """Raises HTTPException 400."""
    found = next((one for one in ROLES if one == fields.get("role", "")), None)
    if found is None:
        raise HTTPException(400)
    return found


async def _done(request: Request, did: str, name: str, *, act: Callable[[UserBook], UserEntry]) -> Response:
    if did in {"role", "disabled"} and _is_oneself(request, name):
        return await _shown(request, status=409, problem=ONESELF)
    entry = await _changed(request, act)
    if isinstance(entry, Response):
        return entry
    desk_of(request).hub.look_again()
    return RedirectResponse(f"/users?{urlencode({'did': did, 'name': entry.name})}", 303)


async def _with_link(
    request: Request, act: Callable[[UserBook], tuple[UserEntry, str]], **typed: str
) -> Response:
    """The link stands in this one answer, and nowhere else."""
    made = await _changed(request, act, **typed)
    if isinstance(made, Response):
        return made
    entry, token = made
    base = desk_of(request).public_url or str(request.base_url)
    return await _shown(request, invited=entry, link=link_to(base, token))


async def _changed(request: Request, act: Callable[[UserBook], T], **typed: str) -> T | Response:
    """What was changed, else the page that says why nothing was. `typed`: what the form goes on to hold."""
    found = desk_of(request).auth.users
    if found is None:
        return await _shown(request, status=409, problem=NO_FILE)
    try:
        return await found.change(act)
    except BadUser as error:
        return await _shown(request, status=409, problem=error.said, **typed)
    except (OSError, StreamError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        log.warning("user_file_not_written", error=str(error))
        return await _shown(request, status=503, problem=filled(NOT_WRITABLE, why=str(why)), **typed)


def _is_oneself(request: Request, name: str) -> bool:
    session = session_of(request)
    return session.version > 0 and name_key(session.name) == name_key(name)


async def _shown(request: Request, *, status: int = 200, did: str = "", name: str = "", **values: Any) -> Response:
    """`problem`, `invited` and its `link`, and what the form holds: `name`, `role`."""
    desk = desk_of(request)
    kept = desk.auth.users
    people = None if kept is None else await kept.people()
    found = {name_key(one.name): one for one in (people.users if people else ())}
    about, operators = found.get(name_key(name)), [one for one in found.values() if is_operator(one)]
    said = None
    if about is not None and did in DONE:
        said = filled(DONE[did], name=about.name, role=about.role)
    shown = {
        "problem": "", "invited": None, "link": "", "role": "rep", "said": said, "name": "" if did else name, **values,
    }  # fmt: skip
    return await desk.show(
        request, "users.html", status=status, people=people, path_of_file="" if kept is None else str(kept.path),
        roles=ROLES, key=name_key, oneself=lambda one: _is_oneself(request, one),
        last=operators[0].name if len(operators) == 1 else "",
        openid=None if desk.auth.openid is None else desk.auth.openid.options, **shown,
    )  # fmt: skip


ROUTES: Final = [
    Route("/users", users),
    Route("/users/add", add, methods=["POST"]),
    Route("/users/role", role, methods=["POST"]),
    Route("/users/disable", disable, methods=["POST"]),
    Route("/users/enable", enable, methods=["POST"]),
    Route("/users/link", link, methods=["POST"]),
    Route("/users/sign-out", sign_out, methods=["POST"]),
]
