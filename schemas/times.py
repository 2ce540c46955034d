"""Times as senders write them, in UTC milliseconds.

>>> milliseconds_of("2026-11-21T18:48:29.175Z") == milliseconds_of(1795286909.175) == milliseconds_of(1795286909175)
True
>>> milliseconds_of("2026-11-21") == milliseconds_of("2026-11-21T00:00:00+00:00")
True
>>> milliseconds_of("tomorrow") is None
True
"""

from datetime import UTC, datetime
from typing import Final

from schemas.lookups import remembered

__all__ = ["milliseconds_of"]

# Numbers below this are seconds: as milliseconds they would be before March 1973.
SECONDS_BELOW: Final = 100_000_000_000
_OF_A_SECOND: Final = {f".{ms:03}Z": ms for ms in range(1_000)}
LATEST: Final = 253_402_300_800_000  # year 10000


def milliseconds_of(value: str | float | None) -> int | None:
    """ISO 8601 text (no offset = UTC), seconds or milliseconds since 1970; None where it is no time we can use."""
    if isinstance(value, str):
        ms = _OF_A_SECOND.get(value[19:])  # 2026-11-21T18:48:29.175Z, as most SDKs write it
        if ms is not None and (second := _second(value[:19])):
            return second + ms
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            trimmed = value.strip()
            return _of_digits(value) if trimmed == value else milliseconds_of(trimmed)
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        at = round(moment.timestamp() * 1_000)  # exact: until the year 10000 a float tells more than milliseconds
        return at if at > 0 else None
    if value is None or isinstance(value, bool) or not 0 < value < LATEST:  # false for NaN too
        return None
    return round(value * 1_000) if value < SECONDS_BELOW else int(value)


@remembered("seconds", most=8_192)
def _second(text: str) -> int | None:
    """Where `2026-11-21T18:48:29` begins, for the many stamps of one second; None for anything else."""
    return milliseconds_of(f"{text}Z") if text[13] == text[16] == ":" else None


def _of_digits(text: str) -> int | None:
    """`1795286909175` in quotes, as form encoders send it."""
    return milliseconds_of(int(text)) if text.isascii() and text.isdigit() and len(text) < len(str(LATEST)) else None
