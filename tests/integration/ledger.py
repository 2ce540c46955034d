"""The ledger: what was accepted against what came out. Lost, phantom, double, inversions, alerts: all must be 0.

- lost: an event (hit) that the oracle has and the application has not, a planted bad event that is not in `rejected`,
  a row, card or move that is missing;
- phantom: the reverse;
- double: the same events with another result (a score, a stage path), or one decision announced in two forms;
- inversions: a card whose newer version knows less time than its older one, or moves that are out of order.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Any, Final

from msgspec import Struct, to_builtins
from msgspec.structs import replace

from schemas.activity import Activity
from schemas.cards import AlertCard, LeadCard, Transition
from tests.integration.differences import differences
from tests.integration.oracle import Oracle
from tests.integration.outcome import History, Outcome
from tests.integration.world import World

__all__ = ["Counts", "Ledger", "judge"]

# What two orders of arrival may differ in: offsets, and when a decision was taken.
MOMENTS: Final[Mapping[str, frozenset[str]]] = {
    # The clock of an SLA stage runs from the moment at which a score was seen to cross, as `stage_since` does.
    "lead": frozenset({"version", "moves", "stage_since", "due_at", "reminder_at"}),
    "account": frozenset({"version"}),
    # Until when something is due counts from when it became real-time.
    "alert": frozenset({"version", "as_of", "raised_at", "real_time_at", "due_at", "updates", "back_after_days"}),
    # Copies may be received later than what is unique; `gone` says versions.
    "visitor": frozenset({"version", "as_of", "former", "gone"}),
}
SHOWN: Final = 12


class Counts(Struct, kw_only=True):
    """What a run is judged by: all but `accepted` must be 0. `seed`: of what chance decided."""

    accepted: int = 0
    lost: int = 0
    phantom: int = 0
    double: int = 0
    inversions: int = 0
    alerts_missing: int = 0
    alerts_doubled: int = 0
    seed: int = 0

    def line(self, fault: str) -> str:
        """As it is printed."""
        counts = " ".join(f"{name}={getattr(self, name)}" for name in Counts.__struct_fields__)
        return f"LEDGER {fault} {counts}"


class Ledger(Counts, kw_only=True):
    """The counts, and the first findings in words."""

    findings: list[str] = []

    def note(self, count: str, finding: str, by: int = 1) -> None:
        setattr(self, count, getattr(self, count) + by)
        self.findings.append(f"{count}: {finding}")

    @property
    def clean(self) -> bool:
        return not self.findings

    def said(self) -> str:
        more = len(self.findings) - SHOWN
        return "\n".join(self.findings[:SHOWN]) + (f"\n... and {more} more" if more > 0 else "")


def _plain(card: Any, *, without: frozenset[str]) -> dict[str, Any]:
    return {name: to_builtins(getattr(card, name)) for name in card.__struct_fields__ if name not in without}


def _alert(card: AlertCard) -> AlertCard:
    """Without where its window began: that alone is no news, so such a card is not said again."""
    return replace(card, strength=replace(card.strength, counted_from=0))


def _by_its_clock(expected: LeadCard, actual: LeadCard, *, at: int) -> LeadCard:
    """What a lead's card must say at `at` where its stage's clock started when it did: whether it is over, the wake."""
    if (actual.due_at, actual.reminder_at) == (expected.due_at, expected.reminder_at):
        return expected
    others = expected.wake_at not in {expected.due_at, expected.reminder_at}  # else what else wakes it lies behind that
    own = [time for time in (actual.due_at, actual.reminder_at) if time is not None and time > at]
    wakes = [*own, *([expected.wake_at] if expected.wake_at is not None else [])]
    return replace(
        expected, overdue=actual.due_at is not None and at >= actual.due_at,
        wake_at=min(wakes, default=None) if others else actual.wake_at,
    )  # fmt: skip


def _hits(thing: Any) -> Counter[int]:
    """The hit ids that lie anywhere in a card or row, once per place."""
    found: Counter[int] = Counter()
    if isinstance(thing, Activity):
        found.update(hit.hit_id for kept in thing.hits.values() for hit in kept)
        found.update(page.hit_id for page in thing.pages)
        return found
    for activity in getattr(thing, "by_lead", {}).values():
        found += _hits(activity)
    for line in getattr(thing, "lines", ()):
        found.update(hit.hit_id for hit in line.hits)
    found.update(page.hit_id for page in getattr(thing, "pages", ()))
    return found


def _differing(actual: dict[str, Any], expected: dict[str, Any]) -> str:
    return "; ".join(differences(actual, expected))


def _compare(ledger: Ledger, kind: str, *, actual: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    for key in sorted(expected.keys() - actual.keys()):
        ledger.note("lost", f"{kind} {key} is missing", max(1, _hits(expected[key]).total()))
    for key in sorted(actual.keys() - expected.keys()):
        ledger.note(
            "phantom", f"{kind} {key} should not be: {str(actual[key])[:400]}", max(1, _hits(actual[key]).total())
        )
    for key in sorted(actual.keys() & expected.keys()):
        one, other = _plain(actual[key], without=MOMENTS[kind]), _plain(expected[key], without=MOMENTS[kind])
        if one == other:
            continue
        has, wants = _hits(actual[key]), _hits(expected[key])
        if wants - has:
            ledger.note(
                "lost",
                f"{kind} {key} lacks {(wants - has).total()} hits: {_differing(one, other)}",
                (wants - has).total(),
            )
        if has - wants:
            ledger.note(
                "phantom",
                f"{kind} {key} has {(has - wants).total()} hits too many: {_differing(one, other)}",
                (has - wants).total(),
            )
        if has == wants:
            ledger.note("double", f"{kind} {key}: {_differing(one, other)}")


def _path(moves: Iterable[Transition]) -> list[str]:
    """The stages that a lead went through, passed ones too: two orders may jump where the other walks."""
    return [stage for move in moves for stage in (*move.skipped, move.to_stage)]


def _moves(ledger: Ledger, outcome: Outcome, oracle: Oracle, world: World) -> None:
    for lead_id in sorted(oracle.moves.keys() - outcome.moves.keys()):
        ledger.note("lost", f"no move of lead {lead_id}")
    for lead_id in sorted(outcome.moves.keys() - oracle.moves.keys()):
        ledger.note("phantom", f"moves of lead {lead_id}: {outcome.moves[lead_id]}")
    for lead_id in sorted(outcome.moves.keys() & oracle.moves.keys()):
        said, wanted = outcome.moves[lead_id], oracle.moves[lead_id]
        if sorted(said) != list(range(1, len(said) + 1)):
            ledger.note("lost", f"lead {lead_id} has moves {sorted(said)}")
            continue
        _once_each(ledger, lead_id, said)
        walked, should = [said[n][0] for n in sorted(said)], [wanted[n] for n in sorted(wanted)]
        _in_order(ledger, lead_id, walked)
        same = walked[-1].to_stage == should[-1].to_stage if lead_id in world.loose else _path(walked) == _path(should)
        if not same:
            ledger.note("double", f"lead {lead_id} went {_path(walked)} instead of {_path(should)}")
        stands = outcome.leads[lead_id].newest.stage if lead_id in outcome.leads else "nowhere"
        if stands != walked[-1].to_stage:
            ledger.note("lost", f"lead {lead_id} stands in {stands}, its last move leads to {walked[-1].to_stage}")


def _once_each(ledger: Ledger, lead_id: str, said: Mapping[int, list[Transition]]) -> None:
    for number, records in said.items():
        if any(record != records[0] for record in records):
            ledger.note("double", f"move {number} of {lead_id} was announced in several forms: {records}")


def _in_order(ledger: Ledger, lead_id: str, walked: list[Transition]) -> None:
    if walked[0].from_stage != "" or any(b.from_stage != a.to_stage for a, b in pairwise(walked)):
        ledger.note("double", f"the moves of {lead_id} do not follow each other: {_path(walked)}")
    if any(b.version < a.version for a, b in pairwise(walked)):
        ledger.note("inversions", f"moves of {lead_id} were taken out of order")


def _order(ledger: Ledger, kind: str, cards: Mapping[str, History[Any]]) -> None:
    for key, history in cards.items():
        ranked = sorted(history.published, key=lambda card: card.version)
        if any(later.as_of < earlier.as_of for earlier, later in pairwise(ranked)):
            ledger.note("inversions", f"{kind} {key} went back in time")


def _alerts(ledger: Ledger, outcome: Outcome, oracle: Oracle) -> None:
    for alert_id in sorted(oracle.alerts.keys() - outcome.alerts.keys()):
        ledger.note("alerts_missing", f"alert {alert_id} of {oracle.alerts[alert_id].account_id}")
    for alert_id in sorted(outcome.alerts.keys() - oracle.alerts.keys()):
        ledger.note("alerts_doubled", f"alert {alert_id} of {outcome.alerts[alert_id].newest.account_id}")
    # What broke through, and what the claim clock said, hangs on the moment at which it was seen: that a level was
    # raised does not.
    raised = {post_id: posts[0] for post_id, posts in outcome.posts.items() if posts[0].occasion == "raised"}
    wanted = {key for key, post in oracle.posts.items() if post.level == "real_time" and post.occasion == "raised"}
    due = {post_id for post_id, post in raised.items() if post.level == "real_time"}
    for post_id in sorted(wanted - due):
        ledger.note("alerts_missing", f"post {post_id}")
    for post_id in sorted(due - wanted):
        ledger.note("alerts_doubled", f"post {post_id}")
    told = Counter((one.alert.alert_id, one.level, one.to) for one in raised.values())
    for (alert_id, level, _), count in told.items():
        if count > 1:
            ledger.note("alerts_doubled", f"alert {alert_id} is due {count} times at {level}")
    for alert_id in sorted({posts[0].alert.alert_id for posts in outcome.posts.values()} - oracle.alerts.keys()):
        ledger.note("alerts_doubled", f"a post speaks of {alert_id}")


def _rejected(ledger: Ledger, outcome: Outcome, oracle: Oracle, world: World) -> None:
    """One record per place, however often it was said; as many as were planted, each with its reason."""
    places = {(one.topic, one.partition, one.offset, one.raw, one.reason) for one in outcome.rejected}
    found = Counter((raw, reason) for _, _, _, raw, reason in places)
    planted = Counter((one.raw, one.reason) for one in world.poison)
    for (raw, reason), count in (planted - found).items():
        ledger.note("lost", f"planted {reason} {raw!r} was not rejected", count)
    for (raw, reason), count in (found - planted).items():
        ledger.note("phantom", f"rejected as {reason}: {raw!r}", count)


def judge(outcome: Outcome, oracle: Oracle, world: World) -> Ledger:
    """Compare everything. An event counts as accepted whether it is good or planted."""
    ledger = Ledger(accepted=world.events + len(world.poison), seed=world.seed)
    told = {key: history.newest for key, history in outcome.leads.items()}
    _compare(ledger, "visitor", actual=outcome.visitors, expected=oracle.visitors)
    clocked = {
        key: _by_its_clock(card, told[key], at=world.closing_at) if key in told else card
        for key, card in oracle.leads.items()
    }
    _compare(ledger, "lead", actual=told, expected=clocked)
    _compare(ledger, "account", actual={k: h.newest for k, h in outcome.accounts.items()}, expected=oracle.accounts)
    shared = outcome.alerts.keys() & oracle.alerts.keys()
    _compare(ledger, "alert", actual={key: _alert(outcome.alerts[key].newest) for key in shared},
             expected={key: _alert(oracle.alerts[key]) for key in shared})  # fmt: skip
    _moves(ledger, outcome, oracle, world)
    _alerts(ledger, outcome, oracle)
    _rejected(ledger, outcome, oracle, world)
    for kind, cards in (("lead", outcome.leads), ("account", outcome.accounts), ("alert", outcome.alerts)):
        _order(ledger, kind, cards)
    return ledger
