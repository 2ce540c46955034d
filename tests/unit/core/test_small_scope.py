"""A small world, looked at whole: two browsers, two people, one company, and all that can happen to them.

Whatever six things happen in whatever order (some twice), the invariants below hold after each of them.
"""

from itertools import pairwise
from typing import Any

import pytest

from schemas.deals import DealFacts, DealPerson, DealReport
from schemas.touches import Disposition, MergeOrder
from streams.core import lead
from streams.core.ledger import Window, ledger_of
from streams.core.postings import postings
from streams.core.rows import ROWS
from streams.core.signals import fold_signals
from streams.core.stages import stages_in
from tests.unit.core.made import ANN, BEN, DAY, HOUR, NOW, RULES, engaged, identify, page, track
from tests.unit.core.small_scope import Operation, explored, state_of
from tests.unit.core.whole import WholeCore, moves_of

DEAL = "deal:crm:1"
ACME = "acme.example"
PEOPLE = {ANN: "ann@acme.example", BEN: "ben@acme.example"}


def read(who: str, path: str, at: int) -> Operation:
    def happens(core: WholeCore) -> None:
        core.event(page(path, at, who=who), at=at + 1_000)
        core.event(engaged(path, at, who=who, dwell_ms=30_000), at=at + 30_000)

    return happens


def names(who: str, email: str, at: int) -> Operation:
    return lambda core: core.event(identify(at, who=who, email=email), at=at)


def asks(who: str, at: int) -> Operation:
    return lambda core: core.event(track("form_submitted", at, who=who, form="contact"), at=at)


def deal(status: Any, at: int, **more: Any) -> Operation:
    people = (DealPerson(ANN, PEOPLE[ANN], "Ann"),)
    facts = DealFacts(deal_id=DEAL, status=status, account_id=ACME, account_name="Acme", reported_at=at, people=people,
                      **more)  # fmt: skip
    return lambda core: core.hears("accounts", DealReport(to=DEAL, received_at=at, deal=facts))


def decides(kind: str, reason: str, at: int) -> Operation:
    said = Disposition(to=ANN, milestone_id=f"{kind}@{at}", kind=kind, reason=reason, at=at, actor="Rita")
    return lambda core: core.hears("leads", said)


def merges(into: str, at: int) -> Operation:
    return lambda core: core.hears("leads", MergeOrder(to=BEN, into=into, at=at, actor="Olga"))


def passes(until: int) -> Operation:
    return lambda core: core.wait(until)


LOST_AT = NOW - 60 * DAY
HAPPENS: dict[str, Operation] = {
    "first browser reads pricing": read("v1", "/pricing", NOW),
    "second browser reads product": read("v2", "/product", NOW + DAY),
    "first browser is Ann": names("v1", PEOPLE[ANN], NOW + HOUR),
    "first browser is Ben": names("v1", PEOPLE[BEN], NOW - HOUR),
    "second browser is Ann": names("v2", PEOPLE[ANN], NOW + DAY + HOUR),
    "first browser asks for an offer": asks("v1", NOW + 2 * HOUR),
    "Ann's deal is lost": deal("lost", LOST_AT, lost_at=LOST_AT, lost_reason="price"),
    "Ann's deal is open again": deal("open", NOW + 2 * DAY),
    "Ben is Ann": merges(ANN, NOW + 3 * DAY),
    "Ben is Ben after all": merges("", NOW + 4 * DAY),
    "Ann is a student": decides("dead_end", "student", NOW + 3 * DAY),
    "forty days pass": passes(NOW + 40 * DAY),
}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_every_sequence_of_six_keeps_the_invariants() -> None:
    steps, states = 0, {state_of(WholeCore())}
    for after in explored(WholeCore(), HAPPENS, depth=6):
        steps += 1
        if (state := state_of(after.core)) in states:
            continue
        states.add(state)
        for holds in INVARIANTS:
            problem = holds(after.core)
            assert not problem, f"{holds.__name__}: {problem}\nafter {' / '.join(after.way)}"
    print(f"small scope: {steps} steps, {len(states)} states, {len(HAPPENS)} operations")
    assert len(states) > 500


def lines_add_up(core: WholeCore) -> str:
    """The explanation is the score."""
    wrong = [card.email for card in core.leads.values() if sum(line.tenths for line in card.lines) != card.score_tenths]
    return f"{wrong}" if wrong else ""


