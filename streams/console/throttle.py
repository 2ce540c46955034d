"""Wrong passwords are slowed down: five a minute from one address."""

from collections import OrderedDict
from typing import Final

__all__ = ["Throttle"]

MOST: Final = 5
WINDOW_MS: Final = 60_000
ADDRESSES: Final = 4_096


class Throttle:
    """Counts failures by address in this process; the addresses heard of longest ago are forgotten first."""

    def __init__(self) -> None:
        self._failed: OrderedDict[str, tuple[int, ...]] = OrderedDict()

    def wait_s(self, address: str, *, now: int) -> int:
        """Whole seconds until this address may try again, 0 = now."""
        recent = self._recent(address, now)
        return 0 if len(recent) < MOST else max(1, -(-(recent[0] + WINDOW_MS - now) // 1_000))

    def failed(self, address: str, *, now: int) -> None:
        """One wrong try."""
        self._failed[address] = (*self._recent(address, now), now)[-MOST:]
        self._failed.move_to_end(address)
        while len(self._failed) > ADDRESSES:
            self._failed.popitem(last=False)

    def _recent(self, address: str, now: int) -> tuple[int, ...]:
        return tuple(at for at in self._failed.get(address, ()) if at > now - WINDOW_MS)
