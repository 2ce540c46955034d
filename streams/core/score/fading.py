"""What a score becomes without new events: the same hits, later. Used to say when it falls below a threshold."""

from collections.abc import Callable
from functools import cached_property
from math import floor, fsum
from typing import Final

from msgspec import Struct

from streams.core.days import DAY_MS, MINUTE_MS

__all__ = ["Fading", "FadingRule", "faded", "first_at", "tenths_of"]

HORIZON_DAYS: Final = 90


def faded(points: float, *, age_ms: int, half_life_days: float) -> float:
    """Points after some time.

    >>> faded(10, age_ms=30 * 86_400_000, half_life_days=30)
    5.0
    """
    return float(points * 2.0 ** (-age_ms / (half_life_days * DAY_MS)))


def tenths_of(points: list[float]) -> int:
    """A rule's line: the sum of its hits, rounded to tenths of a point, halves up."""
    return floor(10 * fsum(points) + 0.5)


class FadingRule(Struct, frozen=True):
    """One rule's live hits: `given` holds the time of each and its points then."""

    half_life_days: float
    group: str
    given: tuple[tuple[int, float], ...]

    def points(self, at: int) -> list[float]:
        """What each hit gives at a time."""
        return [faded(points, age_ms=at - hit, half_life_days=self.half_life_days) for hit, points in self.given]

    def tenths(self, at: int) -> int:
        """This rule's line at a time."""
        return tenths_of(self.points(at))


class Fading(Struct, frozen=True, dict=True):
    """Everything that fades, and what does not (`fit_tenths`, after its clamp). Bounds and caps in tenths."""

    as_of: int
    rules: tuple[FadingRule, ...]
    caps: dict[str, int]
    least: int
    most: int
    fit_tenths: int

    def total(self, at: int) -> int:
        """Total at a time, in tenths."""
        groups: dict[str, int] = {}
        for rule in self.rules:
            groups[rule.group] = groups.get(rule.group, 0) + rule.tenths(at)
        engagement = sum(min(tenths, self.caps.get(group, tenths)) for group, tenths in groups.items())
        return min(max(engagement, self.least), self.most) + self.fit_tenths

    def falls_below(self, threshold_tenths: int) -> int | None:
        """The first whole minute (UTC milliseconds) within 90 days at which the total is below; None = not, or already.

        A scan by day, then bisection. Where no rule takes points away the total only falls, so the scan is one look.
        """
        if threshold_tenths not in self._found:
            self._found[threshold_tenths] = self._look(threshold_tenths)
        return self._found[threshold_tenths]

    @cached_property
    def _found(self) -> dict[int, int | None]:
        """What was looked for already, by threshold: the row's due time and the card ask for the same."""
        return {}

    def _look(self, threshold_tenths: int) -> int | None:
        if self.total(self.as_of) < threshold_tenths:
            return None
        days = range(1, HORIZON_DAYS + 1)
        if all(points >= 0 for rule in self.rules for _, points in rule.given):
            days = range(HORIZON_DAYS, HORIZON_DAYS + 1)
        below = next((day for day in days if self.total(self.as_of + day * DAY_MS) < threshold_tenths), None)
        if below is None:
            return None
        above = 0 if below == days.start else below - 1
        low, high = (self.as_of + above * DAY_MS) // MINUTE_MS, -(-(self.as_of + below * DAY_MS) // MINUTE_MS)
        near = self._nearly()
        found = first_at(low, high, lambda minute: near(minute * MINUTE_MS) < threshold_tenths)
        if not self.total(found * MINUTE_MS) < threshold_tenths <= self.total(max((found - 1) * MINUTE_MS, self.as_of)):
            found = first_at(low, high, lambda minute: self.total(minute * MINUTE_MS) < threshold_tenths)
        return found * MINUTE_MS

    def _nearly(self) -> Callable[[int], int]:
        """The total from each rule's sum, one power a rule: quick, and all but equal to the sum of its faded hits."""
        groups: dict[str, list[tuple[float, float]]] = {}
        for rule in self.rules:
            if rule.given:
                line = 10 * fsum(rule.points(self.as_of)), -1 / (rule.half_life_days * DAY_MS)
                groups.setdefault(rule.group, []).append(line)
        capped = [(self.caps.get(group), lines) for group, lines in groups.items()]

        def total(at: int) -> int:
            age_ms, engagement = at - self.as_of, 0
            for cap, lines in capped:
                tenths = 0
                for points, rate in lines:
                    tenths += floor(points * 2.0 ** (age_ms * rate) + 0.5)
                engagement += tenths if cap is None or tenths < cap else cap
            return min(max(engagement, self.least), self.most) + self.fit_tenths

        return total


def first_at(low: int, high: int, holds: Callable[[int], bool]) -> int:
    """The first number above `low` from which on something holds, by bisection; it holds at `high`."""
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high
