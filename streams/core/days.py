"""Calendar days in the site's time zone, counted since 1970, so that a day is a plain int."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final
from zoneinfo import ZoneInfo

from schemas.lookups import remembered

__all__ = ["DAY_MS", "HOUR_MS", "MINUTE_MS", "QUARTER_MS", "DayOf", "day_in", "week_of"]

MINUTE_MS: Final = 60_000
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS
QUARTER_MS: Final = 15 * MINUTE_MS  # no zone changes its offset inside a quarter of an hour
DayOf = Callable[[int], int]


def day_in(timezone: str) -> DayOf:
    """The function from UTC milliseconds to the calendar day there. Raises ZoneInfoNotFoundError.

    >>> day_in("UTC")(86_400_000), day_in("Asia/Seoul")(86_399_999)
    (1, 1)
    """
    if timezone == "UTC":
        return _utc_day
    zone = ZoneInfo(timezone)

    @remembered("quarters_of_an_hour", most=16_384)
    def offset_of(quarter: int) -> int:
        moment = datetime.fromtimestamp(quarter * QUARTER_MS / 1_000, UTC).astimezone(zone)
        offset = moment.utcoffset()
        return 0 if offset is None else round(offset.total_seconds() * 1_000)

    def day_of(at: int) -> int:
        return (at + offset_of(at // QUARTER_MS)) // DAY_MS

    return day_of


def _utc_day(at: int) -> int:
    return at // DAY_MS


def week_of(day: int) -> int:
    """ISO weeks since the one that held 1 January 1970, a Thursday."""
    return (day + 3) // 7
