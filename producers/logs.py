"""Logs as structured facts, one JSON object a line on standard error. No mail, address or free text in them.

A stranger, or a broker that is away, asks for a line with each request: it is written twice a minute, with how many
there were. It is known by all that it says, so figures of one request belong into metrics.
"""

import logging
import sys
from typing import Final

import structlog

from running.seldom import Seldom

__all__ = ["configure", "log"]

LIBRARIES: Final = ("aiokafka", "_granian", "uvicorn")
EMBEDDED: Final = "Embedded server is experimental!"  # granian, at each start: chosen with open eyes (0027)

log: structlog.stdlib.BoundLogger = structlog.get_logger("producers")


def configure(level: str) -> None:
    """Sets up logging for this process, libraries included. `level`: debug, info, warning or error."""
    number = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    logging.getLogger("producers").setLevel(number)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    )
    screen = logging.StreamHandler(sys.stderr)
    screen.setFormatter(formatter)
    screen.addFilter(Seldom(libraries=LIBRARIES))
    # While Kafka is away it says so several times a second; the sink says it once.
    logging.getLogger("aiokafka").setLevel(logging.DEBUG if number == logging.DEBUG else logging.CRITICAL)
    logging.getLogger("aiokafka.conn").setLevel(logging.CRITICAL)  # below that it writes down what it sends: passwords
    logging.getLogger("_granian").addFilter(_is_news)
    logging.basicConfig(handlers=[screen], level=max(number, logging.WARNING), force=True)


def _is_news(record: logging.LogRecord) -> bool:
    return record.msg != EMBEDDED
