"""Logs: structured facts on standard output, one JSON object a line, without persons.

Faust, aiokafka and mode keep their own loggers at WARNING: at INFO they print whole tables at each rebalance, and
below INFO their spinner costs 15-30 % of all sends. While Kafka is away aiokafka says so in four ways, each of them
forty times a second, and whatever of ours tries again says each time that it did in vain: such a line is written twice
a minute, with how many there were.
"""

import logging
import sys
import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from typing import Any, Final

import structlog

__all__ = ["LIBRARIES", "SERVICES", "Seldom", "configure", "flush"]

LIBRARIES: Final = ("faust", "aiokafka", "mode", "kafka")
# mode logs under the module of a class: here stand ours that are Faust services; what we say is `streams.engine`.
SERVICES: Final = tuple(f"streams.engine.{name}" for name in (
    "engine", "faust.careful_consumer", "faust.careful_producer", "faust.faust_fixes", "reading.drain", "rows.shares",
    "rows.table",
))  # fmt: skip

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


def configure(level: str, *, libraries: str = "warning") -> None:
    """Sets up structlog and the root logger. `level` and `libraries`: debug, info, warning, error."""
    before: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *before, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    lines = logging.StreamHandler(sys.stdout)
    lines.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=before,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    lines.addFilter(Seldom(libraries=LIBRARIES))
    root = logging.getLogger()
    root.handlers[:] = [lines]
    root.setLevel(level.upper())
    for name in (*LIBRARIES, *SERVICES):
        logging.getLogger(name).setLevel(max(logging.INFO, logging.getLevelNamesMapping()[libraries.upper()]))


def flush() -> None:
    """Writes out what is buffered: the last thing before the process ends itself."""
    for lines in logging.getLogger().handlers:
        lines.flush()
    sys.stdout.flush()
    sys.stderr.flush()
