"""How a process ends."""

import os
import sys
from typing import NoReturn

__all__ = ["leave"]


def leave(code: int) -> NoReturn:
    """Ends the process without taking the interpreter down first.

    A thread of granian (2.8.7) that asks for an interpreter which is going down aborts the process with SIGABRT, after
    all was finished: a supervisor would count a crash. 6 of 25 stops under load ended so.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
