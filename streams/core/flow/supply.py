"""Supply control: which threshold gives sales as many leads as it can talk to (asks A33, A34).

It proposes with its arithmetic, a person approves. Thresholds are points, everything else is a week's figures.
"""

from collections.abc import Mapping
from math import floor
from typing import Annotated, Final

from msgspec import Meta, Struct

from streams.core.said import Said, Value

__all__ = [
    "CANDIDATES", "MOST_A_WEEK", "Desk", "Proposal", "arithmetic", "figure", "forecast_at", "in_words", "propose",
    "weekly",
]  # fmt: skip

CANDIDATES: Final = tuple(range(70, 141, 5))
MOST_A_WEEK: Final = 10.0  # points that the threshold moves
USED: Final = 0.9  # of all slots: people are ill, away, in meetings
SLOTS_OF_ONE: Final = 8 * 5 * 2  # half-hours of a week
DAYS_A_WEEK: Final = 7


class Desk(Struct, frozen=True, kw_only=True):
    """Who calls: so many SDRs, each lead of whom takes so many attempts."""

    sdrs: Annotated[int, Meta(ge=1)]
    attempts: Annotated[float, Meta(gt=0)]

    @property
    def slots(self) -> int:
        """Half-hours a week."""
        return self.sdrs * SLOTS_OF_ONE

    @property
    def supply(self) -> float:
        """Leads a week that they can work on.

        >>> Desk(sdrs=3, attempts=4).supply
        54.0
        """
        return USED * self.slots / self.attempts


class Proposal(Struct, frozen=True, kw_only=True):
    """What to do this week. `over`: leads beyond the supply at `theta`, below 0 where there is room.

    `forecast` are the crossings that the candidates would have had; `fits`: some candidate is within the supply.
    """

    desk: Desk
    fast_passes: float
    forecast: dict[int, float]
    current: float
    target: int
    theta: float
    expected: float
    over: float
    fits: bool


def propose(crossings: Mapping[float, float], *, fast_passes: float, current: float, desk: Desk) -> Proposal:
    """The threshold for this week. `crossings`: threshold -> how many leads a week would have crossed it.

    The target is the lowest candidate whose crossings and fast passes are within the supply, 140 where none is.
    A candidate that nobody counted is taken to have as many as the next lower one that was. Raises ValueError where
    nothing was counted.
    """
    if not crossings:
        raise ValueError("no crossings were counted at any threshold")
    forecast = {
        theta: found for theta in CANDIDATES if (found := forecast_at(crossings, theta)) is not None
    }  # fmt: skip
    fitting = [theta for theta, found in forecast.items() if found + fast_passes <= desk.supply]
    target = min(fitting, default=CANDIDATES[-1])
    theta = min(max(float(target), current - MOST_A_WEEK), current + MOST_A_WEEK)
    expected = forecast_at(crossings, theta)
    if expected is None:  # below everything that was counted: at least as many as there
        expected = crossings[min(crossings)]
    return Proposal(
        desk=desk, fast_passes=fast_passes, forecast=forecast, current=current, target=target, theta=theta,
        expected=expected, over=expected + fast_passes - desk.supply, fits=bool(fitting),
    )  # fmt: skip


def forecast_at(crossings: Mapping[float, float], theta: float) -> float | None:
    """Crossings a week at a threshold: of the greatest counted one that is not above it (never fewer than truly)."""
    counted = [one for one in crossings if one <= theta]
    return crossings[max(counted)] if counted else None


def weekly(counts: Mapping[float, int], *, days: int) -> dict[float, float]:
    """Counts over some days as means a week.

    >>> weekly({100: 244}, days=28)
    {100: 61.0}
    """
    return {theta: count * DAYS_A_WEEK / days for theta, count in counts.items()}


def in_words(proposal: Proposal) -> tuple[str, ...]:
    """The proposal with its arithmetic, line by line."""
    return tuple(one.words for one in arithmetic(proposal))


def arithmetic(proposal: Proposal) -> tuple[Said, ...]:
    """The same as data."""
    desk, room = proposal.desk, proposal.desk.supply - proposal.fast_passes
    steps = ", ".join(f"{theta} → {figure(found)}" for theta, found in _steps(proposal))
    said = [
        Said("%(sdrs)s SDR x %(each)s = %(slots)s half-hours a week, %(attempts)s attempts each -> %(leads)s x "
             "%(used)s = %(supply)s leads a week.",
             {"sdrs": str(desk.sdrs), "each": str(SLOTS_OF_ONE), "slots": str(desk.slots),
              "attempts": figure(desk.attempts), "leads": figure(desk.slots / desk.attempts), "used": str(USED),
              "supply": figure(desk.supply)}),
        Said("%(passes)s fast passes a week -> %(left)s left for the score.",
             {"passes": figure(proposal.fast_passes), "left": figure(max(room, 0))}),
        Said("Crossings a week by threshold: %(steps)s.", {"steps": steps}),
        Said("Target: %(target)s.", {"target": str(proposal.target)}) if proposal.fits else
        Said("No threshold up to %(most)s is within the supply. Target: %(target)s, and still over.",
             {"most": str(CANDIDATES[-1]), "target": str(proposal.target)}),
        _this_week(proposal),
    ]  # fmt: skip
    if proposal.over > 0:
        said.append(Said("%(over)s a week are still over.", {"over": figure(proposal.over)}))
    return tuple(said)


def _this_week(proposal: Proposal) -> Said:
    if proposal.theta == proposal.current:
        return Said("This week: stay at %(theta)s.", {"theta": figure(proposal.theta)})
    values: dict[str, Value] = {"was": figure(proposal.current), "theta": figure(proposal.theta)}
    if proposal.theta == proposal.target:
        return Said("This week: from %(was)s to %(theta)s.", values)
    return Said("This week: from %(was)s to %(theta)s (at most %(most)s points a week).",
                values | {"most": figure(MOST_A_WEEK)})  # fmt: skip


def _steps(proposal: Proposal) -> list[tuple[int, float]]:
    """The candidates at which the forecast changes."""
    found: list[tuple[int, float]] = []
    for theta, crossings in proposal.forecast.items():
        if not found or found[-1][1] != crossings:
            found.append((theta, crossings))
    return found


def figure(number: float) -> str:
    """At most one decimal, halves up, none where it says nothing.

    >>> figure(0.25), figure(3.0)
    ('0.3', '3')
    """
    tenths = floor(10 * number + 0.5)
    return str(tenths // 10) if tenths % 10 == 0 else f"{tenths / 10:.1f}"
