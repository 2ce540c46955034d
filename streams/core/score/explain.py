"""Why this score: the reasons in words, and one sentence that says it all. Scores are in tenths of a point."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from schemas.cards import ScoreLine

__all__ = ["MOST_DOWN", "MOST_UP", "headline", "in_points", "reasons_down", "reasons_up"]

MOST_UP: Final = 3
MOST_DOWN: Final = 2


def in_points(tenths: int) -> str:
    """Tenths as people read them.

    >>> in_points(1138), in_points(-50)
    ('113.8', '-5.0')
    """
    return f"{tenths / 10:.1f}"


def reasons_up(lines: Sequence[ScoreLine]) -> tuple[str, ...]:
    """The three rules that give most."""
    up = [line for line in lines if line.kind == "rule" and line.tenths > 0]
    if not up:
        return ()
    up.sort(key=lambda line: (-line.tenths, line.name))
    return tuple(_words(line) for line in up[:MOST_UP])


def reasons_down(lines: Sequence[ScoreLine]) -> tuple[str, ...]:
    """The two lines that take most: penalties, caps, clamps."""
    down = [line for line in lines if line.tenths < 0]
    if not down:
        return ()
    down.sort(key=lambda line: (line.tenths, line.kind, line.name))
    return tuple(_words(line) for line in down[:MOST_DOWN])


def headline(
    *,
    total_tenths: int,
    grade: str,
    stage: str,
    stage_since: int,
    day_before_tenths: int,
    lines: Sequence[ScoreLine],
    threshold_tenths: int,
    falls_below_at: int | None,
) -> str:
    """One paragraph: `113.8 A1, mql since 03-20, 27.3 more than yesterday. Up: ...`. Times in UTC milliseconds."""
    change, distance = total_tenths - day_before_tenths, total_tenths - threshold_tenths
    said = [
        (
            f"{in_points(total_tenths)} {grade}, {stage} since {_when(stage_since, '%m-%d')}, "
            f"{in_points(abs(change))} {'more' if change >= 0 else 'less'} than yesterday."
        ),
        f"Up: {_named(lines, up=True)}. Down: {_named(lines, up=False)}.",
        f"{in_points(abs(distance))} {'above' if distance >= 0 else 'below'} {threshold_tenths // 10}",
    ]
    if distance >= 0:
        said[-1] += "; without new events " + (
            "not below it within 90 days"
            if falls_below_at is None
            else f"below {threshold_tenths // 10} on {_when(falls_below_at, '%m-%d %H:%M')}"
        )
    return " ".join(said) + "."


def _named(lines: Sequence[ScoreLine], *, up: bool) -> str:
    wanted = [line for line in lines if (line.kind == "rule" and line.tenths > 0 if up else line.tenths < 0)]
    wanted.sort(key=lambda line: (-abs(line.tenths), line.kind, line.name))
    named = [f"{line.name} {in_points(line.tenths)}" for line in wanted[: MOST_UP if up else MOST_DOWN]]
    return ", ".join(named) or "none"


def _words(line: ScoreLine) -> str:
    return f"{line.label} {in_points(line.tenths)}"


def _when(at: int, form: str) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).strftime(form)
