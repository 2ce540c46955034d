"""Logs as structured facts, one JSON object a line on standard error. No mail, address or free text in them."""

import logging
import sys
from collections.abc import Callable
from typing import Final

import structlog

__all__ = ["Seldom", "configure", "log"]

QUIET_MS: Final = 30_000
EMBEDDED: Final = "Embedded server is experimental!"  # granian, at each start: chosen with open eyes (0027)

log: structlog.stdlib.BoundLogger = structlog.get_logger()


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
        processors=[*shared, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=shared,
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, structlog.processors.JSONRenderer()],
    )
    screen = logging.StreamHandler(sys.stderr)
    screen.setFormatter(formatter)
    # While Kafka is away it says so several times a second; the sink says it once.
    logging.getLogger("aiokafka").setLevel(logging.DEBUG if number == logging.DEBUG else logging.CRITICAL)
    logging.getLogger("aiokafka.conn").setLevel(logging.CRITICAL)  # below that it writes down what it sends: passwords
    logging.getLogger("_granian").addFilter(_is_news)
    logging.basicConfig(handlers=[screen], level=max(number, logging.WARNING), force=True)


def _is_news(record: logging.LogRecord) -> bool:
    return record.msg != EMBEDDED


class Seldom:
    """One kind of line, twice a minute: a stranger, or a broker that is away, asks for it with each request."""

    def __init__(self, event: str, *, now_ms: Callable[[], int]) -> None:
        self._event = event
        self._now_ms = now_ms
        self._said_at: int | None = None
        self._more = 0

    def warning(self, **said: str) -> None:
        """Says it, with how many were left out before; unless the last one is less than half a minute old."""
        now = self._now_ms()
        if self._said_at is not None and 0 <= now - self._said_at < QUIET_MS:
            self._more += 1
            return
        more = {"more_like_it": self._more} if self._more else {}
        self._said_at, self._more = now, 0
        log.warning(self._event, **said, **more)
