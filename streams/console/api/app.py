"""`/api/v1`: the read model and the acts on alerts for programs. Bearer keys, no cookies, problems as JSON."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from secrets import token_hex
from typing import Final

import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.codec import encode
from streams.console.api.document import document
from streams.console.api.gate import Gate
from streams.console.api.operations import OPERATIONS, Operation
from streams.console.api.problems import Refused, answered, problem_of
from streams.console.api.ring import Ring
from streams.console.api.tags import knows, tag_of
from streams.console.desk import Desk
from streams.readmodel.errors import ReadModelAway

__all__ = ["api"]

JSON: Final = "application/json"
AWAY: Final = "Redis does not answer, so there is nothing to read. No event is lost: ask again in a few seconds."
log = structlog.get_logger()
_Endpoint = Callable[[Request], Awaitable[Response]]


def api(desk: Desk, keys: Path | None) -> Starlette:
    """The application under `/api/v1`. `keys`: the file of its keys, None = none counts."""
    gate = Gate(Ring(keys, now=desk.now), now=desk.now)
    routes = [Route(_path(one), _endpoint(one, desk, gate), methods=[one.method]) for one in OPERATIONS]
    described = Route("/openapi.json", _described, methods=["GET"])
    return Starlette(
        routes=[described, *routes],
        exception_handlers={
            Refused: problem_of, HTTPException: problem_of, ReadModelAway: _away, Exception: _failed,
        },
    )  # fmt: skip


def _path(operation: Operation) -> str:
    """The id of an account, and of a visitor, may hold what stands between parts of an address."""
    return operation.path.replace("{account_id}", "{account_id:path}").replace("{visitor_id}", "{visitor_id:path}")


def _endpoint(operation: Operation, desk: Desk, gate: Gate) -> _Endpoint:
    async def answer(request: Request) -> Response:
        key = gate.let_in(request, operation.scope)
        body = encode(await operation.run(desk, request, key))
        return _sent(request, body, status=operation.status)

    return answer


def _sent(request: Request, body: bytes, *, status: int) -> Response:
    if request.method == "POST":
        return Response(body, status, media_type=JSON)
    tag = tag_of(body)
    headers = {"etag": tag, "cache-control": "private, no-cache"}
    if request.method == "GET" and knows(request.headers.get("if-none-match", ""), tag):
        return Response(b"", 304, headers)
    return Response(body, status, headers, media_type=JSON)


async def _away(_: Request, __: Exception) -> Response:
    return answered(Refused(503, "read-model-away", AWAY, headers={"retry-after": "5"}))


async def _failed(request: Request, error: Exception) -> Response:
    error_id = token_hex(4)
    log.error("api_failed", error_id=error_id, error=type(error).__name__, method=request.method)
    said = f"This could not be answered. The log of the console has the details under {error_id}."
    return answered(Refused(500, "broke", said))


async def _described(_: Request) -> Response:
    return Response(document(), media_type=JSON)
