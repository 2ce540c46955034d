"""All that follows from a lead's parts at its `as_of`: who it is, its score, its days, its milestones, its stage."""

from collections.abc import Collection, Mapping
from typing import Final

from msgspec import Struct

from schemas.activity import Activity, Decision, Milestone, Trait
from schemas.deals import DealFacts, DealPerson
from schemas.delivery import Trust
from schemas.lead_body import Known, LeadBody
from streams.core.activity.activity import EMPTY, gather
from streams.core.activity.seen_days import Seen, seen_of
from streams.core.activity.voids import is_void, kept_voids, without
from streams.core.days import DAY_MS
from streams.core.lead.body import JOINED, VISITOR, body_of
from streams.core.lead.milestones import milestones_of
from streams.core.lead.pointers import Pointing, pointing_of
from streams.core.lead.row import Lead
from streams.core.mail.view import MailView, mail_view
from streams.core.returns.strength import lost_at
from streams.core.rulebook.segments_rules import NO_SEGMENT
from streams.core.rulebook.stages_rules import Consent
from streams.core.rules import Rules
from streams.core.score.scoring import Doings, Scored, score, total_tenths
from streams.core.segment.segments import segment_of

__all__ = ["MERGED", "LeadView", "consents", "day_before_tenths", "epoch_of", "view_of"]

MERGED: Final = "merged"  # the milestone of a lead that turned out to be another, and its stage


class LeadView(Struct, frozen=True, kw_only=True):
    """A lead as its parts show it. `account_id` "" = none (free mail, or no address, and on no deal)."""

    email: str
    name: str
    title: str
    account_id: str
    traits: Mapping[str, Trait]
    trust: Trust
    known_at: int | None
    activity: Activity  # nothing void
    body: LeadBody  # what it stands for: its own, and what other leads forwarded
    pointing: Pointing
    doings: Doings
    mail: MailView
    visitors: tuple[str, ...]
    epoch_at: int | None
    scored: Scored
    seen: Seen
    milestones: tuple[Milestone, ...]  # all that decides about the stage but the score
    segment: str = NO_SEGMENT

    @property
    def deals(self) -> tuple[DealFacts, ...]:
        """Deals that name the lead, or one that it absorbed."""
        return self.body.deals

    @property
    def decisions(self) -> tuple[Decision, ...]:
        """What people decided about it, or about one that it absorbed."""
        return self.body.decisions

    @property
    def gone(self) -> frozenset[int]:
        """Hit ids that count for nothing, whatever they gave before: void, or clicks that are a machine's now."""
        return self.mail.refuted | {one.hit_id for one in self.doings.voids if one.hit_id}


def view_of(key: str, row: Lead, rules: Rules) -> LeadView:
    """What the row shows at its `as_of`."""
    body, pointing = body_of(key, row, rules), pointing_of(key, row, rules)
    sources, deals = body.vias, body.deals
    vias = {via: known.activity for via, known in sources.items()}
    voids = kept_voids(body.voids, as_of=row.as_of) if row.absorbed else body.voids
    doings = Doings(vias, body.mail, voids)
    heard = (Activity(hits=doings.mail.hits),) if doings.mail.hits else ()
    activity = without(_together((*vias.values(), *heard), rules), doings.voids)
    mail = mail_view(doings.mail, as_of=row.as_of, voids=doings.voids, rules=rules)
    person = _person(key, deals, body.absorbed)
    traits = _traits(row, body, activity.traits)
    if person is not None:
        traits.setdefault("email", Trait(0, person.email))
        traits.setdefault("name", Trait(0, person.name))
    said = {name: trait.value for name, trait in traits.items()}
    epoch_at = epoch_of(deals)
    known = [*(one.known_at for one in sources.values()), *(lost_at(deal) for deal in deals), *mail.human_ats]
    # What a CRM knows proves nothing about who sits at a browser.
    proven = any(one.trust == "proven" for one in sources.values()) if sources else bool(deals)
    known_at, email = min(known, default=None), said.get("email", "")
    seen = seen_of(activity, rules, clicked=mail.human_ats)
    milestones = (
        *milestones_of(body.decisions, activity, deals, seen=seen, known_at=known_at, email=email, rules=rules),
        *mail.milestones(),
        *_merged(known_at, pointing),
    )
    segment = segment_of(traits, activity.pages, seen.answers, segments=rules.segments)
    fit_traits = traits if segment == NO_SEGMENT else traits | {"segment": Trait(0, segment)}
    return LeadView(
        email=email,
        name=said.get("name", ""),
        title=said.get("title", ""),
        account_id=rules.routing.account_of(email) or _account_of(deals),
        traits=traits,
        trust="proven" if proven else "claimed",
        known_at=known_at,
        activity=activity,
        body=body,
        pointing=pointing,
        doings=doings,
        mail=mail,
        visitors=_visitors(row, sources),
        epoch_at=epoch_at,
        # An absorbed lead has a history, and no points: the other one has them.
        scored=score(Doings({}), traits={}, as_of=row.as_of, epoch_at=None, rules=rules) if pointing.merged_into
        else score(doings, traits=fit_traits, as_of=row.as_of, epoch_at=epoch_at, rules=rules),
        seen=seen,
        milestones=tuple(one for one in milestones if not is_void(one, doings.voids)) if doings.voids else milestones,
        segment=segment,
    )


