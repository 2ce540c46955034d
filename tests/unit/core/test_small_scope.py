"""A small world, looked at whole: two browsers, two people, one company, and all that can happen to them.

Whatever six things happen in whatever order (some twice), the invariants hold after each of them.
"""

from typing import Any

import pytest

from schemas.deals import DealFacts, DealPerson, DealReport
from schemas.touches import Disposition, MergeOrder
from tests.unit.core.invariants import broken
from tests.unit.core.made import ANN, BEN, DAY, HOUR, NOW, engaged, identify, page, track
from tests.unit.core.small_scope import Operation, explored, state_of
from tests.unit.core.whole import WholeCore

DEAL = "deal:crm:1"
ACME = "acme.example"
PEOPLE = {ANN: "ann@acme.example", BEN: "ben@acme.example"}


def read(who: str, path: str, at: int) -> Operation:
    def happens(core: WholeCore) -> None:
        core.event(page(path, at, who=who), at=at + 1_000)
        core.event(engaged(path, at, who=who, dwell_ms=30_000), at=at + 30_000)

    return happens


def reads_as(who: str, path: str, at: int, *, email: str) -> Operation:
    def happens(core: WholeCore) -> None:
        read(who, path, at)(core)
        names(who, email, at + HOUR)(core)

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
    "first browser is Ann": names("v1", PEOPLE[ANN], NOW + HOUR),
    "first browser is Ben": names("v1", PEOPLE[BEN], NOW - HOUR),
    "Ann reads of the product at the second browser": reads_as("v2", "/product", NOW + DAY, email=PEOPLE[ANN]),
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
        problem = broken(after.core)
        assert not problem, f"{problem}\nafter {' / '.join(after.way)}"
    print(f"small scope: {steps} steps, {len(states)} states, {len(HAPPENS)} operations")
    assert len(states) > 500
