"""All that the cards say of one person, for whoever asks what is known of them; and which leads they are."""

from collections.abc import Sequence
from typing import Any, Final

from msgspec import to_builtins
from msgspec.structs import replace

from schemas.cards import AlertCard, LeadCard
from schemas.deals import DealFacts
from streams.console.shown import iso
from streams.console.tongue import N_
from streams.readmodel.reader import Reader

__all__ = ["PROOFS", "exported", "leads_of"]

# How somebody made sure that it is the person who asks: without one nothing is erased and nothing leaves.
PROOFS: Final = {
    "mail": N_("They asked from this address"),
    "confirmed": N_("They answered a mail that we sent to this address"),
    "account": N_("They asked while signed in to our product"),
    "document": N_("We saw a document that proves who they are"),
    "authority": N_("A court or an authority ordered it"),
}
_TIMES: Final = frozenset({"at", "since"})
_INNER: Final = frozenset({"version", "v", "wake_at", "rules_version"})


def leads_of(lead: LeadCard) -> tuple[str, ...]:
    """This lead, and the one that it turned out to be: whoever is erased is erased as both."""
    return (lead.lead_id, lead.merged_into) if lead.merged_into else (lead.lead_id,)


async def exported(reader: Reader, lead: LeadCard) -> dict[str, Any]:
    """The export: times are said in UTC, scores in points. Raises ReadModelAway."""
    account = None if not lead.account_id else await reader.account(lead.account_id)
    alerts = [] if account is None else await reader.alerts(account.alerts)
    aliases = [one for lead_id in lead.aliases if (one := await reader.lead(lead_id)) is not None]
    member = None if account is None else next((one for one in account.members if one.lead_id == lead.lead_id), None)
    return {
        "person": _told(to_builtins(_own(lead))),
        "known_also_as": [_told(to_builtins(_own(one))) for one in aliases],
        "at_their_company": None if account is None else {
            "account_id": account.account_id, "name": account.name,
            "what_is_said_of_them": None if member is None else _told(to_builtins(member)),
        },
        "alerts_that_name_them": [_told(one) for one in _alerts(alerts, lead.lead_id)],
    }  # fmt: skip


def _own(lead: LeadCard) -> LeadCard:
    """The card, without other people on its deals."""
    return replace(lead, deals=tuple(_without_others(deal, lead.lead_id) for deal in lead.deals))


def _without_others(deal: DealFacts, lead_id: str) -> DealFacts:
    return replace(deal, people=tuple(one for one in deal.people if one.lead_id == lead_id), owner=None)


def _alerts(alerts: Sequence[AlertCard], lead_id: str) -> list[dict[str, Any]]:
    found = []
    for alert in alerts:
        named = [one for one in alert.people if one.lead_id == lead_id]
        if named:
            found.append({
                "alert_id": alert.alert_id, "raised_at": alert.raised_at, "status": alert.status,
                "what_is_said_of_them": to_builtins(named[0]),
            })  # fmt: skip
    return found


def _told(value: Any, name: str = "") -> Any:
    """The same for people: without what only machines need, times as dates."""
    match value:
        case dict():
            return {key: _told(one, key) for key, one in value.items() if key not in _INNER}
        case list() | tuple():
            return [_told(one, name) for one in value]
        case int() if not isinstance(value, bool) and (name in _TIMES or name.endswith(("_at", "_until", "_since"))):
            return iso(value) if value else None
        case _:
            return value
