"""Costs laid out for a page: what was spent in a window, on what, and what each result cost."""

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from streams.console.desk import Desk
from streams.console.flow.asked import COUNTED, Asked, Span, span_of
from streams.console.tongue import Text
from streams.core.flow.books import LABELS, Cut
from streams.core.flow.costs import per_result, spent
from streams.core.flow.sheet import first_comers
from streams.core.flow.tally import Tally
from streams.core.rules import Rules
from streams.core.stage.stages import stages_in

__all__ = ["CostLine", "Costed", "costed"]

CUT: Final = LABELS[:3]  # a segment is no place where money is spent
Came: TypeAlias = Mapping[tuple[str, ...], Mapping[str, int]]


class CostLine(Struct, frozen=True, kw_only=True):
    """One medium, or a source or program of it. `cost` None: none was given for these days. `came`: first, by stage."""

    medium: str
    source: str = ""
    program: str = ""
    cost: float | None
    came: Mapping[str, int]

    def per(self, stage: str) -> float | None:
        """What one of those who came to this stage cost; None where nobody came, or no cost is known."""
        return per_result(self.cost, self.came.get(stage, 0))


class Costed(Struct, frozen=True, kw_only=True):
    """Of one window, in `currency`. `won`: people of won deals, and accounts. `why`: what keeps costs unknown.

    `results`: of the `stages` those that a lead does not come to by itself.
    """

    span: Span
    currency: str
    stages: Sequence[str]
    results: Sequence[str]
    whole: CostLine
    media: Sequence[CostLine]
    sources: Sequence[CostLine]
    programs: Sequence[CostLine]
    won_people: int
    won_accounts: int
    are_given: bool
    why: Text

    @property
    def per_win(self) -> float | None:
        """Cost of one person of a won deal."""
        return per_result(self.whole.cost, self.won_people)

    @property
    def per_customer(self) -> float | None:
        """Cost of one won account."""
        return per_result(self.whole.cost, self.won_accounts)


async def costed(desk: Desk, asked: Asked, *, as_of: int) -> Costed:
    """Of the same books as the flow, which were read by now, and the rules with them."""
    people = replace(asked, by="", of="people")
    rules = desk.sight.known.in_force()
    given = await asyncio.to_thread(desk.sight.costs.costs, rules.returns)
    span = span_of(asked.window, today=rules.site.day_of(as_of))
    came = await desk.sight.moves.asked(("came", people, as_of), lambda tally, _: _came(tally, people, span))
    won = {
        of: await desk.sight.moves.asked(("won", of, people, as_of), lambda tally, _: _won(tally, people, span), of=of)
        for of in COUNTED
    }
    by_cut = spent(given.costs, span.first, span.last, wanted=asked.wanted, returns=rules.returns)
    media, way = _lines(by_cut, came, places=(0,)), _way(rules)
    return Costed(
        span=span, currency=rules.returns.currency, stages=way, media=media,
        results=[one for one in way if one not in rules.stages.qualified.leaves],
        sources=[one for one in _lines(by_cut, came, places=(0, 1)) if one.source],
        programs=[one for one in _lines(by_cut, came, places=(0, 2)) if one.program],
        whole=CostLine(medium="", cost=sum(by_cut.values()) if by_cut else None,
                       came=_sum(one.came for one in media)),
        won_people=won["people"], won_accounts=won["accounts"], are_given=given.are_given, why=given.why,
    )  # fmt: skip


def _way(rules: Rules) -> Sequence[str]:
    return [one.name for one in stages_in(rules).way]


def _came(tally: Tally, asked: Asked, span: Span) -> Came:
    arrivals = tally.whole().arrivals
    return first_comers(arrivals, span.window, wanted=asked.wanted, labels=CUT)


def _won(tally: Tally, asked: Asked, span: Span) -> int:
    wins, window, takes = tally.of(asked.wanted).wins, span.window, asked.wanted.takes
    return sum(count for win, count in wins.items() if window.begins <= win.at < window.ends and takes(win.cut))


def _lines(by_cut: Mapping[Cut, float], came: Came, *, places: Sequence[int]) -> Sequence[CostLine]:
    """Those on which most was spent first, then those by whom most came."""
    cost: dict[tuple[str, ...], float] = {}
    for cut, share in by_cut.items():
        key = tuple(cut[place] for place in places)
        cost[key] = cost.get(key, 0.0) + share
    arrived: dict[tuple[str, ...], list[Mapping[str, int]]] = {}
    for labels, found in came.items():
        arrived.setdefault(tuple(labels[place] for place in places), []).append(found)
    lines = [
        CostLine(**dict(zip((CUT[place] for place in places), key, strict=True)), cost=cost.get(key),
                 came=_sum(arrived.get(key, ())))
        for key in cost.keys() | arrived.keys()
    ]  # fmt: skip
    return sorted(lines, key=_by_weight)


def _by_weight(one: CostLine) -> tuple[float, int, str, str, str]:
    return -(one.cost or 0.0), -sum(one.came.values()), one.medium, one.source, one.program


def _sum(found: Iterable[Mapping[str, int]]) -> Mapping[str, int]:
    whole = Counter[str]()
    for one in found:
        whole.update(one)
    return whole
