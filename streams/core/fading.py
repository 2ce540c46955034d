"""What a score becomes without new events: the same hits, later. Used to say when it falls below a threshold."""

from math import floor, fsum
from typing import Final

from msgspec import Struct

from streams.core.days import DAY_MS, MINUTE_MS

__all__ = ["Fading", "FadingRule", "faded", "tenths_of"]

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
    """One rule's live hits."""

    points: float
    half_life_days: float
    group: str
    ats: tuple[int, ...]

    def tenths(self, at: int) -> int:
        """This rule's line at a time."""
        return tenths_of([faded(self.points, age_ms=at - hit, half_life_days=self.half_life_days) for hit in self.ats])


class Fading(Struct, frozen=True):
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
        if self.total(self.as_of) < threshold_tenths:
            return None
        days = range(1, HORIZON_DAYS + 1)
        if all(rule.points >= 0 or not rule.ats for rule in self.rules):
            days = range(HORIZON_DAYS, HORIZON_DAYS + 1)
        below = next((day for day in days if self.total(self.as_of + day * DAY_MS) < threshold_tenths), None)
        if below is None:
            return None
        above = 0 if below == days.start else below - 1
        low, high = (self.as_of + above * DAY_MS) // MINUTE_MS, -(-(self.as_of + below * DAY_MS) // MINUTE_MS)
        while high - low > 1:
            middle = (low + high) // 2
            if self.total(middle * MINUTE_MS) < threshold_tenths:
                high = middle
            else:
                low = middle
        return high * MINUTE_MS
