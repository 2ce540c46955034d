"""Signing in by OpenID Connect: there and back; and what the provider says when somebody signs out there."""

from typing import Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from streams.console.access.audit import AuditLine, network
from streams.console.access.auth import shown_name
from streams.console.access.backchannel import signed_out, take
from streams.console.access.gate import NOT_WRITTEN, address_of
from streams.console.access.openid import UNDERWAY_S, OpenId, Person
from streams.console.access.openid_provider import OpenIdRefused
from streams.console.access.security import form_of
from streams.console.access.session_file import CompanyPerson, person_id, sid_mark
from streams.console.access.sessions import NotKept
from streams.console.desk import desk_of
from streams.console.pages.login import CameBy, inside, login_form, sign_in
from streams.console.tongue import N_

__all__ = ["ROUTES"]

LONGEST_EMAIL: Final = 254
NOT_KEPT: Final = N_("This console cannot write down who came, so your session could not be ended. Tell an operator.")
log = structlog.get_logger()


def _provider(request: Request) -> OpenId:
    found = desk_of(request).auth.openid
    if found is None:
        raise HTTPException(404)
    return found


def _cookie(request: Request) -> str:
    return f"{desk_of(request).auth.cookie}-openid"


async def there(request: Request) -> Response:
    """`GET /login/openid?next=/leads`."""
    target = inside(request.query_params.get("next", "/"))
    try:
        begun = await _provider(request).begin(target)
    except OpenIdRefused as error:
        return login_form(request, target=target, problem=error.said, status=503)
    answer = RedirectResponse(begun.url, 303)
    answer.set_cookie(  # lax: the way back comes from another site
        _cookie(request), begun.cookie, max_age=UNDERWAY_S, path="/", secure=desk_of(request).auth.secure,
        httponly=True, samesite="lax",
    )  # fmt: skip
    return answer


async def back(request: Request) -> Response:
    """`GET /login/openid/back?code=...&state=...`."""
    try:
        cookie = request.cookies.get(_cookie(request), "")
        person = await _provider(request).finish(cookie, dict(request.query_params))
        by = await _came(request, person)
        answer = sign_in(request, person.name, target=person.target, role=person.role, by=by, follows=True)
    except OpenIdRefused as error:
        answer = login_form(request, target="/", problem=error.said, status=401)
    except OSError:
        answer = login_form(request, target="/", problem=NOT_WRITTEN, status=503)
    answer.delete_cookie(_cookie(request), path="/", secure=desk_of(request).auth.secure, httponly=True, samesite="lax")
    return answer


async def logout(request: Request) -> Response:
    """`POST /login/openid/logout`: the provider says who signed out there, by a signed token."""
    desk, openid = desk_of(request), _provider(request)
    fields = await form_of(request, desk.auth, signed_in=False)
    try:
        said = await signed_out(openid, fields.get("logout_token", ""))
        desk.audit.check()
        person = await desk.auth.sessions.change(lambda book: take(book, said))
        if person is not None:
            desk.audit.write(AuditLine(
                at=desk.now(), user=person.name, role="provider", what="signed out at the provider", id=person.subject,
                network=network(address_of(request)),
            ))  # fmt: skip
    except OpenIdRefused as error:
        return JSONResponse({"error": "invalid_request", "error_description": str(error)}, 400)
    except (OSError, NotKept) as error:
        log.warning("sign_out_of_provider_not_kept", error=str(error))
        return JSONResponse({"error": "temporarily_unavailable"}, 503)
    if person is not None:
        desk.hub.look_again()
    return Response(status_code=200)


async def _came(request: Request, person: Person) -> CameBy:
    """Kept, so that an operator can end their sessions. Raises OpenIdRefused where nothing can be kept."""
    desk, issuer = desk_of(request), _provider(request).options.issuer
    key = person_id(issuer, person.subject)
    kept = CompanyPerson(subject=person.subject, name=shown_name(person.name), role=person.role,
                         email=person.email[:LONGEST_EMAIL])  # fmt: skip
    try:
        version = (await desk.auth.sessions.change(lambda book: book.came(key, kept))).version
    except NotKept as error:
        log.warning("company_person_not_kept", error=str(error))
        raise OpenIdRefused(NOT_KEPT) from error
    return CameBy(version=version, person=key, sid=sid_mark(issuer, person.sid) if person.sid else "")


ROUTES: Final = [
    Route("/login/openid", there),
    Route("/login/openid/back", back),
    Route("/login/openid/logout", logout, methods=["POST"]),
]