def nothing_counts_for_two(core: WholeCore) -> str:
    """No event gives points to two people at once."""
    owners: dict[tuple[str, int], str] = {}
    for card in core.leads.values():
        for line in card.lines:
            for hit in line.hits:
                if hit.points_hundredths and owners.setdefault((line.name, hit.hit_id), card.lead_id) != card.lead_id:
                    return f"hit {hit.hit_id} of {line.name}"
    return ""


def nothing_known_is_lost(core: WholeCore) -> str:
    """Every page of a browser that somebody is known at is on some card."""
    shown = {page.hit_id for card in core.leads.values() for page in card.pages}
    for visitor_id, row in core.rows["visitors"].items():
        if row.claims:
            kept = {page.hit_id for one in row.by_lead.values() for page in one.pages}
            if not kept <= shown:
                return f"{visitor_id} has {len(kept - shown)} pages that nobody shows"
    return ""


def moves_are_one_chain(core: WholeCore) -> str:
    """Numbered without a gap, each from where the one before led to, never back in time."""
    for lead_id in core.leads:
        moves = moves_of(core, lead_id)
        if [one.number for one in moves] != list(range(1, len(moves) + 1)):
            return f"numbers {[one.number for one in moves]}"
        for one, following in pairwise(moves):
            if following.from_stage != one.to_stage or following.effective_at < one.effective_at:
                return f"{one} then {following}"
        if moves and moves[-1].to_stage != core.leads[lead_id].stage:
            return f"the card says {core.leads[lead_id].stage}, the log {moves[-1].to_stage}"
    return ""


def books_reconcile(core: WholeCore) -> str:
    """Opening + in = out + closing, whatever the window."""
    booked = list(postings(core.moves.values()))
    for window in (Window(0), Window(NOW, NOW + 2 * DAY)):
        if not ledger_of(booked, window, stages_in(RULES)).reconciles:
            return f"{window}"
    return ""


def accounts_show_their_people(core: WholeCore) -> str:
    """An account's people are those whose cards name it, and those of its deals."""
    for account_id, card in core.accounts.items():
        own = {one.lead_id for one in core.leads.values() if account_id in (one.account_id, *_accounts_of(one))}
        members = {one.lead_id for one in card.members}
        if members - own:
            return f"{account_id} shows {members - own}"
    return ""


def alerts_have_a_lost_deal(core: WholeCore) -> str:
    """An open alert watches a lost deal of an account without an open one."""
    for alert in core.alerts.values():
        status = core.rows["accounts"][DEAL].deal.status
        if alert.status in ("open", "claimed") and status != "lost":
            return f"{alert.status} while the deal is {status}"
    return ""


def rows_survive_being_written(core: WholeCore) -> str:
    """What is read back is what was written."""
    for table, rows in core.rows.items():
        for key, row in rows.items():
            if ROWS[table].decode(ROWS[table].encode(row)) != row:
                return f"{table} {key}"
    return ""


def nothing_new_changes_nothing(core: WholeCore) -> str:
    """A fold without a message leaves the row as it is, and says the same card again."""
    for key, row in core.rows["leads"].items():
        again = lead.fold(key, row, [], version=row.version, rules=RULES)
        if again.row != row or any(one != core.leads[key] for one in again.effects.leads):
            return f"lead {key}"
    for key, row in core.rows["accounts"].items():
        if fold_signals(key, row, [], version=row.version, rules=RULES).row != row:
            return f"account {key}"
    return ""


def wakes_lie_ahead(core: WholeCore) -> str:
    """No row asks to be woken in its own past."""
    late = [
        (table, key)
        for table, rows in core.rows.items()
        for key, row in rows.items()
        if row.wake_at is not None and row.wake_at <= row.as_of
    ]
    return f"{late}" if late else ""


def _accounts_of(card: Any) -> set[str]:
    return {deal.account_id for deal in card.deals}


INVARIANTS = [
    lines_add_up, nothing_counts_for_two, nothing_known_is_lost, moves_are_one_chain, books_reconcile,
    accounts_show_their_people, alerts_have_a_lost_deal, rows_survive_being_written, nothing_new_changes_nothing,
    wakes_lie_ahead,
]  # fmt: skip
