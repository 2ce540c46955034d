"""A visitor for one day: a hash that nobody can compute again once the day's salt is gone, and nothing else of it."""

import asyncio
import hmac
from collections.abc import Callable, Mapping
from secrets import token_bytes
from typing import Any, Final

__all__ = ["DailySalt", "counted"]

DAY_MS: Final = 86_400_000
COUNTED: Final = frozenset({"page", "screen", "track"})
# What remains of an event: the rest could tell who it was.
KEPT: Final = (
    "type", "messageId", "timestamp", "originalTimestamp", "sentAt", "event", "name", "category", "channel",
    "properties",
)  # fmt: skip
KEPT_CONTEXT: Final = ("page", "library", "campaign", "locale", "timezone", "screen", "userAgent")


class DailySalt:
    """32 random bytes for each UTC day, in this process's memory only. `now_ms`: UTC milliseconds."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._day = -1
        self._salt = b""

    def visitor(self, source: str, *, address: str, user_agent: str) -> str:
        """Today's id of whoever sends from there. Must be called while an event loop runs: it ends the salt's day."""
        now = self._now_ms()
        if now // DAY_MS != self._day:
            self._day, self._salt = now // DAY_MS, token_bytes(32)
            asyncio.get_running_loop().call_later((DAY_MS - now % DAY_MS) / 1_000, self._forget, self._day)
        said = f"{source}\0{address}\0{user_agent}".encode("utf-8", "replace")
        return hmac.digest(self._salt, said, "sha256").hex()[:32]

    def _forget(self, day: int) -> None:
        """Also where nobody comes any more."""
        if day == self._day:
            self._day, self._salt = -1, b""


def counted(event: Mapping[str, Any], visitor: str) -> dict[str, Any] | None:
    """The event as its visitor's of today; None where it only says who somebody is."""
    if event.get("type") not in COUNTED:
        return None
    kept = {name: _without_addresses(event[name]) for name in KEPT if name in event}
    context = event.get("context")
    if isinstance(context, dict):
        kept["context"] = {name: _without_addresses(context[name]) for name in KEPT_CONTEXT if name in context}
    return kept | {"anonymousId": visitor}


def _without_addresses(value: Any) -> Any:
    """A text with an @ may be somebody's address, and is left out."""
    if isinstance(value, dict):
        return {name: _without_addresses(one) for name, one in value.items() if "@" not in name}
    if isinstance(value, list):
        return [_without_addresses(one) for one in value]
    return "" if isinstance(value, str) and "@" in value else value
