"""Rules A against B over all rows: who changes side, whose stage and alerts would differ, what outcomes say of both.

Figures only: nothing moves, nothing is announced. Times are UTC milliseconds, scores tenths.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

from schemas.cards import AlertCounts, Reopening
from streams.core.account.row import Account
from streams.core.backtest.outcomes import AlertEnd, ScoreEnd, alert_ends, reopenings_by, score_ends
from streams.core.backtest.two_rules import AccountByTwo, LeadByTwo, account_by_two, lead_by_two, seen_by_two
from streams.core.flow.crossings import DAYS, Reach, counted_at, reach_in
from streams.core.flow.precision import HITS, LEAST
from streams.core.flow.supply import figure
from streams.core.lead.row import Lead
from streams.core.rulebook.past import unknown_past
from streams.core.rules import Rules
from streams.core.said import Said

__all__ = ["MOST_SHOWN", "Comparing", "Comparison", "Share", "StagesDiffer"]

MOST_SHOWN: Final = 500  # leads, and accounts, that are kept by name; all are counted


class Share(Struct, frozen=True, kw_only=True):
    """So many of so many, between two times (0 where there is none)."""

    hits: int
    of: int
    first_at: int = 0
    last_at: int = 0

    @property
    def value(self) -> float | None:
        """None below 20: it would be chance."""
        return self.hits / self.of if self.of >= LEAST else None


class StagesDiffer(Struct, frozen=True, kw_only=True):
    """So many leads would stand in another stage."""

    was: str
    is_now: str
    leads: int


class Comparison(Struct, frozen=True, kw_only=True):
    """The whole answer. Pairs are (by A, by B). `sides`, `accounts`: at most 500 of each, what differs most first.

    `untold`: MQLs with an outcome of which B cannot be asked. `unreadable`: rows that were left out.
    """

    before: str
    after: str
    now: int
    leads: int
    candidates: int
    scores_differ: int
    above: tuple[int, int]
    gains: int
    falls: int
    sides: tuple[LeadByTwo, ...]
    stages: tuple[StagesDiffer, ...]
    crossings: tuple[int, int]
    days: int
    alerts: Counter[tuple[str, str]]
    accounts: tuple[AccountByTwo, ...]
    mql: tuple[Share, Share]
    untold: int
    precision: tuple[Share, Share]
    recall: tuple[Share, Share]
    unknown: tuple[Said, ...]
    unreadable: int = 0

    @property
    def a_week(self) -> tuple[str, str]:
        """Crossings a week, in words."""
        was, now = (figure(count * 7 / self.days) for count in self.crossings)
        return was, now

    @property
    def alerts_gained(self) -> int:
        """Accounts that only B tells of."""
        return sum(count for (was, _), count in self.alerts.items() if not was)

    @property
    def alerts_lost(self) -> int:
        """Accounts that only A tells of."""
        return sum(count for (_, now), count in self.alerts.items() if not now)


class Comparing:
    """Takes rows one by one; `comparison` says what was found until then."""

    def __init__(self, before: Rules, after: Rules, *, now: int) -> None:
        self._rules = before, after
        self._now = now
        self._leads = self._candidates = self._differ = self._unreadable = 0
        self._above = [0, 0]
        self._reaches: tuple[list[Reach], list[Reach]] = ([], [])
        self._sides: list[LeadByTwo] = []
        self._gains = 0
        self._stages: Counter[tuple[str, str]] = Counter()
        self._accounts: list[AccountByTwo] = []
        self._score_ends: list[ScoreEnd] = []
        self._alert_ends: list[AlertEnd] = []
        self._reopened: tuple[list[Reopening], list[Reopening]] = ([], [])

    def lead(self, key: str, row: Lead) -> None:
        """One more."""
        row, views = seen_by_two(key, row, self._rules, now=self._now)
        found = lead_by_two(key, row, self._rules, views=views)
        if found is None:
            return
        self._leads += 1
        self._differ += found.was != found.is_now
        self._above[0] += found.was_above
        self._above[1] += found.is_above
        if found.changes_side:
            self._gains += found.is_above
            self._sides.append(found)
        if found.was_stage != found.is_stage:
            self._stages[found.was_stage, found.is_stage] += 1
        for rules, view, reaches in zip(self._rules, views, self._reaches, strict=True):
            lowest = rules.stages.qualified.total
            reaches.append(reach_in(row, view, now=self._now, rules=rules, lowest=lowest))
        self._score_ends += score_ends(row, views[1], self._rules[1])

    def account(self, key: str, row: Account) -> None:
        """One more."""
        ends = [*alert_ends(row, self._rules[1].returns)]
        self._alert_ends += ends
        self._reopened[0].extend(row.reopenings)
        self._reopened[1].extend(reopenings_by(row, ends))
        found = account_by_two(key, row, self._rules, now=self._now)
        if found is not None:
            self._candidates += 1
            if found.differs:
                self._accounts.append(found)

    def unreadable(self) -> None:
        """A row that cannot be read is left out, and counted."""
        self._unreadable += 1

    def comparison(self) -> Comparison:
        """What all rows say."""
        before, after = self._rules
        crossed = [
            counted_at(reaches, [rules.stages.qualified.total]).counted[rules.stages.qualified.total]
            for rules, reaches in zip(self._rules, self._reaches, strict=True)
        ]
        return Comparison(
            before=before.version, after=after.version, now=self._now, leads=self._leads,
            candidates=self._candidates, scores_differ=self._differ, above=(self._above[0], self._above[1]),
            gains=self._gains, falls=len(self._sides) - self._gains,
            sides=tuple(sorted(self._sides, key=lambda one: (-abs(one.is_now - one.was), one.lead_id))[:MOST_SHOWN]),
            stages=tuple(StagesDiffer(was=was, is_now=now, leads=count)
                         for (was, now), count in self._stages.most_common()),
            crossings=(crossed[0], crossed[1]), days=DAYS,
            alerts=Counter((one.was_level or "", one.is_level or "") for one in self._accounts),
            accounts=tuple(sorted(self._accounts, key=lambda one: (-abs(one.is_now - one.was), one.account_id))
                           [:MOST_SHOWN]),
            mql=_mql(self._score_ends), untold=sum(one.also is None for one in self._score_ends),
            precision=_precision(self._alert_ends), recall=(_recall(self._reopened[0]), _recall(self._reopened[1])),
            unknown=unknown_past(before, after), unreadable=self._unreadable,
        )  # fmt: skip


def _mql(ends: Sequence[ScoreEnd]) -> tuple[Share, Share]:
    """Both over those of which B can be asked."""
    asked = [one for one in ends if one.also is not None]
    both = asked, [one for one in asked if one.also]
    was, now = (_share([one.at for one in some], sum(one.reached for one in some)) for some in both)
    return was, now


def _precision(ends: Sequence[AlertEnd]) -> tuple[Share, Share]:
    counts: tuple[list[tuple[int, AlertCounts]], ...] = (
        [(one.at, one.was) for one in ends], [(one.at, one.also) for one in ends if one.also is not None],
    )  # fmt: skip
    was, now = (_share([at for at, _ in some], sum(one.outcome in HITS for _, one in some)) for some in counts)
    return was, now


def _recall(reopened: Sequence[Reopening]) -> Share:
    visited = [one for one in reopened if one.visited]
    return _share([one.at for one in visited], sum(one.alerted for one in visited))


def _share(ats: Sequence[int], hits: int) -> Share:
    return Share(hits=hits, of=len(ats), first_at=min(ats, default=0), last_at=max(ats, default=0))
