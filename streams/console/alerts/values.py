"""What an alert's part of a page needs beside its card: until when it is due, and whose it is for who looks.

Where the rules cannot be read nobody is a rep; the pages say all the rest.
"""

from collections.abc import Iterable
from typing import Any, Final

from starlette.requests import Request

from schemas.cards import AlertCard
from streams.console.access.security import session_of
from streams.console.alerts.dues import due_of
from streams.console.alerts.seat import Seat, seat_of
from streams.console.desk import desk_of
from streams.console.rules.at_hand import rules_at
from streams.core.rules import Rules

__all__ = ["SNOOZES", "alert_values", "seat_at"]

SNOOZES: Final = (7, 30, 90)  # days that one may choose


async def seat_at(request: Request) -> Seat:
    """The seat of who looks."""
    return _seat(await rules_at(desk_of(request)), session_of(request).name)


async def alert_values(request: Request, alerts: Iterable[AlertCard]) -> dict[str, Any]:
    """`dues` by alert id, `seat`, `snoozes` with `snooze_days`: those of the rules."""
    rules = await rules_at(desk_of(request))
    dues = {one.alert_id: due_of(one) for one in alerts}
    days = None if rules is None else rules.returns.snooze_days
    chosen = sorted({*SNOOZES, days} if days else SNOOZES)
    return {"dues": dues, "seat": _seat(rules, session_of(request).name), "snoozes": chosen, "snooze_days": days}


def _seat(rules: Rules | None, name: str) -> Seat:
    return Seat(names=frozenset({name.casefold()})) if rules is None else seat_of(name, rules.routing)
