"""Errors as `application/problem+json`: what is wrong, and what to do."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from schemas.codec import encode

__all__ = ["Problem", "Refused", "answered", "problem_as", "problem_of"]

_TITLES: Final[Mapping[int, tuple[str, str]]] = {
    404: ("nothing-here", "There is no such address. /api/v1/openapi.json lists all that there are."),
    405: ("not-like-this", "This address takes another method: see the Allow header."),
}


class Problem(Struct, frozen=True, kw_only=True):
    """What went wrong (RFC 9457). `type` never changes and is meant for programs, `detail` is for people."""

    type: str
    title: str
    status: int
    detail: str


class Refused(Exception):
    """Answered as a problem. `code` is the end of its type: `urn:leadstream:problem:<code>`."""

    def __init__(self, status: int, code: str, detail: str, *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.headers = dict(headers or {})


def problem_as(status: int, code: str, detail: str) -> Problem:
    """The problem of this code."""
    title = code.replace("-", " ").capitalize()
    return Problem(type=f"urn:leadstream:problem:{code}", title=title, status=status, detail=detail)


def answered(refused: Refused) -> Response:
    """The answer."""
    body = problem_as(refused.status, refused.code, refused.detail)
    return Response(encode(body), refused.status, refused.headers, media_type="application/problem+json")


async def problem_of(_: Request, error: Exception) -> Response:
    """Of what was raised while an answer was made."""
    if isinstance(error, Refused):
        return answered(error)
    status = error.status_code if isinstance(error, HTTPException) else 500
    headers = error.headers if isinstance(error, HTTPException) else None
    code, detail = _TITLES.get(status, ("refused", "The request was refused."))
    return answered(Refused(status, code, detail, headers=headers))
