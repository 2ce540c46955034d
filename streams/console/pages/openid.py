"""Signing in by OpenID Connect: there and back."""

from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.console.access.gate import NOT_WRITTEN
from streams.console.access.openid import UNDERWAY_S, OpenId, OpenIdRefused
from streams.console.desk import desk_of
from streams.console.pages.login import inside, login_form, sign_in

__all__ = ["ROUTES"]


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
        answer = sign_in(request, person.name, target=person.target, role=person.role, follows=True)
    except OpenIdRefused as error:
        answer = login_form(request, target="/", problem=error.said, status=401)
    except OSError:
        answer = login_form(request, target="/", problem=NOT_WRITTEN, status=503)
    answer.delete_cookie(_cookie(request), path="/", secure=desk_of(request).auth.secure, httponly=True, samesite="lax")
    return answer


ROUTES: Final = [Route("/login/openid", there), Route("/login/openid/back", back)]
