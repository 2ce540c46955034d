"""Who may sign in to this console, for operators: looked at and changed as `leadstream users` does it."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from typing import Any, Final, TypeVar
from urllib.parse import urlencode

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.console.access.auth import SESSION_S
from streams.console.access.gate import acts_on
from streams.console.access.roles import NAMES, ROLES, Role
from streams.console.access.security import form_of, session_of
from streams.console.access.session_file import CompanyPerson
from streams.console.access.sessions import NotKept
from streams.console.access.user_book import BadUser, UserBook, is_operator, link_to
from streams.console.access.user_file import LONGEST_NAME, UserEntry, name_key
from streams.console.desk import Desk, desk_of
from streams.console.render import Frame
from streams.console.tongue import N_, filled
from streams.errors import StreamError
from streams.readmodel.errors import ReadModelAway

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
UNKNOWN_PERSON: Final = N_("Nobody of a company account is known here by that name any more, so no session was open.")
NOT_KEPT: Final = N_("What ends sessions cannot be written from here: %(why)s. No session ended.")
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


async def end_company(request: Request) -> Response:
    """`POST /users/company/sign-out`: all sessions of somebody whom the provider signed in."""
    desk = desk_of(request)
    key = (await form_of(request, desk.auth)).get("person", "")
    known = desk.auth.sessions.people().get(key)
    acts_on(request, key[:LONGEST_NAME] if known is None else known.label)
    try:
        await desk.auth.sessions.change(lambda book: book.end_person(key))
    except KeyError:
        return await _shown(request, status=409, problem=UNKNOWN_PERSON)
    except NotKept as error:
        log.warning("session_file_not_written", error=str(error))
        return await _shown(request, status=503, problem=filled(NOT_KEPT, why=str(error)))
    desk.hub.look_again()
    return RedirectResponse(f"/users?{urlencode({'did': 'company', 'name': key})}", 303)


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
    return session.is_users and name_key(session.name) == name_key(name)


async def _shown(request: Request, *, status: int = 200, did: str = "", name: str = "", **values: Any) -> Response:
    """`values`: a `problem`, or who was `invited` with the `link`, and the `role` that the form holds.

    `name`: what the form holds, or whom what one `did` is about.
    """
    desk = desk_of(request)
    kept, openid = desk.auth.users, desk.auth.openid
    people = None if kept is None else await kept.people()
    everybody = () if people is None else people.users
    operators = [one.name for one in everybody if is_operator(one)]
    company = desk.auth.sessions.people()
    asked_for = company.get(name) if did == "company" else None
    shown: dict[str, Any] = {
        "problem": "", "invited": None, "link": "", "role": "rep", "name": "" if did else name, **values,
    }  # fmt: skip
    return desk.pages.page(
        request, "users.html", await _frame(desk), status=status, people=people, roles=ROLES, role_names=NAMES,
        key=name_key,
        path_of_file="" if kept is None else str(kept.path), oneself=partial(_is_oneself, request),
        last=operators[0] if len(operators) == 1 else "",
        said=_said(everybody, did, name) if asked_for is None else filled(DONE["signed-out"], name=asked_for.name),
        openid=None if openid is None else openid.options, company=_here(company, desk.now()), **shown,
    )  # fmt: skip


def _here(company: Mapping[str, CompanyPerson], now: int) -> Mapping[str, CompanyPerson]:
    """Who may have a session open, the newest first."""
    found = [(key, one) for key, one in company.items() if one.may_be_here(now, longest_ms=SESSION_S * 1_000)]
    return dict(sorted(found, key=lambda pair: -pair[1].at))


def _said(everybody: Iterable[UserEntry], did: str, name: str) -> str | None:
    """What was just done, of somebody who is there: an address that others made can say nothing else."""
    about = next((one for one in everybody if name_key(one.name) == name_key(name)), None)
    if about is None or did not in DONE:
        return None
    return filled(DONE[did], name=about.name, role=filled(NAMES[about.role]))


async def _frame(desk: Desk) -> Frame:
    """Users can be looked after while Redis is away: nothing of theirs lies there."""
    try:
        return await desk.frame()
    except ReadModelAway:
        return Frame(now=desk.now())


ROUTES: Final = [
    Route("/users", users),
    Route("/users/add", add, methods=["POST"]),
    Route("/users/role", role, methods=["POST"]),
    Route("/users/disable", disable, methods=["POST"]),
    Route("/users/enable", enable, methods=["POST"]),
    Route("/users/link", link, methods=["POST"]),
    Route("/users/sign-out", sign_out, methods=["POST"]),
    Route("/users/company/sign-out", end_company, methods=["POST"]),
]
