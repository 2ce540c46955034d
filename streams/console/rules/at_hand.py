"""The rules that a page needs: as far as they can be read, or what is said where they cannot."""

import asyncio

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from streams.console.desk import Desk
from streams.console.tongue import N_, said_of
from streams.core.rules import Rules, RulesError

__all__ = ["rules_at", "rules_or_503", "unreadable_rules"]

log = structlog.get_logger()


async def rules_at(desk: Desk) -> Rules | None:
    """The rules that this console has, None where they cannot be read: most of a page needs none."""
    try:
        return await asyncio.to_thread(desk.sight.known.in_force)
    except RulesError as error:
        log.warning("console_rules_unreadable", error=str(error))
        return None


async def rules_or_503(desk: Desk) -> Rules:
    """The rules. Raises HTTPException 503 where they cannot be read: nothing can be said without them."""
    rules = await rules_at(desk)
    if rules is None:
        raise HTTPException(503)
    return rules


async def unreadable_rules(desk: Desk, request: Request, error: Exception) -> HTMLResponse:
    """What a page of the rules themselves says instead: what is wrong with them."""
    return await desk.notice(request, 503, title=N_("The rules cannot be read"), text=said_of(error))
