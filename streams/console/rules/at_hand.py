"""The rules that a page needs: as far as they can be read, or what is said where they cannot."""

import asyncio

import structlog
from starlette.exceptions import HTTPException

from streams.console.desk import Desk
from streams.core.rules import Rules, RulesError

__all__ = ["rules_at", "rules_or_503"]

log = structlog.get_logger()


async def rules_at(desk: Desk) -> Rules | None:
    """The rules that this console has, None where they cannot be read: most of a page needs none."""
    try:
        return await asyncio.to_thread(desk.sight.rules)
    except RulesError as error:
        log.warning("console_rules_unreadable", error=str(error))
        return None


async def rules_or_503(desk: Desk) -> Rules:
    """The rules. Raises HTTPException 503 where they cannot be read: nothing can be said without them."""
    rules = await rules_at(desk)
    if rules is None:
        raise HTTPException(503)
    return rules