def consents(traits: Mapping[str, Trait], rule: Consent) -> bool:
    """Whether somebody may be written to: refused in words that the rules know, or (opt_in) never given."""
    said = traits[rule.trait].value.strip().casefold() if rule.trait in traits else ""
    return said in rule.given if rule.mode == "opt_in" else said not in rule.refused


def day_before_tenths(view: LeadView, rules: Rules) -> int:
    """The score 24 hours ago, by what had happened by then."""
    if view.pointing.merged_into:
        return 0
    as_of = view.scored.as_of - DAY_MS
    epoch_at = epoch_of(view.deals, until=as_of)
    return total_tenths(view.doings, fit=view.scored.fit, as_of=as_of, epoch_at=epoch_at, rules=rules)


def epoch_of(deals: Collection[DealFacts], *, until: int | None = None) -> int | None:
    """When the freshest lost deal (that was lost by then) was lost: what was before it counts for nothing."""
    if not deals:
        return None
    lost = [lost_at(deal) for deal in deals if deal.status == "lost"]
    return max((at for at in lost if until is None or at <= until), default=None)


def _together(activities: tuple[Activity, ...], rules: Rules) -> Activity:
    match activities:
        case ():
            return EMPTY
        case (one,):
            return one
        case _:
            return gather(activities, rules)


def _person(key: str, deals: tuple[DealFacts, ...], absorbed: tuple[str, ...]) -> DealPerson | None:
    """What the freshest report says of this person; what one says of a lead that it absorbed only without that."""
    if not deals:
        return None
    said = [
        (one.lead_id == key, deal.reported_at, deal.deal_id, one)
        for deal in deals for one in deal.people if one.lead_id == key or one.lead_id in absorbed
    ]  # fmt: skip
    return max(said, key=lambda row: row[:3])[3] if said else None


def _traits(row: Lead, body: LeadBody, newest: Mapping[str, Trait]) -> dict[str, Trait]:
    """The newest of each; but a lead keeps its own e-mail beside that of one that it absorbed."""
    traits = dict(newest)
    if body.absorbed:
        own = [one.body.activity.traits for one in row.sources.values() if one.body is not None]
        emails = [one["email"] for one in own if "email" in one]
        if emails:
            traits["email"] = max(emails)
    return traits


def _visitors(row: Lead, vias: Mapping[str, Known]) -> tuple[str, ...]:
    """The browsers, those of absorbed leads too."""
    own = {via for via in vias if VISITOR + via in row.sources}
    forwarded = {via.rpartition("@")[0] for via in vias if via not in own and "@" in via}
    return tuple(sorted(own | forwarded - {JOINED}))


def _merged(known_at: int | None, pointing: Pointing) -> list[Milestone]:
    """That the lead turned out to be another, if it was known at all."""
    into = pointing.merged_into
    return [Milestone(pointing.owners[0].since, MERGED, into)] if into and known_at is not None else []


def _account_of(deals: tuple[DealFacts, ...]) -> str:
    """The account of the freshest deal that names this person: for those who write from free mail."""
    return max(((deal.reported_at, deal.deal_id, deal.account_id) for deal in deals), default=(0, "", ""))[2]
