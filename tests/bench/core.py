"""`core_visit_us`: folding a typical visit of three events. `visitor_row_bytes`, `lead_row_bytes`: typical rows.

A typical visitor came on two days before, three pages each; a typical lead has two browsers and has filled in a form.
`core_event_us_10` and what belongs to it come from `tests/bench/hops.py`.
No broker, no engine: the pure core on one core, CPU time of this process.
"""

import time
from collections.abc import Sequence
from typing import Any, Final

from schemas.activity import Version
from schemas.touches import VisitorStanding
from streams.core.events.facts import Facts
from streams.core.lead import fold as lead
from streams.core.lead.row import Lead
from streams.core.rows import ROWS
from streams.core.visitor import fold as visitor
from streams.core.visitor.fold import Visitor
from tests.bench.harness import Figure, figure
from tests.bench.hops import hops
from tests.unit.core.made import ANN, DAY, HOUR, MINUTE, NOW, RULES, engaged, facts, identify, page, track

__all__ = ["core"]

VISITS: Final = 2_000
PATHS: Final = ("/", "/product/planner", "/pricing")


def core(rounds: int) -> list[Figure]:
    """Three lines, and those of the hops."""
    browsing = [_visit(NOW - days * DAY) for days in (9, 4)]
    row = _visitor([fact for of_day in browsing for fact in of_day])
    visit = _three_events(NOW)

    def fold_us() -> float:
        start = time.process_time()
        for number in range(VISITS):
            visitor.fold("v1", row, visit, version=Version(0, 100 + number), rules=RULES)
        return (time.process_time() - start) / VISITS * 1e6

    fold_us()
    seen = [fold_us() for _ in range(max(rounds, 3))]
    after = visitor.fold("v1", row, visit, version=Version(0, 100), rules=RULES).row
    known = _lead()
    return [
        figure("core_visit_us", seen, unit="us", budget="<= 40", note={"events": 3}),
        figure("visitor_row_bytes", [len(ROWS["visitors"].encode(after))], unit="B", budget="< 600"),
        figure("lead_row_bytes", [len(ROWS["leads"].encode(known))], unit="B", budget="< 4096"),
        *hops(rounds),
    ]


def _three_events(at: int) -> list[Facts]:
    """A page, the attention that it got, and the next page."""
    return _facts([page("/", at), engaged("/", at, dwell_ms=12_000), page("/pricing", at + MINUTE)])


def _visit(at: int, who: str = "v1") -> list[Facts]:
    events = []
    for number, path in enumerate(PATHS):
        opened = at + number * MINUTE
        events += [page(path, opened, who=who), engaged(path, opened, who=who, dwell_ms=20_000)]
    return _facts(events)


def _visitor(messages: Sequence[Facts]) -> Visitor:
    row: Visitor | None = None
    for number, message in enumerate(messages):
        row = visitor.fold("v1", row, [message], version=Version(0, number), rules=RULES).row
    assert row is not None
    return row


def _lead() -> Lead:
    """Somebody who reads at the office and at home, and asked for something."""
    known = {"email": "ann@acme.example", "name": "Ann Aker", "title": "Head of Purchasing", "company": "Acme"}
    row: Lead | None = None
    offset = 0
    for who, days in (("v1", (9, 4, 0)), ("v2", (6,))):
        told: Visitor | None = None
        for day in days:
            at = NOW - day * DAY
            events = [*_visit(at, who), *_facts([identify(at + HOUR, who=who, **known)])]
            if day == 0:
                events += _facts([track("form_submitted", at + HOUR, who=who, form="contact")])
            for fact in events:
                offset += 1
                folded = visitor.fold(who, told, [fact], version=Version(0, offset), rules=RULES)
                told = folded.row
                touches = [one for one in folded.effects.touches if isinstance(one, VisitorStanding)]
                if touches:
                    row = lead.fold(ANN, row, touches, version=Version(0, offset), rules=RULES).row
    assert row is not None
    return row


def _facts(events: Sequence[dict[str, Any]]) -> list[Facts]:
    return [facts(event) for event in events]
