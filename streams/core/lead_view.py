"""All that follows from a lead's parts at its `as_of`: who it is, its score, its days, its milestones, its stage."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from schemas.activity import Activity, Milestone, Trait
from schemas.deals import DealFacts, DealPerson
from schemas.delivery import Trust
from streams.core.activity import EMPTY, gather
from streams.core.lead_row import Lead
from streams.core.parts import live
from streams.core.rules import Rules
from streams.core.scoring import Scored, score
from streams.core.seen_days import Seen, seen_of
from streams.core.stages_rules import Consent

__all__ = ["JOINED", "LeadView", "consents", "view_of"]

JOINED: Final = "joined:"  # the part that the stalest are joined into, beyond the bound
VISITOR: Final = "visitor:"


class LeadView(Struct, frozen=True, kw_only=True):
    """A lead as its parts show it. `account_id` "" = none (free mail, or no address)."""

    email: str
    name: str
    title: str
    account_id: str
    traits: Mapping[str, Trait]
    trust: Trust
    known_at: int | None
    activity: Activity
    visitors: tuple[str, ...]
    deals: tuple[DealFacts, ...]
    epoch_at: int | None
    scored: Scored
    seen: Seen
    milestones: tuple[Milestone, ...]  # all that decides about the stage but the score


def view_of(key: str, row: Lead, rules: Rules) -> LeadView:
    """What the row shows at its `as_of`."""
    sources, deals = live(row.sources), tuple(live(row.deals).values())
    vias = {source.removeprefix(VISITOR): known.activity for source, known in sources.items()}
    activity = _together(tuple(vias.values()), rules)
    person = _person(key, deals)
    traits = dict(activity.traits)
    if person is not None:
        traits.setdefault("email", Trait(0, person.email))
        traits.setdefault("name", Trait(0, person.name))
    said = {name: trait.value for name, trait in traits.items()}
    epoch_at = max((_lost_at(deal) for deal in deals if deal.status == "lost"), default=None)
    known = [one.known_at for one in sources.values()] + [_lost_at(deal) for deal in deals]
    # What a CRM knows proves nothing about who sits at a browser.
    proven = any(one.trust == "proven" for one in sources.values()) if sources else bool(deals)
    known_at, seen, email = min(known, default=None), seen_of(activity, rules), said.get("email", "")
    return LeadView(
        email=email,
        name=said.get("name", ""),
        title=said.get("title", ""),
        account_id=rules.routing.account_of(email),
        traits=traits,
        trust="proven" if proven else "claimed",
        known_at=known_at,
        activity=activity,
        visitors=tuple(source.removeprefix(VISITOR) for source in sources if source.startswith(VISITOR)),
        deals=deals,
        epoch_at=epoch_at,
        scored=score(vias, traits=traits, as_of=row.as_of, epoch_at=epoch_at, rules=rules),
        seen=seen,
        milestones=(
            *activity.milestones,
            *(Milestone(one.at, one.kind, one.milestone_id, one.reason, one.until) for one in row.decisions),
            *(_of_deal(deal) for deal in deals),
            *(Milestone(at, "visited", "visited") for at in seen.active_ats),
            *_known(known_at, email, activity, rules=rules),
        ),
    )


def consents(traits: Mapping[str, Trait], rule: Consent) -> bool:
    """Whether somebody may be written to: refused in words that the rules know, or (opt_in) never given."""
    said = traits[rule.trait].value.strip().casefold() if rule.trait in traits else ""
    return said in rule.given if rule.mode == "opt_in" else said not in rule.refused


def _together(activities: tuple[Activity, ...], rules: Rules) -> Activity:
    match activities:
        case ():
            return EMPTY
        case (one,):
            return one
        case _:
            return gather(activities, rules)


def _person(key: str, deals: tuple[DealFacts, ...]) -> DealPerson | None:
    """What the freshest report says of this person."""
    said = [(deal.reported_at, deal.deal_id, one) for deal in deals for one in deal.people if one.lead_id == key]
    return max(said, key=lambda row: row[:2])[2] if said else None


def _lost_at(deal: DealFacts) -> int:
    return deal.reported_at if deal.lost_at is None else deal.lost_at


def _of_deal(deal: DealFacts) -> Milestone:
    at = _lost_at(deal) if deal.status == "lost" else deal.reported_at
    return Milestone(at, f"deal_{deal.status}", deal.deal_id, deal.lost_reason or "")


def _known(known_at: int | None, email: str, activity: Activity, *, rules: Rules) -> list[Milestone]:
    """That the lead has a name, and showed interest; that it is of our own or of a competitor."""
    if known_at is None:
        return []
    found = [Milestone(known_at, "identified", "identified")]
    shown = [hit for name in rules.stages.engaged.rules for hit in activity.hits.get(name, ())]
    if shown:
        first = min(shown)
        found.append(Milestone(max(first.at, known_at), "engaged", "engaged", first.what))
    if reason := rules.routing.set_aside(email):
        found.append(Milestone(known_at, "dead_end", f"list:{rules.routing.account_of(email)}", reason))
    return found
