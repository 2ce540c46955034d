"""How long a busy receiver asks to be left alone."""

from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Final

__all__ = ["LONGEST_RETRY_S", "NOT_ASKED", "retry_after_s"]

NOT_ASKED: Final = 0.0  # the receiver said nothing: how long the channel rests is its own affair (`rest.py`)
LONGEST_RETRY_S: Final = 3_600.0


def retry_after_s(text: str, *, now_ms: int) -> float:
    """What the receiver asks for, in seconds or as an HTTP date: from 1 s to an hour; 0 where it says nothing."""
    try:
        wait_s = float(text) if text.strip().isdigit() else _seconds_at(text) - now_ms / 1000
    except (ValueError, OverflowError):
        return NOT_ASKED
    return min(max(wait_s, 1.0), LONGEST_RETRY_S)


def _seconds_at(text: str) -> float:
    """An HTTP date; one that names no zone is UTC, wherever we are (RFC 9110, 5.6.7). Raises ValueError."""
    moment = parsedate_to_datetime(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
