"""How many leads would have crossed each threshold lately, and how many stand above it now (asks A33, A34).

The score at a past time is made of the hits that are kept today, and of who the person is today: what later hits pushed
out, or another job then, is not known, so a past score is rather too low than too high. Times are UTC milliseconds.
"""

from collections.abc import Iterable, Iterator
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from streams.core.days import DAY_MS
from streams.core.flow.supply import CANDIDATES, MOST_A_WEEK
from streams.core.lead.moves import stage_now
from streams.core.lead.qualified import is_broad, is_enough, is_fresh
from streams.core.lead.row import Lead
from streams.core.lead.view import LeadView, epoch_of, view_of
from streams.core.rules import Rules
from streams.core.score.scoring import Scored, score, total_tenths

__all__ = ["DAYS", "Crossings", "Reach", "counted_at", "reach_in", "reach_of", "thresholds"]

DAYS: Final = 28  # that crossings are counted over
BY_REQUEST: Final = "fast_pass"  # how T4 goes
BY_SCORE: Final = "qualified"
NOWHERE: Final = -1_000_000  # below every threshold


class Reach(Struct, frozen=True, kw_only=True):
    """One lead's way over thresholds, in tenths, and its moves since.

    `began`: the greatest threshold that it was above already when the window began; `peak`: within it; `now`: as it is,
    where a score can qualify it. `crossed`, `fast_passes`: moves that there were.
    """

    began: int = NOWHERE
    peak: int = NOWHERE
    now: int = NOWHERE
    crossed: int = 0
    fast_passes: int = 0


class Crossings(Struct, frozen=True, kw_only=True):
    """All leads together. `counted`: threshold -> crossings in `days`; `above`: threshold -> leads above it now."""

    days: int
    leads: int
    counted: dict[float, int]
    above: dict[float, int]
    crossed: int
    fast_passes: int


def thresholds(current: float) -> tuple[float, ...]:
    """The candidates, the threshold of now, and where it may go in a week."""
    near = (current - MOST_A_WEEK, current, current + MOST_A_WEEK)
    return tuple(sorted({*map(float, CANDIDATES), *(one for one in near if one > 0)}))


def counted_at(reaches: Iterable[Reach], at: Iterable[float]) -> Crossings:
    """The sums of these leads."""
    asked = tuple(at)
    counted, above = dict.fromkeys(asked, 0), dict.fromkeys(asked, 0)
    leads = crossed = fast_passes = 0
    for one in reaches:
        leads += 1
        crossed += one.crossed
        fast_passes += one.fast_passes
        for theta in asked:
            counted[theta] += one.began < round(10 * theta) <= one.peak
            above[theta] += one.now >= round(10 * theta)
    return Crossings(days=DAYS, leads=leads, counted=counted, above=above, crossed=crossed, fast_passes=fast_passes)


def reach_of(key: str, row: Lead, *, now: int, rules: Rules, lowest: float) -> Reach:
    """Of one lead. What stays below `lowest` (points) all the time is not told apart."""
    row = replace(row, as_of=max(now, row.as_of))
    return reach_in(row, view_of(key, row, rules), now=now, rules=rules, lowest=lowest)


def reach_in(row: Lead, view: LeadView, *, now: int, rules: Rules, lowest: float) -> Reach:
    """The same of a row at `now`, with what these rules see in it."""
    since = now - DAYS * DAY_MS
    crossed, fast_passes = _moved(row, since)
    made = Reach(crossed=crossed, fast_passes=fast_passes)
    least = round(10 * lowest)
    if view.pointing.merged_into or not rules.segments.is_target(view.segment) or _most(view.scored) < least:
        return made
    past = _Past(row, view, rules)
    peak = max((past.total(at, least) for at in past.times(since, now)), default=NOWHERE)
    return replace(made, began=past.total(since, least), peak=peak, now=past.now(least))


class _Past:
    """The scores of one lead at times before, where a score could have qualified it."""

    def __init__(self, row: Lead, view: LeadView, rules: Rules) -> None:
        self._row, self._view, self._rules = row, view, rules
        self._leaves = rules.stages.qualified.leaves
        self._setback = stage_now(row, view, rules).setback

    def times(self, since: int, now: int) -> Iterator[int]:
        """When something that gives points happened, or the person became known. A score rises at no other time."""
        known = self._view.known_at
        if known is None:
            return
        hits = {hit.at for line in self._view.scored.lines for hit in line.hits if hit.points_hundredths > 0}
        yield from sorted({at for at in ({max(one, known) for one in hits} | {known}) if since < at <= now})

    def total(self, at: int, least: int) -> int:
        """In tenths; below everything where it could not have qualified then, or was below `least`."""
        view, rules = self._view, self._rules
        if view.known_at is None or view.known_at > at or self._stage_at(at) not in ("", *self._leaves):
            return NOWHERE
        epoch_at = epoch_of(view.deals, until=at)
        total = total_tenths(view.doings, fit=view.scored.fit, as_of=at, epoch_at=epoch_at, rules=rules)
        if total < least:
            return NOWHERE
        scored = score(view.doings, traits={}, as_of=at, epoch_at=epoch_at, rules=rules)
        fresh = self._setback is None or self._setback.at > at or is_fresh(scored, self._setback.at, rules)
        return total if fresh and is_broad(scored, rules) else NOWHERE

    def now(self, least: int) -> int:
        """As it stands."""
        below = replace(self._rules.stages.qualified, total=least / 10)
        lowered = replace(self._rules, stages=replace(self._rules.stages, qualified=below))
        stands = self._row.stage in self._leaves and is_enough(self._view, self._setback, lowered)
        return self._view.scored.total_tenths if stands else NOWHERE

    def _stage_at(self, at: int) -> str:
        """Where it stood before what happened then.

        Of an MQL by score where it came from: a higher threshold would have left it there.
        """
        last = next((one for one in self._row.moves if one.recorded_at < at), None)
        if last is None:
            return ""
        return last.from_stage if last.by is not None and last.by.kind == BY_SCORE else last.to_stage


def _moved(row: Lead, since: int) -> tuple[int, int]:
    """Moves by score and by fast pass since then."""
    lately = [one for one in row.moves if one.recorded_at > since and one.corrects is None]
    by_score = sum(one.by is not None and one.by.kind == BY_SCORE for one in lately)
    return by_score, sum(one.via == BY_REQUEST for one in lately)


def _most(scored: Scored) -> int:
    """What the score can have been at most: every kept hit as if it were fresh."""
    fading = scored.fading
    groups: dict[str, float] = {}
    for rule in fading.rules:
        groups[rule.group] = groups.get(rule.group, 0) + sum(10 * points for _, points in rule.given if points > 0)
    engagement = sum(min(tenths, fading.caps.get(group, tenths)) for group, tenths in groups.items())
    return int(min(engagement, fading.most)) + len(fading.rules) + fading.fit_tenths  # each line may be rounded up
