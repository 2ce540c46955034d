"""What a lead's row says to others: its card, its standing at accounts, its transitions."""

from typing import Final

from schemas.activity import OUR_CLOCK, Milestone, PageSeen, Version
from schemas.cards import LeadCard, MergeSaid, Transition
from schemas.signals import LeadStanding, Member
from schemas.touches import Touch
from streams.core.effects import Effects
from streams.core.lead.audiences import memberships
from streams.core.lead.new_rules import listed
from streams.core.lead.news import news_of
from streams.core.lead.row import Lead, as_transition
from streams.core.lead.view import LeadView, day_before_tenths
from streams.core.parts import to_withdraw
from streams.core.rules import Rules
from streams.core.score.scoring import falls_below
from streams.core.stage.stages import StageNow

__all__ = ["said_of"]

CARD_PAGES: Final = 40
MEMBER_PAGES: Final = 8
MEMBER_REQUESTS: Final = 8


def said_of(
    key: str, row: Lead, view: LeadView, *, stage: StageNow, since: Version, touches: tuple[Touch, ...], rules: Rules
) -> Effects:
    """All that this row says, from a message of version `since` on. Somebody who was never known has no card."""
    member = _member(row, view, rules)
    moves = tuple([as_transition(key, move) for move in row.moves])
    standing = [
        LeadStanding(to=to, lead_id=key, version=row.version, as_of=row.as_of, member=member)
        for to, withdrawn in row.told.items()
        if withdrawn is None
    ]
    withdrawn = [
        LeadStanding(to=to, lead_id=key, version=row.told[to] or row.version,
                     as_of=row.withdrawn_at.get(to, row.as_of), member=None)
        for to in to_withdraw(row.told, version=since)
    ]  # fmt: skip
    return Effects(
        leads=(_card(key, row, view, now=stage, moves=moves, rules=rules),) if moves else (),
        signals=(*standing, *withdrawn),
        touches=touches,
        transitions=tuple([one for one in reversed(moves) if one.version >= since]),
        posts=news_of(key, row, since=since, rules=rules),
    )


def _card(
    key: str, row: Lead, view: LeadView, *, now: StageNow, moves: tuple[Transition, ...], rules: Rules
) -> LeadCard:
    scored = view.scored
    qualified = rules.stages.qualified
    threshold_tenths = round(10 * qualified.total)
    cools_below_tenths = round(10 * qualified.total * qualified.hot_until)
    return LeadCard(
        lead_id=key,
        version=row.version,
        as_of=row.as_of,
        audiences=memberships(row) if row.audience_moves else (),
        rules_version=rules.version,
        name=view.name,
        email=view.email,
        traits={name: trait.value for name, trait in view.traits.items()},
        trust=view.trust,
        known_at=view.known_at or 0,
        account_id=view.account_id,
        stage=row.stage,
        stage_since=row.moves[0].effective_at if row.moves else now.since,
        score_tenths=scored.total_tenths,
        engagement_tenths=scored.engagement_tenths,
        fit=scored.fit,
        grade=scored.grade,
        hot=row.hot,
        threshold_tenths=threshold_tenths,
        falls_below_at=falls_below(scored, threshold_tenths=threshold_tenths),
        lines=scored.lines,
        fit_lines=scored.fit_lines,
        up=scored.up,
        down=scored.down,
        pages=_shown(view, CARD_PAGES),
        visitors=view.visitors,
        deals=view.deals,
        hold_until=now.hold_until,
        moves=moves,
        wake_at=row.wake_at,
        sub_stage=now.sub_stage,
        mail_stop_until=now.mail_stop_until,
        due_at=now.due_at,
        reminder_at=now.reminder_at,
        overdue=now.due_at is not None and row.as_of >= now.due_at,
        attempts=_attempts(view, now),
        dead_end_candidate=_candidate(view, rules),
        day_before_tenths=day_before_tenths(view, rules),
        cools_at=falls_below(scored, threshold_tenths=cools_below_tenths),
        cools_below_tenths=cools_below_tenths,
        mail=view.mail.flags,
        merged_into=view.pointing.merged_into,
        aliases=view.body.absorbed,
        segment=view.segment,
        crossed_by_rules=listed(row),
        decisions=tuple(sorted(view.decisions, reverse=True)) if view.decisions else (),
        merge=_merge_said(row),
        by_our_clock=view.activity.hits.get(OUR_CLOCK, ()),
    )


def _member(row: Lead, view: LeadView, rules: Rules) -> Member:
    """All that the lead contributes to an account."""
    trait = view.traits.get("company")
    return Member(
        name=view.name,
        email=view.email,
        title=view.title,
        trust=view.trust,
        stage=row.stage,
        dead_end=row.stage == "dead_end",
        known_at=view.known_at or 0,
        score_tenths=view.scored.total_tenths,
        engagement_tenths=view.scored.engagement_tenths,
        fit=view.scored.fit,
        fit_company=view.scored.fit_company,
        grade=view.scored.grade,
        reasons=view.scored.up,
        human=view.seen.human,
        days=view.seen.days,
        intents=view.seen.intents,
        answers=view.seen.answers,
        requests=_requests(view),
        pages=_shown(view, MEMBER_PAGES),
        company="" if trait is None else trait.value,
        clicked_at=None if view.mail.flags is None else view.mail.flags.clicked_at,
        mailed_at=None if view.mail.flags is None else view.mail.flags.mailed_at,
        aliases=view.body.absorbed,
        set_aside=_set_aside(row),
        rules_version=rules.version,
    )


def _merge_said(row: Lead) -> MergeSaid | None:
    """What stands of it: an order that was taken back is none."""
    said = row.order
    if said is None or not said.into:
        return None
    return MergeSaid(at=said.at, into=said.into, actor=said.actor, reason=said.reason)


def _requests(view: LeadView) -> tuple[Milestone, ...]:
    """Requests that stand, however they came, freshest first."""
    found = [one for one in view.milestones if one.kind == "requested"]
    return tuple(sorted(found, reverse=True)[:MEMBER_REQUESTS])


def _attempts(view: LeadView, now: StageNow) -> int:
    """Tries since the last setback."""
    since = 0 if now.setback is None else now.setback.at
    return sum(one.kind == "attempt" and one.at > since for one in view.milestones)


def _candidate(view: LeadView, rules: Rules) -> str:
    """The rule whose hits ask for a look: such as a mail address that does not exist."""
    named = rules.stages.candidate.rules
    return next((line.name for line in view.scored.lines if line.name in named and line.hits), "")


def _set_aside(row: Lead) -> str:
    """Why it is at a dead end."""
    by = row.moves[0].by if row.stage == "dead_end" else None
    return "" if by is None else by.what


def _shown(view: LeadView, most: int) -> tuple[PageSeen, ...]:
    return view.seen.pages[:most]
