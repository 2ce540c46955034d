"""An account's card: one company at a glance."""

from schemas.cards import AccountCard
from schemas.signals import Member
from streams.core.account.flags import flags_of
from streams.core.account.members import human_at
from streams.core.account.roll_up import engagement_of, roll_up
from streams.core.account.row import Account, Rest
from streams.core.account.view import AccountView, member_cards
from streams.core.days import DAY_MS
from streams.core.rules import Rules
from streams.core.stage.stages import stages_in

__all__ = ["account_name", "card_of"]


def card_of(key: str, row: Account, view: AccountView, *, rules: Rules) -> AccountCard:
    """The card at the row's version."""
    fit = _fit(view)
    strongest = roll_up(
        view.members, rest=view.rest, networks=view.networks, intent=view.intent, as_of=row.as_of, rules=rules.returns
    )
    return AccountCard(
        account_id=key,
        version=row.version,
        as_of=row.as_of,
        rules_version=rules.version,
        name=account_name(key, view),
        stage=_stage(view, rules),
        engagement_tenths=engagement_of(strongest),
        breadth=_breadth(view, since=row.as_of - rules.returns.breadth_days * DAY_MS),
        fit=fit,
        fit_grade=_letter(fit, rules),
        members=member_cards(row, view, rules),
        deals=view.deals,
        strength=view.strength,
        not_candidate=view.not_candidate,
        alerts=tuple(episode.card.alert_id for episode in row.episodes),
        wake_at=row.wake_at,
        forwards_to="" if row.forward is None else row.forward.domain,
        flags=flags_of(key, view, rules),
        roll_up=strongest,
        more_members=len(view.rest),
        employees=view.company.employees,
        industry=view.company.industry,
        region=view.region,
        owner=view.owner,
        reopenings=row.reopenings,
    )


def account_name(key: str, view: AccountView) -> str:
    """What the CRM calls it, else what its people do, else its domain."""
    said = [(deal.reported_at, deal.deal_id, deal.account_name) for deal in view.deals if deal.account_name]
    if view.company.name:
        said.append((view.company.named_at, "", view.company.name))
    if said:
        return max(said)[2]
    named = [(one.score_tenths, one.company) for one in view.members.values() if one.company and not one.dead_end]
    return max(named)[1] if named else key


def _breadth(view: AccountView, *, since: int) -> int:
    """Distinct leads with a human hit lately."""
    found = [one for one in view.members.values() if not one.dead_end and human_at(one) >= since]
    rest = [one for one in view.rest.values() if one.counts and one.human_at >= since]
    return len(found) + len(rest)


def _fit(view: AccountView) -> int:
    """The company's part once (its people's word or its CRM's, whichever is worth more), and the best person's part."""
    company, person = view.company.fit, 0
    people: list[Member | Rest] = [one for one in view.members.values() if not one.dead_end]
    people += [one for one in view.rest.values() if one.counts]
    for one in people:
        of_company = one.fit_company
        company = max(company, of_company)
        person = max(person, one.fit - of_company)
    return company + person


def _letter(fit: int, rules: Rules) -> str:
    letters = rules.scoring.rules.totals.letters
    return next((one.grade for one in letters if fit >= one.least), letters[-1].grade)


def _stage(view: AccountView, rules: Rules) -> str:
    """That of its furthest lead; of a deal without people what the deal says."""
    stages = stages_in(rules)
    held = {one.stage for one in view.everybody.values()} | {one.stage for one in view.rest.values()}
    held |= {rule.stage for deal in view.deals if (rule := stages.milestones.get(f"deal_{deal.status}")) is not None}
    return max(held - {""}, key=stages.rank, default="")
