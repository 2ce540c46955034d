"""The time of this machine, asked for here alone: whoever decides by time is handed it."""

from time import time_ns

__all__ = ["utc_ms"]


def utc_ms() -> int:
    """UTC milliseconds, as all our times are (`docs/decisions/0010-times-are-milliseconds.md`)."""
    return time_ns() // 1_000_000
