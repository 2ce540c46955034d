"""Where a form goes is no page. Who asks for one there, by a reload or a bookmark, is led to what holds the form."""

from urllib.parse import quote

from starlette.requests import Request
from starlette.routing import Match, Route

__all__ = ["holder_of"]


def holder_of(request: Request) -> str:
    """The nearest address above this one that can be read, "" where there is none but the inbox.

    `/leads/{lead_id}/disposition` is held by `/leads/{lead_id}`.
    """
    parts = request.scope["path"].strip("/").split("/")
    for length in range(len(parts) - 1, 0, -1):
        path = f"/{'/'.join(parts[:length])}"
        asked = {**request.scope, "path": path, "method": "GET"}
        if any(isinstance(one, Route) and one.matches(asked)[0] is Match.FULL for one in request.app.routes):
            return quote(path, safe="/:=")
    return ""
