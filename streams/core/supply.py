"""Supply control: which threshold gives sales as many leads as it can talk to (asks A33, A34).

It proposes with its arithmetic, a person approves. Thresholds are points, everything else is a week's figures.
"""

from collections.abc import Mapping
from math import floor
from typing import Annotated, Final

from msgspec import Meta, Struct

__all__ = ["CANDIDATES", "Desk", "Proposal", "forecast_at", "in_words", "propose", "weekly"]

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
    desk, room = proposal.desk, proposal.desk.supply - proposal.fast_passes
    slots = f"{desk.sdrs} SDR x {SLOTS_OF_ONE} = {desk.slots} half-hours a week"
    leads = _figure(desk.slots / desk.attempts)
    said = [
        f"{slots}, {_figure(desk.attempts)} attempts each -> {leads} x {USED} = {_figure(desk.supply)} leads a week.",
        f"{_figure(proposal.fast_passes)} fast passes a week -> {_figure(max(room, 0))} left for the score.",
        "Crossings a week: " + ", ".join(f"{_figure(found)} at {theta}" for theta, found in _steps(proposal)) + ".",
        f"Target: {proposal.target}."
        if proposal.fits
        else f"No threshold up to {CANDIDATES[-1]} is within the supply. Target: {proposal.target}, and still over.",
    ]
    if proposal.theta == proposal.current:
        said.append(f"This week: stay at {_figure(proposal.theta)}.")
    else:
        least = f" (at most {_figure(MOST_A_WEEK)} points a week)" if proposal.theta != proposal.target else ""
        said.append(f"This week: from {_figure(proposal.current)} to {_figure(proposal.theta)}{least}.")
    if proposal.over > 0:
        said.append(f"{_figure(proposal.over)} a week are still over.")
    return tuple(said)


def _steps(proposal: Proposal) -> list[tuple[int, float]]:
    """The candidates at which the forecast changes."""
    found: list[tuple[int, float]] = []
    for theta, crossings in proposal.forecast.items():
        if not found or found[-1][1] != crossings:
            found.append((theta, crossings))
    return found


def _figure(number: float) -> str:
    """At most one decimal, none where it says nothing."""
    tenths = floor(10 * number + 0.5)
    return str(tenths // 10) if tenths % 10 == 0 else f"{tenths / 10:.1f}"
