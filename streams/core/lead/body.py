"""All that a lead's row stands for: its own parts and what other leads forwarded; and that divided by time.

Everything is a join: nothing that comes by two ways counts twice, and what is withdrawn leaves nothing behind.
"""

from collections.abc import Sequence
from typing import Final

from msgspec.structs import replace

from schemas.activity import Decision
from schemas.deals import DealFacts
from schemas.lead_body import Evidence, Known, Latch, LeadBody
from schemas.mail import NO_MAIL, Mail
from streams.core.account.known_deals import freshest_facts
from streams.core.activity.activity import gather
from streams.core.activity.spare import NO_SPARE
from streams.core.activity.voids import MAX_VOIDS
from streams.core.lead.decisions import freshest_decisions
from streams.core.lead.row import MAX_DEALS, MAX_LATCHES, Lead
from streams.core.mail.kept import joined_mail
from streams.core.parts import live
from streams.core.returns.strength import lost_at
from streams.core.rules import Rules
from streams.core.visitor.division import divided
from streams.core.visitor.identity import Timeline, owner_at

__all__ = ["JOINED", "VISITOR", "body_of", "joined_bodies", "one_known", "shares_of"]

VISITOR: Final = "visitor:"
JOINED: Final = "joined:"  # the part that the stalest are joined into, beyond the bound
MAX_VIAS: Final = 16
MAX_ABSORBED: Final = 32


def body_of(key: str, row: Lead, rules: Rules) -> LeadBody:
    """All that the row stands for."""
    own = LeadBody(
        vias={source.removeprefix(VISITOR): known for source, known in live(row.sources).items()},
        decisions=row.decisions,
        deals=tuple(live(row.deals).values()),
        latches=row.latches,
        mail=row.mail,
        voids=row.voids,
    )
    if not row.absorbed:
        return own
    bodies = [_without(one.body, key) for one in live(row.absorbed).values() if one.body is not None]
    return joined_bodies((own, *bodies), rules) if bodies else own


def joined_bodies(bodies: Sequence[LeadBody], rules: Rules) -> LeadBody:
    """What all of them say; of two versions of a deal the freshest, of the first where they are equally fresh."""
    vias: dict[str, list[Known]] = {}
    deals: dict[str, DealFacts] = {}
    for body in bodies:
        for via, known in body.vias.items():
            vias.setdefault(via, []).append(known)
        for deal in body.deals:
            held = deals.setdefault(deal.deal_id, deal)
            if deal.reported_at > held.reported_at:
                deals[deal.deal_id] = deal
    latches = sorted({latch for body in bodies for latch in body.latches}, key=_freshness, reverse=True)
    return LeadBody(
        vias={via: one_known(found, rules) for via, found in sorted(vias.items())},
        decisions=freshest_decisions((one for body in bodies for one in body.decisions), rules),
        deals=freshest_facts(deals.values(), most=MAX_DEALS),
        latches=tuple(latches[:MAX_LATCHES]),
        mail=joined_mail((body.mail for body in bodies), rules),
        voids=tuple(sorted({void for body in bodies for void in body.voids}, reverse=True)[:MAX_VOIDS]),
        absorbed=tuple(sorted({lead_id for body in bodies for lead_id in body.absorbed})[:MAX_ABSORBED]),
    )


def one_known(known: Sequence[Known], rules: Rules) -> Known:
    """Several as one: known since the first, and as well as the best."""
    if len(known) == 1:
        return known[0]
    return Known(
        known_at=min(one.known_at for one in known),
        trust="proven" if any(one.trust == "proven" for one in known) else "claimed",
        activity=gather([one.activity for one in known], rules),
    )


def shares_of(key: str, body: LeadBody, owners: Timeline, *, row: Lead, rules: Rules) -> dict[str, LeadBody]:
    """What each owner of the lead's time gets of its body: all of it where there is one."""
    sent = _signed_by(key, body, own=set(row.sources), rules=rules)
    leads = {span.lead_id for span in owners}
    if len(leads) == 1:
        return dict.fromkeys(leads, sent)
    vias: dict[str, dict[str, Known]] = {lead_id: {} for lead_id in leads}
    for via, known in sent.vias.items():
        by_lead, _ = divided([known.activity], NO_SPARE, (), timeline=owners, rules=rules)
        for lead_id, activity in by_lead.items():
            vias[lead_id][via] = Known(known.known_at, known.trust, activity)
    return {
        lead_id: replace(
            sent,
            vias=vias[lead_id],
            decisions=_owned(sent.decisions, lead_id, owners),
            deals=tuple(deal for deal in sent.deals if owner_at(owners, lost_at(deal)) == lead_id),
            latches=tuple(latch for latch in sent.latches if owner_at(owners, latch.at) == lead_id),
            mail=_mail_of(sent.mail, lead_id, owners),
        )
        for lead_id in sorted(leads)
    }


def _owned(decisions: tuple[Decision, ...], lead_id: str, owners: Timeline) -> tuple[Decision, ...]:
    return tuple(one for one in decisions if owner_at(owners, one.at) == lead_id)


def _mail_of(mail: Mail, lead_id: str, owners: Timeline) -> Mail:
    """What came of mails in this lead's time. Confirmations and traps give nothing by themselves: all have them."""
    if mail == NO_MAIL:
        return mail
    marks = {kind: tuple(one for one in found if owner_at(owners, one.at) == lead_id)
             for kind, found in mail.marks.items()}  # fmt: skip
    hits = {name: tuple(one for one in found if owner_at(owners, one.at) == lead_id)
            for name, found in mail.hits.items()}  # fmt: skip
    return replace(
        mail,
        clicks=tuple(one for one in mail.clicks if owner_at(owners, one.at) == lead_id),
        marks={kind: found for kind, found in marks.items() if found},
        hits={name: found for name, found in hits.items() if found},
    )


def _signed_by(key: str, body: LeadBody, *, own: set[str], rules: Rules) -> LeadBody:
    """The body with the sender's name on what is its own; at most 16 vias, the rest as one."""

    def named(via: str) -> str:
        return f"{via}@{key}" if f"{VISITOR}{via}" in own or via == JOINED else via

    vias = {named(via): known for via, known in body.vias.items()}
    if len(vias) > MAX_VIAS:
        kept = sorted(vias)[: MAX_VIAS - 1]
        rest = one_known([known for via, known in sorted(vias.items()) if via not in kept], rules)
        vias = {via: vias[via] for via in kept} | {f"{JOINED}@{key}": rest}
    latches = tuple(
        replace(latch, evidence=tuple(_evidence(one, named(one.via)) for one in latch.evidence))
        for latch in body.latches
    )
    absorbed = tuple(sorted({key, *body.absorbed})[:MAX_ABSORBED])
    return replace(body, vias=vias, latches=latches, absorbed=absorbed)


def _evidence(one: Evidence, via: str) -> Evidence:
    return one if one.via == via else replace(one, via=via)


def _without(body: LeadBody, key: str) -> LeadBody:
    """What another lead forwards, less what it has from this one (while it does not know yet of a circle)."""
    if key not in body.absorbed:
        return body
    mine = f"@{key}"
    return replace(
        body,
        vias={via: known for via, known in body.vias.items() if not via.endswith(mine)},
        absorbed=tuple(lead_id for lead_id in body.absorbed if lead_id != key),
    )


def _freshness(latch: Latch) -> tuple[int, int, str, int]:
    return latch.at, latch.total_tenths, latch.rules_version, len(latch.evidence)
