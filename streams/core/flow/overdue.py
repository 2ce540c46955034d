"""How many leads are overdue now, by stage and by where they came from: the moves do not tell, the rows do."""

from collections import Counter

from msgspec.structs import replace

from streams.core.flow.books import Cut, Wanted
from streams.core.lead.moves import stage_now
from streams.core.lead.row import Lead
from streams.core.lead.view import view_of
from streams.core.rules import Rules
from streams.core.stage.stages import stages_in

__all__ = ["Overdue", "overdue_at", "overdue_by_stage"]

Overdue = Counter[tuple[str, Cut]]


def overdue_at(key: str, row: Lead, *, now: int, rules: Rules) -> tuple[str, Cut] | None:
    """The stage in which sales is late with this lead at `now` (UTC milliseconds), with the labels of its last move."""
    stage = stages_in(rules).by_name.get(row.stage)
    if stage is None or stage.kind != "sla":
        return None
    row = replace(row, as_of=max(now, row.as_of))
    due_at = stage_now(row, view_of(key, row, rules), rules).due_at
    if due_at is None or due_at > row.as_of:
        return None
    labels = row.moves[0].labels
    return row.stage, Cut(*(labels.get(one, "") for one in Cut._fields))


def overdue_by_stage(found: Overdue, wanted: Wanted) -> dict[str, int]:
    """Of the leads that are asked for."""
    sums: Counter[str] = Counter()
    for (stage, cut), count in found.items():
        if wanted.takes(cut):
            sums[stage] += count
    return dict(sums)
