"""A line of the log that comes again and again: said twice a minute, with how many times it came."""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Final

__all__ = ["Seldom"]

QUIET_S: Final = 30.0
REMEMBERED: Final = 1_000  # lines; the one said longest ago is forgotten first


class Seldom(logging.Filter):
    """Lets a warning pass once in half a minute.

    One of these libraries is known by the line of code that says it, any other by all that it says.
    """

    def __init__(self, *, libraries: Collection[str], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._libraries = libraries
        self._clock = clock
        self._said: OrderedDict[tuple[str, object], tuple[float, int]] = OrderedDict()  # when, and how many since

    def filter(self, record: logging.LogRecord) -> bool:
        """What is less than a warning always passes."""
        if record.levelno < logging.WARNING:
            return True
        what, now = self._known_by(record), self._clock()
        at, more = self._said.get(what, (-QUIET_S, 0))
        if now - at < QUIET_S:
            self._said[what] = (at, more + 1)
            return False
        self._said[what] = (now, 0)
        self._said.move_to_end(what)
        while len(self._said) > REMEMBERED:
            self._said.popitem(last=False)
        if more:
            _add(record, more, within_s=round(now - at))
        return True

    def _known_by(self, record: logging.LogRecord) -> tuple[str, object]:
        if record.name.partition(".")[0] in self._libraries:
            return record.pathname, record.lineno
        if isinstance(record.msg, dict):
            return record.name, repr([one for one in record.msg.items() if one[0] != "timestamp"])
        return record.name, record.getMessage()


def _add(record: logging.LogRecord, more: int, *, within_s: int) -> None:
    if isinstance(record.msg, dict):
        record.msg = {**record.msg, "more_like_it": more, "within_s": within_s}
    else:
        record.msg = f"{record.msg} [{more} more like it in the last {within_s} s]"
