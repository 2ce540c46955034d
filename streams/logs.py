"""Logs: structured facts on standard output, one JSON object a line, without persons.

Faust, aiokafka and mode keep their own loggers at WARNING: at INFO they print whole tables at each rebalance, and
below INFO their spinner costs 15-30 % of all sends. While Kafka is away aiokafka says so in four ways, each of them
forty times a second, and whatever of ours tries again says each time that it did in vain: such a line is written twice
a minute, with how many there were.
"""

import logging
import sys
from typing import Any, Final

import structlog

from running.seldom import Seldom

__all__ = ["LIBRARIES", "SERVICES", "configure", "flush"]

LIBRARIES: Final = ("faust", "aiokafka", "mode", "kafka")
# mode logs under the module of a class: here stand ours that are Faust services; what we say is `streams.engine`.
SERVICES: Final = tuple(f"streams.engine.{name}" for name in (
    "faust.careful_consumer", "faust.careful_producer", "faust.faust_fixes", "faust.order", "reading.drain",
    "rows.shares", "rows.table",
))  # fmt: skip


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
