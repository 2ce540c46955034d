"""The OpenAPI 3.1 document, made of the operations and their structs: `python -m streams.console.api.document`.

`docs/reference/openapi.json` is the same; a test compares, so a change shows in review.
"""

import re
import sys
from collections.abc import Iterable
from functools import cache
from json import dumps
from typing import Any, Final

from msgspec import to_builtins
from msgspec.json import schema_components

from schemas.webhooks import WEBHOOKS
from streams.console.api.examples import BODIES, REFUSALS, example_of, webhook_example
from streams.console.api.operations import OPERATIONS, Operation, Parameter
from streams.console.api.problems import Problem, problem_as

__all__ = ["document"]

_REFUSALS: Final = {
    400: "A parameter, cursor or body that cannot be read.", 401: "No key, or one that does not count.",
    403: "The key lacks the scope.", 404: "Nothing has this id.", 409: "The alert does not take this now.",
    412: "It was changed since: read it again.", 413: "The body is too large.",
    429: "Too often: wait as long as Retry-After says.",
    503: "Redis or Kafka is away; ask again.",
}  # fmt: skip
_HEADERS: Final = {
    "webhook-id": "The same on every retry: keep it, and twice is once.",
    "webhook-timestamp": "Seconds since 1970; refuse what is older than 5 minutes.",
    "webhook-signature": "v1,<base64> of HMAC-SHA256 over id.timestamp.body; several while the secret is exchanged.",
}
_IF_MATCH: Final = {
    "name": "If-Match", "in": "header", "required": False, "schema": {"type": "string"},
    "description": "The `ETag` of what you read: refused where somebody changed it since.",
}  # fmt: skip
_SAYS: Final = (
    "Leads, accounts, alerts, moves, the ledger, costs, audiences, and what may be asked of one person. Times are UTC "
    "milliseconds, scores tenths of a point. "
    "Fields may be added; none is taken away within v1."
)


@cache
def document() -> str:
    """As JSON."""
    said = {"openapi": "3.1.0", "info": {"title": "Leadstream", "version": "1", "description": _SAYS},
            "servers": [{"url": "/api/v1"}]}  # fmt: skip
    types = {one.answer for one in OPERATIONS} | {one.body for one in OPERATIONS if one.body} | {Problem}
    types |= {*WEBHOOKS.values()}
    _, components = schema_components(
        sorted(types, key=lambda one: one.__name__), ref_template="#/components/schemas/{name}"
    )
    paths: dict[str, dict[str, Any]] = {}
    for one in OPERATIONS:
        paths.setdefault(one.path, {})[one.method.lower()] = _described(one)
    key = {"type": "http", "scheme": "bearer", "description": "leadstream api-keys create"}
    parts = {"schemas": dict(sorted(components.items())), "securitySchemes": {"key": key}}
    return dumps(said | {"paths": paths, "webhooks": _webhooks(), "components": parts}, indent=1) + "\n"


def _webhooks() -> dict[str, Any]:
    """What we POST to your receiver, by type."""
    return {name: {"post": _told(name, shape)} for name, shape in WEBHOOKS.items()}


def _told(name: str, shape: type) -> dict[str, Any]:
    """Signed as Standard Webhooks say; no key of the API is involved."""
    headers = [
        {"name": one, "in": "header", "required": True, "description": says, "schema": {"type": "string"}}
        for one, says in _HEADERS.items()
    ]
    return {
        "operationId": f"on_{name.replace('.', '_')}", "summary": (shape.__doc__ or "").partition("\n")[0],
        "description": "See docs/how-to/webhook.md.", "security": [], "parameters": headers,
        "requestBody": {"required": True, "content": _content("application/json", shape, webhook_example(name))},
        "responses": {
            "2XX": {"description": "Taken: it does not come again."},
            "4XX": {"description": "Refused for good, but for 408, 425 and 429."},
            "5XX": {"description": "Tried again later; Retry-After is kept to."},
        },
    }  # fmt: skip


def _described(one: Operation) -> dict[str, Any]:
    said: dict[str, Any] = {
        "operationId": one.name, "summary": one.summary, "description": f"Needs the scope `{one.scope}`.",
        "security": [{"key": [one.scope]}], "parameters": [*_in_path(one.path), *map(_in_query, one.parameters)],
    }  # fmt: skip
    if one.body is not None:
        content = _content("application/json", one.body, BODIES[one.name])
        said["requestBody"] = {"required": True, "content": content}
    content = _content("application/json", one.answer, example_of(one.name))
    answers = {str(one.status): {"description": one.summary, "content": content}}
    if one.method == "PUT":
        said["parameters"].append(_IF_MATCH)
    if one.method == "GET":
        answers["304"] = {"description": "As If-None-Match knows it."}
    return said | {"responses": answers | _refusals((401, 403, 429, *one.refuses))}


def _refusals(statuses: Iterable[int]) -> dict[str, Any]:
    return {str(one): {"description": _REFUSALS[one], "content": _problem(one)} for one in sorted(statuses)}


def _problem(status: int) -> dict[str, Any]:
    code, detail = REFUSALS[status]
    return _content("application/problem+json", Problem, to_builtins(problem_as(status, code, detail)))


def _content(media: str, shape: type, example: Any) -> dict[str, Any]:
    return {media: {"schema": {"$ref": f"#/components/schemas/{shape.__name__}"}, "example": example}}


def _in_path(path: str) -> list[dict[str, Any]]:
    return [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
            for name in re.findall(r"{(\w+)}", path)]  # fmt: skip


def _in_query(one: Parameter) -> dict[str, Any]:
    return {"name": one.name, "in": "query", "required": one.required, "description": one.says, "schema": one.schema}


if __name__ == "__main__":
    sys.stdout.write(document())
