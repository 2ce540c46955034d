"""Who hears of a return: the deal's owner, the account's, a rep of the territory, whose turn it is, else the team.

The turn follows from the alert's id, so it needs no memory. Former field sales hears too, by a copy.
"""

from typing import Final, NamedTuple

from schemas.deals import Owner
from streams.core.routing import Routing
from streams.core.rulebook.routing_rules import Rep

__all__ = ["Routed", "next_in_line", "routed"]

PREFIX: Final = "al_"


class Routed(NamedTuple):
    """Who is to claim it, None = the team; `copies`: who only hears of it."""

    recipient: Owner | None
    copies: tuple[Owner, ...] = ()


def routed(
    deal_owner: Owner | None, *, account_owner: Owner | None, region: str, alert_id: str, routing: Routing
) -> Routed:
    """Who hears of this alert. A copy goes to owners who are listed as field sales, where another was chosen."""
    owners = [one for one in (deal_owner, account_owner) if one is not None]
    chosen = next((one for one in owners if routing.is_active(one.recipient_id)), None)
    if chosen is None:
        line = _line(region, routing)
        chosen = line[_turn(alert_id) % len(line)] if line else None
    told = {} if chosen is None else {chosen.recipient_id}
    copies = {one.recipient_id: one for one in owners if one.recipient_id not in told and _is_field(one, routing)}
    return Routed(chosen, tuple(copies.values()))


def next_in_line(held: Owner | None, *, region: str, alert_id: str, routing: Routing) -> Owner | None:
    """Who is asked after `held`, None where there is nobody else (the team then)."""
    in_territory, everybody = _line(region, routing), _line("", routing)
    for line in (in_territory, everybody):
        ids = [one.recipient_id for one in line]
        if held is not None and held.recipient_id in ids:
            if len(line) > 1:
                return line[(ids.index(held.recipient_id) + 1) % len(line)]
        elif line:
            return line[_turn(alert_id) % len(line)]
    return None


def _line(region: str, routing: Routing) -> list[Owner]:
    """Reps who take turns: those of the territory, where it has any, else all."""
    return [_owner(who, routing.reps[who]) for who in routing.in_line(region)]


def _is_field(owner: Owner, routing: Routing) -> bool:
    rep = routing.reps.get(owner.recipient_id)
    return rep is not None and rep.field


def _owner(recipient_id: str, rep: Rep) -> Owner:
    return Owner(recipient_id, rep.name or rep.email, rep.email)


def _turn(alert_id: str) -> int:
    return int(alert_id.removeprefix(PREFIX), 16)
