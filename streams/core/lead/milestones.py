"""A lead's milestones: what its browsers brought, what people decided, what the CRM says, what follows from it."""

from collections.abc import Iterable, Iterator, Sequence

from schemas.activity import Activity, Decision, Milestone
from schemas.deals import DealFacts
from streams.core.activity.seen_days import Seen
from streams.core.lead.corrections import standing, voided
from streams.core.rules import Rules
from streams.core.stage.checks import verdict
from streams.core.stage.holds import setback_of

__all__ = ["milestones_of"]


def milestones_of(
    decisions: Sequence[Decision], activity: Activity, deals: Iterable[DealFacts], *, seen: Seen,
    known_at: int | None, email: str, rules: Rules,
) -> tuple[Milestone, ...]:  # fmt: skip
    """All that decides about the stage but score and mails, less what people took back. `activity`: nothing void."""
    gone = voided(decisions)
    brought = standing(activity.milestones, gone)
    derived = (
        *(_of_deal(deal, rules) for deal in deals),
        *(Milestone(at, "visited", "visited") for at in seen.active_ats),
        *_of_programs(brought, rules.routing.account_of(email), rules),
        *(() if known_at is None else _known(known_at, email, activity, rules=rules)),
    )
    return (*brought, *standing(_of_decisions(decisions, rules), gone), *standing(derived, gone))


def _of_decisions(decisions: Iterable[Decision], rules: Rules) -> Iterator[Milestone]:
    """Checks are one once all are answered; corrections that take something back are none of their own."""
    for one in decisions:
        what = one.reason
        if one.kind == "checked":
            what = verdict(dict(one.said), rules.stages.check)
        if (one.kind == "checked" and not what) or (one.kind == "correction" and one.said):
            continue
        yield Milestone(one.at, one.kind, one.milestone_id, what, one.until)


def _of_deal(deal: DealFacts, rules: Rules) -> Milestone:
    if deal.status == "lost":
        return setback_of(deal, rules.stages)
    return Milestone(deal.reported_at, f"deal_{deal.status}", deal.deal_id)


def _of_programs(brought: Iterable[Milestone], account_id: str, rules: Rules) -> Iterator[Milestone]:
    """Somebody of a company that we aim at came to a program of our own (T5); without a rep it is a request (T4)."""
    target = rules.routing.targets.get(account_id)
    if target is None:
        return
    for one in brought:
        program = rules.site.programs.get(one.what) if one.kind == "program_attended" else None
        if program is not None and program.own:
            if target.rep:
                yield Milestone(one.at, "target_attended", one.milestone_id, one.what)
            else:
                yield Milestone(one.at, "requested", f"program:{one.milestone_id}", one.what)


def _known(known_at: int, email: str, activity: Activity, *, rules: Rules) -> Iterator[Milestone]:
    """That the lead has a name, and showed interest; that it is of our own or of a competitor."""
    yield Milestone(known_at, "identified", "identified")
    shown = [hit for name in rules.stages.engaged.rules for hit in activity.hits.get(name, ())]
    if shown:
        first = min(shown)
        yield Milestone(max(first.at, known_at), "engaged", "engaged", first.what)
    if reason := rules.routing.set_aside(email):
        yield Milestone(known_at, "dead_end", f"list:{rules.routing.account_of(email)}", reason)
