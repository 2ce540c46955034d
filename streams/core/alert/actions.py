"""What people answer to an alert: one function for each button. Decided once, by arrival; what is closed stays closed.

A claim may be given back and a snooze ended: then it is as it was before, for nobody was told anything by them.
Contacted and reopened move the lead (`returned`); a student, a competitor or one of our own is a dead end; who is of
another company, looks for a job or is a partner counts for no return for half a year.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import AlertCard, AlertOutcome, AlertStatus
from schemas.ids import alert_id_of
from schemas.signals import AlertAction, AlertVerb
from streams.core.account.row import Account, Episode, Order
from streams.core.account.view import AccountView
from streams.core.alert.ends import IN_WORK, ended
from streams.core.alert.posts import posted
from streams.core.alert.words import holds_back
from streams.core.days import DAY_MS
from streams.core.errors import InsideHold, UnknownDecision, UnknownRow
from streams.core.returns.doings import is_on
from streams.core.rules import Rules

__all__ = ["acted"]

MAX_LEFT_OUT: Final = 64
MAX_ORDERS: Final = 16
RETURNED: Final = "returned"
DEAD_END: Final = "dead_end"
DEAD_ENDS: Final = ("staff", "student", "competitor")
LEFT_OUT: Final = ("job_seeker", "partner")
FELL_OUT: Final = "recycle_b"  # of these a talk makes a meeting
NAMES_SOMEBODY: Final = ("not_a_buyer", "wrong_company")


class _Answer(Struct, frozen=True, kw_only=True):
    """One action on one episode. `whom`: the lead, or the visitors, that it is about."""

    action: AlertAction
    whom: tuple[str, ...]
    row: Account
    view: AccountView
    version: Version
    rules: Rules

    def order(self, lead_id: str, kind: str, reason: str) -> Order:
        """What it says of a lead."""
        return Order(lead_id, kind, reason, self.action.at, self.action.actor, self.version)


def acted(
    row: Account, actions: Sequence[AlertAction], view: AccountView, *, version: Version, rules: Rules
) -> Account:
    """The row after these actions, told by a message of this version.

    What an older message than the row's newest says was decided when it came first: now it is only checked again, so
    that a refusal is said again. Raises UnknownRow, UnknownDecision and InsideHold before anything changes.
    """
    decided = version < row.version
    version = max(row.version, version)
    for action in actions:
        answer = _Answer(action=action, whom=(), row=row, view=view, version=version, rules=rules)
        episode = _found(row, action)
        if episode is not None and episode.status in IN_WORK:
            _check(episode, answer)
            row = row if decided else _answered(row, episode, replace(answer, whom=_named(episode.card, answer)))
        elif episode is not None and action.action == "claim" and not decided:
            row = _swapped(row, episode, _taken(episode, answer))
    return row


def _found(row: Account, action: AlertAction) -> Episode | None:
    """The episode of this alert; None for one that was let go. Raises UnknownRow for one that never was."""
    found = next((one for one in row.episodes if one.card.alert_id == action.alert_id), None)
    known = (alert_id_of(one.deal_id, number) for one in row.episodes for number in range(1, one.number + 1))
    if found is None and action.alert_id not in known:
        raise UnknownRow(f"this account has no alert {action.alert_id}")
    return found


def _check(episode: Episode, answer: _Answer) -> None:
    """Raises what is wrong with this answer now."""
    action = answer.action
    ends = holds_back(episode.card, action.action, at=action.at, rules=answer.rules)
    if ends is not None:
        raise InsideHold(f"{action.action}: no contact before {ends}, unless they ask for it")
    if action.action == "not_a_buyer" and action.reason not in (*DEAD_ENDS, *LEFT_OUT):
        raise UnknownDecision(f"not_a_buyer needs one of these reasons: {', '.join((*DEAD_ENDS, *LEFT_OUT))}")
    if action.action not in NAMES_SOMEBODY:
        return
    whom = _named(episode.card, answer)
    if not whom:
        raise UnknownDecision(f"{action.action} needs to name the lead")
    if any(who not in answer.view.members and who not in answer.view.networks for who in whom):
        raise UnknownRow(f"{action.action}: this account has no such lead")


def _named(card: AlertCard, answer: _Answer) -> tuple[str, ...]:
    """Whom it is about: who is named, else the only one whom the alert shows, else all whom nobody knows."""
    if answer.action.lead_id:
        return (answer.action.lead_id,)
    if not card.people:
        return tuple(sorted(answer.view.networks))
    return (card.people[0].lead_id,) if len(card.people) == 1 else ()


def _answered(row: Account, episode: Episode, answer: _Answer) -> Account:
    after = _swapped(row, episode, ANSWERS[answer.action.action](episode, answer))
    leaves_out = answer.action.action == "wrong_company" or answer.action.reason in LEFT_OUT
    if answer.action.action not in NAMES_SOMEBODY or not leaves_out:
        return after
    until = answer.action.at + answer.rules.returns.left_out_days * DAY_MS
    said = after.left_out | {who: max(until, after.left_out.get(who, until)) for who in answer.whom}
    kept = sorted(said, key=lambda who: (said[who], who), reverse=True)[:MAX_LEFT_OUT]
    return replace(after, left_out={who: said[who] for who in sorted(kept)})


def _swapped(row: Account, before: Episode, after: Episode) -> Account:
    return replace(row, episodes=tuple(after if one is before else one for one in row.episodes))


def _claimed(episode: Episode, answer: _Answer) -> Episode:
    """First come: it is theirs, the clock stops, R counts anew. The second hears who has it."""
    if episode.card.claimed_by:
        return _taken(episode, answer)
    if episode.released_at is not None and answer.action.at <= episode.released_at:
        return episode  # a copy of the claim that was given back
    card = replace(
        episode.card,
        status="claimed",
        claimed_by=answer.action.actor,
        claimed_at=answer.action.at,
        snoozed_until=None,
        version=answer.version,
        as_of=answer.row.as_of,
    )
    return replace(
        episode, status="claimed", card=card, reset_at=answer.action.at, clock_at=None, claimer=answer.action.by
    )


def _released(episode: Episode, answer: _Answer) -> Episode:
    """Given back: open again, its clock starts anew, R counts what it counted before. A claim that came later stays."""
    at, claimed_at = answer.action.at, episode.card.claimed_at
    if episode.status != "claimed" or claimed_at is None or at < claimed_at:
        return episode
    card = replace(
        episode.card, status="open", claimed_by="", claimed_at=None, version=answer.version, as_of=answer.row.as_of
    )
    return replace(
        episode, status="open", card=card, reset_at=None, clock_at=_starts(card, answer), claimer=None, released_at=at
    )


def _starts(card: AlertCard, answer: _Answer) -> int | None:
    """When its clock starts: now, where somebody has to claim it."""
    return answer.row.as_of if card.status == "open" and card.level == "real_time" else None


def _taken(episode: Episode, answer: _Answer) -> Episode:
    """Who comes second hears who was first, if it is a rep that we know, and not the same."""
    by, first = answer.action.by, episode.card.claimed_by
    same = first == answer.action.actor or (by is not None and by == episode.claimer)
    if by is None or same or not first:
        return episode
    at, version = answer.row.as_of, answer.version
    return posted(episode, by.recipient_id, at=at, version=version, occasion="taken", detail=first)


def _contacted(episode: Episode, answer: _Answer) -> Episode:
    """Done; who fell out of a consultation and talks again is at a meeting."""
    talking = answer.action.outcome == "talking"
    told = _ordered(episode, _returned(episode, answer)) if talking else episode
    reason = answer.action.reason or answer.action.outcome
    return _ended(told, answer, status="done", outcome="contacted", reason=reason)


def _reopened(episode: Episode, answer: _Answer) -> Episode:
    """Done, as a talk; and the CRM is asked for a deal that follows the lost one."""
    told = _ordered(episode, _returned(episode, answer))
    done = _ended(told, answer, status="done", outcome="reopened", reason=answer.action.reason)
    return replace(done, card=replace(done.card, reopen_requested=True))


def _snoozed(episode: Episode, answer: _Answer) -> Episode:
    """Silent until then. A copy of an older snooze changes nothing, nor does one whose end is over."""
    action = answer.action
    until = action.until or action.at + answer.rules.returns.snooze_days * DAY_MS
    if until <= answer.row.as_of or (episode.snoozed_at is not None and action.at <= episode.snoozed_at):
        return episode
    card = replace(
        episode.card, status="snoozed", snoozed_until=until, version=answer.version, as_of=answer.row.as_of
    )
    return replace(episode, status="snoozed", card=card, snoozed_at=action.at, clock_at=None, waiting=False)


def _awoken(episode: Episode, answer: _Answer) -> Episode:
    """Silent no longer: back to what it was before its snooze. One that was snoozed later sleeps on."""
    if episode.status != "snoozed" or answer.action.at < (episode.snoozed_at or 0):
        return episode
    card: AlertCard = replace(
        episode.card, status="claimed" if episode.card.claimed_by else "open", snoozed_until=None,
        version=answer.version, as_of=answer.row.as_of,
    )  # fmt: skip
    return replace(episode, status=card.status, card=card, clock_at=_starts(card, answer))


def _wrong_company(episode: Episode, answer: _Answer) -> Episode:
    reason = answer.action.reason or "wrong company"
    return _ended(episode, answer, status="dismissed", outcome="dismissed", reason=reason)


def _not_a_buyer(episode: Episode, answer: _Answer) -> Episode:
    """Dismissed. Of some the journey ends here; anonymous visitors have none."""
    reason, told = answer.action.reason, episode
    if reason in DEAD_ENDS:
        told = _ordered(episode, [answer.order(who, DEAD_END, reason) for who in answer.whom
                                  if who in answer.view.members])  # fmt: skip
    return _ended(told, answer, status="dismissed", outcome="dismissed", reason=reason)


def _dismissed(episode: Episode, answer: _Answer) -> Episode:
    return _ended(episode, answer, status="dismissed", outcome="dismissed", reason=answer.action.reason)


def _returned(episode: Episode, answer: _Answer) -> list[Order]:
    """That they are back, of those on the alert who fell out of a consultation.

    Who came back after the hold stands in nurture by that visit: whoever is on the lost deal fell out all the same.
    """
    deal, members = episode.card.deal, answer.view.members
    people = {one.lead_id: members[one.lead_id] for one in episode.card.people if one.lead_id in members}
    fell_out = [who for who, one in people.items() if one.stage == FELL_OUT or is_on(deal, who, one)]
    return [answer.order(who, RETURNED, answer.action.action) for who in fell_out]


def _ordered(episode: Episode, orders: Sequence[Order]) -> Episode:
    return replace(episode, orders=(*episode.orders, *orders)[:MAX_ORDERS])


def _ended(
    episode: Episode, answer: _Answer, *, status: AlertStatus, outcome: AlertOutcome, reason: str
) -> Episode:
    return ended(
        episode, status=status, outcome=outcome, reason=reason, at=answer.action.at, as_of=answer.row.as_of,
        version=answer.version,
    )  # fmt: skip


ANSWERS: Final[Mapping[AlertVerb, Callable[[Episode, _Answer], Episode]]] = {
    "claim": _claimed,
    "contacted": _contacted,
    "dismiss": _dismissed,
    "not_a_buyer": _not_a_buyer,
    "release": _released,
    "reopen_deal": _reopened,
    "snooze": _snoozed,
    "wake": _awoken,
    "wrong_company": _wrong_company,
}
