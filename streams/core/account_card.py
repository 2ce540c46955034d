"""An account's card: one company at a glance."""

from schemas.cards import AccountCard
from schemas.signals import Member
from streams.core.account_row import Account
from streams.core.account_view import AccountView, engagement_of, member_cards
from streams.core.days import DAY_MS
from streams.core.rules import Rules
from streams.core.stages import stages_in

__all__ = ["account_name", "card_of"]


def card_of(key: str, row: Account, view: AccountView, *, rules: Rules) -> AccountCard:
    """The card at the row's version."""
    people = [one for one in view.members.values() if not one.dead_end]
    fit = _fit(people)
    since = row.as_of - rules.returns.breadth_days * DAY_MS
    return AccountCard(
        account_id=key,
        version=row.version,
        as_of=row.as_of,
        rules_version=rules.version,
        name=account_name(key, view),
        stage=_stage(view, rules),
        engagement_tenths=engagement_of(view.members, rules.returns),
        breadth=sum(any(day.active and day.at >= since for day in one.days) for one in people),
        fit=fit,
        fit_grade=_letter(fit, rules),
        members=member_cards(row, view, rules),
        deals=view.deals,
        strength=view.strength,
        not_candidate=view.not_candidate,
        alerts=tuple(episode.card.alert_id for episode in row.episodes),
        wake_at=row.wake_at,
    )


def account_name(key: str, view: AccountView) -> str:
    """What the CRM calls it, else what its people do, else its domain."""
    said = [(deal.reported_at, deal.deal_id, deal.account_name) for deal in view.deals if deal.account_name]
    if said:
        return max(said)[2]
    named = [(one.score_tenths, one.company) for one in view.members.values() if one.company and not one.dead_end]
    return max(named)[1] if named else key


def _fit(people: list[Member]) -> int:
    """The company's part once, and the best person's part."""
    company = max((one.fit_company for one in people), default=0)
    return company + max((one.fit - one.fit_company for one in people), default=0)


def _letter(fit: int, rules: Rules) -> str:
    letters = rules.scoring.rules.totals.letters
    return next((one.grade for one in letters if fit >= one.least), letters[-1].grade)


def _stage(view: AccountView, rules: Rules) -> str:
    """That of its furthest lead; of a deal without people what the deal says."""
    stages = stages_in(rules)
    held = {one.stage for one in view.members.values()}
    held |= {rule.stage for deal in view.deals if (rule := stages.milestones.get(f"deal_{deal.status}")) is not None}
    return max(held - {""}, key=stages.rank, default="")
