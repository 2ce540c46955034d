"""How often one and the same thing is written: a pixel that is fetched a thousand times tells us nothing new."""

from typing import Final

__all__ = ["Seen"]

REMEMBERED: Final = 65_536


class Seen:
    """Counts names, each up to `each`; remembers the last `most`. Of this process only: rows join copies anyway."""

    def __init__(self, *, each: int, most: int = REMEMBERED) -> None:
        self._each = each
        self._most = most
        self._counts: dict[tuple[str, ...], int] = {}

    def is_new(self, *name: str) -> bool:
        """Whether it was seen less than `each` times; now it was once more."""
        count = self._counts.pop(name, 0)
        self._counts[name] = min(count + 1, self._each)
        if len(self._counts) > self._most:
            del self._counts[next(iter(self._counts))]
        return count < self._each

    def forget(self, *name: str) -> None:
        """What was to be told of it was not written: this once does not count."""
        left = self._counts.get(name, 0) - 1
        if left > 0:
            self._counts[name] = left
        else:
            self._counts.pop(name, None)
