"""The tracker's built files, as browsers fetch them: public, the same for everybody, so any page may load them."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

__all__ = ["ANALYTICS", "TRACKER", "Script"]

_STATIC: Final = Path(__file__).with_name("static")
TRACKER: Final = _STATIC / "leadstream.js"
ANALYTICS: Final = _STATIC / "analytics.js"  # in the place of Segment's own, for pages with its snippet


class Script:
    """One built file. `known`: which keys may stand in its path; another gets 404."""

    def __init__(self, path: Path, *, known: Callable[[str], bool] | None = None) -> None:
        self._body = path.read_bytes() if path.is_file() else None
        self._known = known
        self._headers = {
            "etag": f'"{hashlib.blake2b(self._body or b"", digest_size=12).hexdigest()}"',
            "cache-control": "public, max-age=3600",
            "access-control-allow-origin": "*",
            "cross-origin-resource-policy": "cross-origin",
            "x-content-type-options": "nosniff",
        }

    async def answer(self, request: Request) -> Response:
        """304 where the browser has it already."""
        if self._body is None:
            return PlainTextResponse("the tracker is not built", 404)
        if self._known is not None and not self._known(request.path_params["key"]):
            return PlainTextResponse("no such key", 404)
        if self._headers["etag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=self._headers)
        return Response(self._body, media_type="text/javascript; charset=utf-8", headers=self._headers)
