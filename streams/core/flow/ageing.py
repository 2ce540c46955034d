"""Throughput: how long people have stood in each stage, where they pile up, and what one point of CVR would give."""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil
from typing import Final

from msgspec import Struct

from schemas.cards import Transition
from streams.core.days import DAY_MS
from streams.core.flow.ledger import Flow, Ledger
from streams.core.flow.postings import NOBODY, in_order
from streams.core.stage.stages import Stages

__all__ = ["Age", "Bottleneck", "ages", "ages_of", "bottleneck", "more_wins"]

ABOVE_DAYS: Final = (30, 60, 90)


class Age(Struct, frozen=True, kw_only=True):
    """Days that those who stand in a stage have stood there (nearest rank), and how many above 30, 60, 90 days."""

    stage: str
    standing: int
    p50_days: float | None
    p90_days: float | None
    above: tuple[int, int, int]


class Bottleneck(Struct, frozen=True, kw_only=True):
    """Where people pile up: the greatest growth of a balance, else the longest stay."""

    stage: str
    growth: float | None  # (closing - opening) / opening, None where nobody stood there at the start
    p90_days: float | None


def ages(transitions: Iterable[Transition], *, as_of: int) -> Mapping[str, Age]:
    """By stage, of all who stand there at `as_of` (UTC milliseconds) by what was recorded until then."""
    last: dict[str, Transition] = {}
    for move in in_order(transitions):
        if move.recorded_at <= as_of:
            last[move.lead_id] = move
    return ages_of(((one.to_stage, one.effective_at) for one in last.values() if one.to_stage not in NOBODY),
                   as_of=as_of)  # fmt: skip


def ages_of(stays: Iterable[tuple[str, int]], *, as_of: int) -> Mapping[str, Age]:
    """The same of those who stand somewhere: the stage of each, and since when (UTC milliseconds)."""
    stood: dict[str, list[float]] = {}
    for stage, since in stays:
        stood.setdefault(stage, []).append((as_of - since) / DAY_MS)
    return {stage: _age(stage, sorted(stood[stage])) for stage in sorted(stood)}


def bottleneck(ledger: Ledger, aged: Mapping[str, Age], stages: Stages) -> Bottleneck | None:
    """The stage of the way before `won` whose balance grew most; where none had one at the start, by p90."""
    before_won = [flow for flow in ledger.flows if stages.rank(flow.stage) > 0 and flow.next_stage]
    grown = [(_growth(flow), stages.rank(flow.stage), flow.stage) for flow in before_won if flow.opening > 0]
    if grown:
        growth, _, stage = max(grown)
        return Bottleneck(stage=stage, growth=growth, p90_days=_p90(aged, stage))
    stays = [(days, stages.rank(flow.stage), flow.stage) for flow in before_won
             if (days := _p90(aged, flow.stage)) is not None]  # fmt: skip
    return None if not stays else Bottleneck(stage=max(stays)[2], growth=None, p90_days=max(stays)[0])


def more_wins(ledger: Ledger, stage: str, *, points: float = 1.0) -> float:
    """Wins that so many more points of flow CVR at this stage would give downstream, all else equal.

    Raises KeyError for a stage without a balance.
    """
    flows = {flow.stage: flow for flow in ledger.flows}
    flow = flows[stage]
    if not flow.next_stage:
        return 0.0
    wins = (flow.opening + flow.came) * points / 100
    while (flow := flows[flow.next_stage]).next_stage:
        wins *= flow.to_next / (flow.opening + flow.came) if flow.opening + flow.came else 0.0
    return wins


def _age(stage: str, days: Sequence[float]) -> Age:
    low, middle, high = ABOVE_DAYS
    return Age(
        stage=stage, standing=len(days), p50_days=_rank(days, 50), p90_days=_rank(days, 90),
        above=(_above(days, low), _above(days, middle), _above(days, high)),
    )  # fmt: skip


def _rank(ordered: Sequence[float], percent: int) -> float | None:
    """Nearest rank: the smallest value that so many percent do not exceed."""
    return ordered[ceil(percent * len(ordered) / 100) - 1] if ordered else None


def _above(days: Iterable[float], limit: int) -> int:
    return sum(one > limit for one in days)


def _growth(flow: Flow) -> float:
    return (flow.closing - flow.opening) / flow.opening


def _p90(aged: Mapping[str, Age], stage: str) -> float | None:
    return aged[stage].p90_days if stage in aged else None
