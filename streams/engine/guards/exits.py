"""How a worker ends itself: at once and without committing, so that whatever it did comes again elsewhere.

Faust's graceful path commits, waits for agents and may hang; correctness never depends on it.
"""

import os
from typing import Any, Final, NoReturn, Protocol

import structlog

from streams import logs

__all__ = ["BROKEN", "STOPPED", "Die", "die"]

BROKEN: Final = os.EX_SOFTWARE  # 70: start me again
STOPPED: Final = os.EX_CONFIG  # 78: starting again cannot help, a person must look

_log = structlog.get_logger(__name__)


class Die(Protocol):
    """What ends the process; tests hand in one that raises."""

    def __call__(self, reason: str, *, code: int = BROKEN, **facts: Any) -> NoReturn:
        """Does not return."""


def die(reason: str, *, code: int = BROKEN, **facts: Any) -> NoReturn:
    """Says why and ends the process on this line. `facts` go into the log: no persons."""
    try:
        _log.critical("worker_dies", reason=reason, code=code, **facts)
        logs.flush()
    finally:
        os._exit(code)
