"""Business hours: when people are at work, in their own time zone. Instants are UTC milliseconds, lengths too.

Monday to Friday from 09:00 to before 18:00, less holidays, unless routing.toml says otherwise. Local clock times hold
across changes of daylight saving: 09:00 is 09:00.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from msgspec import Struct

__all__ = ["BusinessTime"]

_WEEK_MS: Final = 7 * 86_400_000
MOST_DAYS: Final = 400  # looked ahead for a day of work: a calendar without any is refused when it is read


class BusinessTime(Struct, frozen=True):
    """The working hours of one place. `weekdays`: 0 = Monday. `holidays` are local dates without work."""

    timezone: str = "UTC"
    begins: time = time(9)
    ends: time = time(18)
    weekdays: tuple[int, ...] = (0, 1, 2, 3, 4)
    holidays: tuple[date, ...] = ()

    def is_open(self, at: int) -> bool:
        """Whether people are at work.

        >>> BusinessTime().is_open(0)  # Thursday, 1970-01-01 00:00
        False
        """
        local = self._local(at)
        return self._works(local.date()) and self.begins <= local.time() < self.ends

    def next_open(self, at: int) -> int:
        """The first moment from `at` on at which people are at work: `at` itself where they are."""
        local = self._local(at)
        if self._works(local.date()) and local.time() < self.ends:
            return max(at, self._at(local.date(), self.begins))
        return self._at(self._next_workday(local.date()), self.begins)

    def after(self, at: int, work_ms: int) -> int:
        """The moment at which so much time of work has passed since `at`.

        >>> BusinessTime().after(0, 4 * 3_600_000) // 3_600_000  # from 09:00
        13
        """
        now, left = self.next_open(at), work_ms
        while (rest := self._at(self._local(now).date(), self.ends) - now) < left:
            left -= rest
            now = self.next_open(now + rest)
        return now + left

    def same_time_next_workday(self, at: int) -> int:
        """The same local time on the next day of work. What came outside working hours counts from their beginning."""
        start = self._local(self.next_open(at))
        return self._at(self._next_workday(start.date()), start.time())

    def next_at(self, at: int, clock: time) -> int:
        """The first time strictly after `at` at which the local clock shows `clock` on a day of work."""
        local = self._local(at)
        today = self._at(local.date(), clock)
        return today if today > at and self._works(local.date()) else self._at(self._next_workday(local.date()), clock)

    def latest_at(self, at: int, clock: time) -> int:
        """The last time up to `at` at which the local clock showed `clock` on a day of work."""
        local = self._local(at)
        today = self._at(local.date(), clock)
        if today <= at and self._works(local.date()):
            return today
        back = (local.date() - timedelta(days=number) for number in range(1, MOST_DAYS))
        return self._at(next((one for one in back if self._works(one)), local.date() - timedelta(days=1)), clock)

    def first_of_week(self, at: int, clock: time) -> int:
        """When the local clock shows `clock` on the first day of work of this moment's week, Monday to Sunday.

        Of a week without any it is the first one after it.
        """
        today = self._local(at).date()
        before_monday = today - timedelta(days=today.weekday() + 1)
        return self._at(self._next_workday(before_monday), clock)

    def next_week(self, at: int, clock: time) -> int:
        """The first time strictly after `at` at which the clock shows `clock` on the first day of work of a week."""
        this = self.first_of_week(at, clock)
        return this if this > at else self.first_of_week(at + _WEEK_MS, clock)

    def day(self, at: int) -> int:
        """The local calendar day, counted since 1970."""
        return (self._local(at).date() - date(1970, 1, 1)).days

    def _works(self, day: date) -> bool:
        return day.weekday() in self.weekdays and day not in self.holidays

    def _next_workday(self, day: date) -> date:
        ahead = (day + timedelta(days=number) for number in range(1, MOST_DAYS))
        return next((one for one in ahead if self._works(one)), day + timedelta(days=1))

    def _local(self, at: int) -> datetime:
        return datetime.fromtimestamp(at / 1_000, UTC).astimezone(ZoneInfo(self.timezone))

    def _at(self, day: date, clock: time) -> int:
        moment = datetime.combine(day, clock, ZoneInfo(self.timezone))
        return round(moment.timestamp() * 1_000)
