"""What is shown where a page cannot be: what is wrong, and what to do."""

from collections.abc import Mapping
from secrets import token_hex
from typing import Any, Final

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from streams.console.desk import desk_of
from streams.console.holders import holder_of
from streams.console.tongue import N_, filled
from streams.readmodel.errors import ReadModelAway

__all__ = ["CLOSED_DOOR", "FAILURES", "not_sent"]

CLOSED_DOOR: Final = (
    N_("This did not get through, because Kafka does not answer. Nothing has changed: try again in a moment.")
)
SAID: Final = {
    400: (N_("That cannot be read"), N_("The form was not complete. Go back and try again.")),
    403: (N_("Not from here"),
          N_("The form was too old or came from another place. Load the page again and repeat it.")),
    404: (N_("Nothing here"), N_("There is no such page, or nothing is known by this name yet.")),
    405: (N_("Not like this"),
          N_("This address is where a form goes, and no page. Go back to the page that holds the form.")),
    413: (N_("Too large"), N_("The form was too large: 16 KiB is the most. Shorten what you wrote and send it again.")),
    429: (N_("Too many requests"), N_("Wait a minute, then try again.")),
    503: (N_("Not now"), N_("The rules cannot be read, so nothing can be said here. The log of the console says why.")),
}
log = structlog.get_logger()


async def _refused(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 400
    if status == 405 and request.method in ("GET", "HEAD") and (page := holder_of(request)):
        return RedirectResponse(page, 303)
    title, text = SAID.get(status, SAID[400])
    return await desk_of(request).notice(request, status, title=title, text=text)


async def _away(request: Request, _: Exception) -> Response:
    return desk_of(request).away(request)


async def _failed(request: Request, error: Exception) -> Response:
    error_id = token_hex(4)
    log.error("page_failed", error_id=error_id, error=type(error).__name__, route=request.scope.get("path", ""))
    text = filled(N_("This page could not be made. The log has the details under %(error_id)s."), error_id=error_id)
    return await desk_of(request).notice(request, 500, title=N_("Something broke"), text=text)


async def not_sent(request: Request) -> Response:
    """Kafka is away, said as a page."""
    return await desk_of(request).notice(request, 503, title=N_("Not sent"), text=CLOSED_DOOR)


FAILURES: Final[Mapping[Any, Any]] = {HTTPException: _refused, ReadModelAway: _away, Exception: _failed}
