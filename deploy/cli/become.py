"""A command that runs a process becomes it."""

import os
import sys

__all__ = ["become"]


def become(module: str, *arguments: str) -> None:
    """This process becomes that one, so that signals and exit codes are its own."""
    os.execv(sys.executable, [sys.executable, "-m", module, *arguments])
