"""Wrong passwords are slowed down: for one name from one network, for all names from it, for one name from all."""

from collections import OrderedDict
from typing import Final

from streams.console.access.audit import network
from streams.console.access.user_file import name_key
from streams.metrics import Bound

__all__ = ["Throttle", "Tries"]

MOST: Final = 5
WINDOW_MS: Final = 60_000
ADDRESSES: Final = 4_096
FROM_NETWORK: Final = 30
FOR_NAME: Final = 20


class Throttle:
    """Counts failures by address in this process; the addresses heard of longest ago are forgotten first."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._failed: OrderedDict[str, tuple[int, ...]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._failed)

    def wait_s(self, address: str, *, now: int) -> int:
        """Whole seconds until this address may try again, 0 = now."""
        recent = self._recent(address, now)
        return 0 if len(recent) < self._most else max(1, -(-(recent[0] + WINDOW_MS - now) // 1_000))

    def failed(self, address: str, *, now: int) -> None:
        """One wrong try."""
        self._failed[address] = (*self._recent(address, now), now)[-self._most:]
        self._failed.move_to_end(address)
        while len(self._failed) > ADDRESSES:
            self._failed.popitem(last=False)

    def passed(self, address: str, *, now: int) -> None:
        """The try of that moment was not wrong after all."""
        tries = list(self._failed.get(address, ()))
        if now in tries:
            tries.remove(now)
            self._failed[address] = tuple(tries)

    def _recent(self, address: str, now: int) -> tuple[int, ...]:
        return tuple(at for at in self._failed.get(address, ()) if at > now - WINDOW_MS)


class Tries:
    """Signing in, counted three ways. A try counts as wrong until it was right, so that many at once are no way around.

    The third way lets a stranger slow a name down from many networks: twenty a minute is what that costs.
    """

    def __init__(self) -> None:
        self._counted = (Throttle(), Throttle(FROM_NETWORK), Throttle(FOR_NAME))

    def bounds(self) -> list[Bound]:
        """Names and networks with a wrong try lately."""
        return [Bound("sign_in_tries", sum(map(len, self._counted)), len(self._counted) * ADDRESSES)]

    def wait_s(self, name: str, address: str, *, now: int) -> int:
        """Whole seconds until this name may be tried again from there; 0 = now, and the try is counted."""
        keys = _keys(name, address)
        waits = [one.wait_s(key, now=now) for one, key in zip(self._counted, keys, strict=True)]
        if not any(waits):
            for one, key in zip(self._counted, keys, strict=True):
                one.failed(key, now=now)
        return max(waits)

    def passed(self, name: str, address: str, *, now: int) -> None:
        """The try of that moment was right."""
        for one, key in zip(self._counted, _keys(name, address), strict=True):
            one.passed(key, now=now)


def _keys(name: str, address: str) -> tuple[str, str, str]:
    who, where = name_key(name)[:200], network(address)
    return f"{where} {who}", where, who
