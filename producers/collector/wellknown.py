"""`/.well-known/gpc.json`: that this server honours the browser's opt-out (docs/explanation/privacy.md)."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

__all__ = ["gpc_support"]


async def gpc_support(_: Request) -> Response:
    """As https://www.w3.org/TR/gpc asks for; the date is that of the promise."""
    return JSONResponse({"gpc": True, "lastUpdate": "2026-11-26"}, headers={"cache-control": "public, max-age=86400"})
