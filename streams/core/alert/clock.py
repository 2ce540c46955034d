"""The claim clock: who hears when nobody claims a real-time alert, in hours of work of whom it went to.

A reminder, then the leader, then it is passed on to the next in line, each once; a claim, an answer or a snooze stops
the clock, and a claim without outcome is reminded of too. Inside a hold nobody may do what that asks for: who has the
alert hears when the hold is over, and the time to an outcome begins there. Times are UTC milliseconds.
"""

from collections.abc import Iterator
from typing import Literal, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from schemas.activity import Version
from schemas.deals import Owner
from streams.core.account.row import Account, Episode
from streams.core.alert.posts import HOLD_OVER, addressee, posted
from streams.core.alert.routing import next_in_line
from streams.core.alert.words import contact_from
from streams.core.days import DAY_MS, HOUR_MS
from streams.core.rules import Rules

__all__ = ["clocked", "due_at", "rings_at"]

Step: TypeAlias = Literal["hold_over", "reminder", "escalation", "passed_on", "outcome"]


class _Due(Struct, frozen=True):
    """One step of one clock."""

    at: int
    step: Step
    key: str


def clocked(
    episode: Episode, row: Account, *, region: str, version: Version, rules: Rules, former: int | None = None
) -> Episode:
    """The episode after every step whose time has come; since `former` only, where other rules moved the times."""
    for due in _steps(episode, rules):
        if due.at > row.as_of:
            break
        if not _is_done(episode, due) and (former is None or due.at > former):
            episode = _taken(episode, due, row, region=region, version=version, rules=rules)
    return episode


def rings_at(episode: Episode, row: Account, rules: Rules) -> int | None:
    """When the next step is due."""
    return next((due.at for due in _steps(episode, rules) if due.at > row.as_of), None)


def due_at(episode: Episode, rules: Rules) -> int | None:
    """Until when somebody has to claim it, else to say what came of it; None where nobody is waited for."""
    asks: Step = "escalation" if episode.status == "open" else "outcome"
    return next((due.at for due in _steps(episode, rules) if due.step == asks), None)


def _steps(episode: Episode, rules: Rules) -> Iterator[_Due]:
    """The steps that are still before it, in time, done or not."""
    if episode.status == "open" and episode.clock_at is not None:
        yield from _to_a_claim(episode, episode.clock_at, rules)
    if episode.status == "claimed" and episode.card.claimed_at is not None:
        yield from _to_an_outcome(episode, max(episode.card.claimed_at, episode.clock_at or 0), rules)


def _to_a_claim(episode: Episode, since: int, rules: Rules) -> Iterator[_Due]:
    claim, calendar = rules.returns.claim, rules.routing.time_of(_first_addressee(episode, rules))
    hours: tuple[tuple[Step, int], ...] = (
        ("reminder", claim.reminder_hours), ("escalation", claim.leader_hours), ("passed_on", claim.next_hours),
    )  # fmt: skip
    for step, after in hours:
        yield _Due(calendar.after(since, after * HOUR_MS), step, f"{step}:{since}")


def _to_an_outcome(episode: Episode, since: int, rules: Rules) -> Iterator[_Due]:
    begins = max(since, contact_from(episode.card, rules))
    if begins > since:
        yield _Due(begins, "hold_over", f"{HOLD_OVER}:{begins}")
    yield _Due(begins + rules.returns.claim.outcome_days * DAY_MS, "outcome", f"outcome:{since}")


def _first_addressee(episode: Episode, rules: Rules) -> str:
    """Whose calendar counts: of whom it went to when this clock began, also after it was passed on."""
    passed_on = next((one for one in episode.posts if one.key == f"passed_on:{episode.clock_at}"), None)
    return addressee(episode, rules) if passed_on is None else passed_on.detail


def _is_done(episode: Episode, due: _Due) -> bool:
    return any(one.key == due.key for one in episode.posts)


def _taken(
    episode: Episode, due: _Due, row: Account, *, region: str, version: Version, rules: Rules
) -> Episode:
    """The episode after this step. Without a leader nobody hears of it, without a next in line the team."""
    held = addressee(episode, rules)
    match due.step:
        case "reminder" | "outcome" | "hold_over":
            at, asks = row.as_of, "" if due.step == "reminder" else due.step
            return posted(episode, held, at=at, version=version, occasion="reminder", key=due.key, detail=asks)
        case "escalation":
            leader = rules.routing.leader_of(held)
            if leader is None:
                return episode
            at = row.as_of
            return posted(episode, leader, at=at, version=version, occasion="escalation", key=due.key, detail=held)
        case "passed_on":
            chosen = next_in_line(
                episode.card.recipient, region=region, alert_id=episode.card.alert_id, routing=rules.routing
            )
            return _passed_on(episode, chosen, row, key=due.key, version=version, rules=rules)


def _passed_on(
    episode: Episode, chosen: Owner | None, row: Account, *, key: str, version: Version, rules: Rules
) -> Episode:
    """The episode with its next recipient; nobody is passed on to himself."""
    held = addressee(episode, rules)
    to = rules.routing.rules.team if chosen is None else chosen.recipient_id
    if to == held:
        return episode
    card = replace(episode.card, recipient=chosen, version=version, as_of=row.as_of)
    return posted(
        replace(episode, card=card), to, at=row.as_of, version=version, occasion="passed_on", key=key, detail=held
    )
