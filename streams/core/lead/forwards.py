"""What a lead's row says to the leads that own its time."""

from collections.abc import Mapping

from schemas.activity import Version
from schemas.lead_body import LeadBody
from schemas.touches import LeadForward
from streams.core.lead.body import body_of, shares_of
from streams.core.lead.pointers import Pointing, pointing_of
from streams.core.lead.row import Lead
from streams.core.parts import to_withdraw
from streams.core.rules import Rules

__all__ = ["forwards_of"]


def forwards_of(key: str, row: Lead, *, before: Lead | None, since: Version, rules: Rules) -> tuple[LeadForward, ...]:
    """What a message of version `since` makes the row say.

    What was said before is not said again, unless the message comes again: else a circle would never be quiet.
    """
    if not row.pointed:
        return ()
    pointing = pointing_of(key, row, rules)
    now = _said(key, row, pointing, rules=rules)
    known = _known_before(key, before, row, since=since, rules=rules)
    return (
        *(
            LeadForward(
                to=to, lead_id=key, version=row.version, as_of=row.as_of, through=pointing.paths, body=body
            )
            for to, body in now.items()
            if known.get(to) != (pointing.paths, body)
        ),
        *(
            LeadForward(to=to, lead_id=key, version=row.pointed[to] or row.version,
                        as_of=row.withdrawn_at.get(to, row.as_of), through=(), body=None)
            for to in to_withdraw(row.pointed, version=since)
        ),
    )  # fmt: skip


def _said(key: str, row: Lead, pointing: Pointing, *, rules: Rules) -> Mapping[str, LeadBody | None]:
    """The body that each lead is told, None for a hollow one."""
    if pointing.root:
        return dict.fromkeys(sorted(pointing.targets))
    if not pointing.targets:
        return {}
    shares = shares_of(key, body_of(key, row, rules), pointing.owners, row=row, rules=rules)
    if not row.erasures:
        return shares
    forgotten = {one.lead_id for one in row.erasures}
    return {to: None if to in forgotten else body for to, body in shares.items()}


def _known_before(
    key: str, before: Lead | None, row: Lead, *, since: Version, rules: Rules
) -> Mapping[str, tuple[object, LeadBody | None]]:
    """What each lead was told before, of the same time; nothing if this message comes again."""
    if before is None or since <= before.version or before.as_of != row.as_of:
        return {}
    pointing = pointing_of(key, before, rules)
    told = {to for to, gone in before.pointed.items() if gone is None}
    said = _said(key, before, pointing, rules=rules)
    return {to: (pointing.paths, body) for to, body in said.items() if to in told}
