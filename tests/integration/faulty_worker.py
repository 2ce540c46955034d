"""A real worker with a bug of ours: `python -m tests.integration.faulty_worker worker`.

The folds of visitors and of leads raise for one key in eight, whatever the message says; not for those that
`FAULTY_SPARES` names, separated by commas.
"""

import os
import sys
from collections.abc import Callable
from typing import Any
from zlib import crc32

from running.ending import leave
from streams.__main__ import main
from streams.core.lead import fold as lead
from streams.core.visitor import fold as visitor

__all__ = ["SPARES", "is_hit"]

SPARES = "FAULTY_SPARES"


def is_hit(key: str) -> bool:
    """Whether the bug hits this row."""
    return crc32(key.encode()) % 8 == 0


def faulty(fold: Callable[..., Any]) -> Callable[..., Any]:
    spared = frozenset(os.environ.get(SPARES, "").split(","))

    def raising(key: str, *args: Any, **options: Any) -> Any:
        if is_hit(key) and key not in spared:
            raise ZeroDivisionError("a bug of ours")
        return fold(key, *args, **options)

    return raising


if __name__ == "__main__":
    visitor.fold = faulty(visitor.fold)
    lead.fold = faulty(lead.fold)
    leave(main(sys.argv[1:], dict(os.environ)))
