"""Rules that somebody pasted to have them tried: in memory, and for no longer than the trial needs them.

They are named by their version, which follows from their texts: whoever does not know the texts cannot guess it.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from streams.core.rules import Rules

__all__ = ["KEPT_MS", "PASTED", "PastedRules"]

PASTED: Final = "pasted:"
KEPT_MS: Final = 15 * 60_000  # since somebody last looked: as long as the answers are
MOST: Final = 8


class PastedRules:
    """Those of this process. `now` gives UTC milliseconds."""

    def __init__(self, now: Callable[[], int] | None = None) -> None:
        self._now = now or _utc_ms
        self._held: OrderedDict[str, tuple[Rules, int]] = OrderedDict()

    def hold(self, rules: Rules) -> str:
        """The name under which they can be asked for."""
        self._forget()
        self._held.pop(rules.version, None)
        while len(self._held) >= MOST:
            self._held.popitem(last=False)
        self._held[rules.version] = rules, self._now()
        return PASTED + rules.version

    def of(self, version: str) -> Rules:
        """Raises KeyError for what was never here, or is not any more."""
        self._forget()
        rules, _ = self._held.pop(version)
        self._held[version] = rules, self._now()
        return rules

    def _forget(self) -> None:
        """The one that was looked at longest ago stands first."""
        while self._held and self._now() - next(iter(self._held.values()))[1] >= KEPT_MS:
            self._held.popitem(last=False)


def _utc_ms() -> int:
    return time.time_ns() // 1_000_000
