"""Behind the link that an operator gave: who was invited chooses a password, and is signed in.

Looking at the page uses nothing up: programs that look through mails open links too.
"""

from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.console.access.audit import AuditLine, network
from streams.console.access.gate import address_of
from streams.console.access.roles import NAMES
from streams.console.access.security import form_of
from streams.console.access.user_book import SHORTEST_PASSWORD, USED_UP, BadUser
from streams.console.access.user_file import UserEntry
from streams.console.desk import desk_of
from streams.console.pages.login import CameBy, noted_sign_in, sign_in
from streams.console.render import Frame
from streams.console.tongue import N_
from streams.errors import StreamError

__all__ = ["ROUTES"]

NOT_THE_SAME: Final = N_("The two are not the same. Type the password twice.")
NOT_KEPT: Final = N_("The file of users cannot be written from here, so no password can be kept. Tell an operator.")
log = structlog.get_logger()


async def show(request: Request) -> Response:
    """`GET /login/password/{token}`."""
    entry = await _invited(request)
    return _page(request, None, status=409) if entry is None else _page(request, entry)


async def choose(request: Request) -> Response:
    """`POST /login/password/{token}`: the link is used up, and all sessions of before end."""
    desk, entry = desk_of(request), await _invited(request)
    fields = await form_of(request, desk.auth, signed_in=False)
    token, password = request.path_params["token"], fields.get("password", "")
    if entry is None or desk.auth.users is None:
        return _page(request, None, status=409)
    if password != fields.get("again", ""):
        return _page(request, entry, problem=NOT_THE_SAME, status=422)
    try:
        desk.audit.check()
        done = await desk.auth.users.change(lambda book: book.use_link(token, password))
        desk.audit.write(AuditLine(at=desk.now(), user=done.name, role=done.role, what="choose a password by a link",
                                   network=network(address_of(request))))  # fmt: skip
        answer = sign_in(request, done.name, target="/", role=done.role, by=CameBy(version=done.version))
    except BadUser as error:
        return _page(request, entry, problem=error.said, status=422)
    except (OSError, StreamError) as error:
        log.warning("password_not_kept", error=str(error))
        return _page(request, entry, problem=NOT_KEPT, status=503)
    await noted_sign_in(request, done.name)
    return answer


async def _invited(request: Request) -> UserEntry | None:
    users = desk_of(request).auth.users
    try:
        return None if users is None else await users.behind(request.path_params["token"])
    except StreamError as error:
        log.warning("user_file_broken", error=str(error))
        return None


def _page(request: Request, entry: UserEntry | None, *, problem: str = "", status: int = 200) -> Response:
    desk = desk_of(request)
    return desk.pages.page(
        request, "first_password.html", Frame(now=desk.now()), status=status, entry=entry,
        problem=problem if entry is not None else USED_UP, least=SHORTEST_PASSWORD, role_names=NAMES,
    )  # fmt: skip


ROUTES: Final = [
    Route("/login/password/{token}", show, methods=["GET"]),
    Route("/login/password/{token}", choose, methods=["POST"]),
]
