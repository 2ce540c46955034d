"""One account: its people, how strong its return is and what is missing to the next level, deals, alerts."""

from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from schemas.cards import AccountCard, ReturnLine, ReturnStrength
from streams.console.access.gate import shows
from streams.console.desk import Desk, desk_of
from streams.console.paging import LIST, turned
from streams.console.rules.at_hand import rules_at
from streams.core.account.interest import Interest, interest_of
from streams.core.returns.strength import decisive
from streams.core.rules import Rules
from streams.readmodel.lead_pages import lead_pages

__all__ = ["ROUTES", "Missing", "missing", "whole"]


class Missing(Struct, frozen=True):
    """What R lacks to the next level. `capped` = R would do, but nobody known came or the deal is very old."""

    level: str
    strength: int
    ways: tuple[str, ...]
    capped: bool = False


def missing(found: ReturnStrength) -> Missing | None:
    """The next level, how much R lacks, and the signals with the most room to grow; None = it is real-time."""
    if found.level == "real_time":
        return None
    if found.strength >= found.real_time_from:
        return Missing("real-time", 0, (), capped=True)
    level, needed = "digest", found.digest_from
    if found.strength >= found.digest_from:
        level, needed = "real-time", found.real_time_from
    room = sorted((line for line in found.lines if line.strength < line.most), key=lambda one: one.strength - one.most)
    return Missing(level, needed - found.strength, tuple(line.label for line in room[:3]))


def whole(found: ReturnStrength, rules: Rules | None) -> ReturnStrength:
    """With the signals that gave nothing, in the order of the rules: cards leave them out, and they may still come."""
    if rules is None:
        return found
    known = [
        ReturnLine(signal=one.name, label=one.label, count=0, strength=0, most=one.most) for one in rules.returns.signal
    ]
    lines = {line.signal: line for line in (*known, *found.lines)}  # the later one counts, at the first one's place
    return replace(found, lines=tuple(lines.values()))


async def account_page(request: Request) -> Response:
    """`GET /accounts/{account_id}`."""
    desk = desk_of(request)
    account = await desk.reader.account(request.path_params["account_id"])
    if account is None:
        raise HTTPException(404)
    alerts = await desk.reader.alerts(account.alerts)
    shows(request, (one.lead_id for shown in (account.members, *(alert.people for alert in alerts)) for one in shown))
    rules = await rules_at(desk)
    strength = None if account.strength is None else whole(account.strength, rules)
    return await desk.show(
        request, "account.html", account=account, alerts=alerts, strength=strength,
        missing=None if strength is None else missing(strength),
        interest=await _interest(desk, account, rules), names={one.lead_id: one for one in account.members},
    )  # fmt: skip


async def _interest(desk: Desk, account: AccountCard, rules: Rules | None) -> Interest | None:
    """What its people read against the loss, None where no deal was lost, or the rules cannot be read."""
    deal = decisive(account.deals)
    if deal is None or rules is None:
        return None
    read = await lead_pages(desk.reader, [one.lead_id for one in account.members])
    return interest_of(deal, read, meanings=rules.site, content=rules.content)


async def accounts(request: Request) -> Response:
    """`GET /accounts?page=2`: by engagement."""
    desk = desk_of(request)
    at = turned(request.query_params.get("page", ""), total=await desk.reader.size("accounts:by_engagement"))
    found = await desk.reader.accounts(limit=LIST, start=at.start)
    return await desk.show(request, "accounts.html", accounts=found, at=at)


ROUTES: Final = [Route("/accounts", accounts), Route("/accounts/{account_id:path}", account_page)]
