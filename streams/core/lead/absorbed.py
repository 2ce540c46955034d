"""Leads that forward to a lead: the newest of each, within bounds."""

from typing import Final

from msgspec.structs import replace

from schemas.lead_body import LeadBody
from streams.core.lead.body import JOINED, joined_bodies, one_known
from streams.core.lead.row import Absorbed
from streams.core.parts import Part, live
from streams.core.rules import Rules

__all__ = ["bounded_absorbed"]

MAX_LEADS: Final = 16
MAX_WITHDRAWN: Final = 64
MAX_PATHS: Final = 64


def bounded_absorbed(parts: dict[str, Part[Absorbed]], rules: Rules) -> dict[str, Part[Absorbed]]:
    """At most 16 that stand: the stalest beyond are joined into one. Of those that withdrew the 64 newest."""
    gone = sorted((one for one, part in parts.items() if part.body is None), key=lambda one: parts[one].version)
    kept = {lead_id: part for lead_id, part in parts.items() if lead_id not in gone[:-MAX_WITHDRAWN]}
    standing = sorted(live(kept), key=lambda one: (one == JOINED, kept[one].as_of, one))
    stalest = standing[: max(len(standing) - MAX_LEADS, 0)]
    if not stalest:
        return kept
    joined = [kept.pop(lead_id) for lead_id in sorted({*stalest, *({JOINED} & kept.keys())})]
    said = [part.body for part in joined if part.body is not None]
    bodies = [one.body for one in said if one.body is not None]
    body = Absorbed(
        tuple(sorted({path for one in said for path in one.through}, key=lambda path: (len(path), path))[:MAX_PATHS]),
        _as_one(joined_bodies(bodies, rules), rules) if bodies else None,
    )
    kept[JOINED] = Part(max(part.version for part in joined), max(part.as_of for part in joined), body)
    return dict(sorted(kept.items()))


def _as_one(body: LeadBody, rules: Rules) -> LeadBody:
    """The body with all its vias as one."""
    return replace(body, vias={JOINED: one_known(list(body.vias.values()), rules)} if body.vias else {})
