"""Look-ups that are remembered within a bound, and how full each is: no cache of a process may grow unseen.

>>> @remembered("doctest_squares", most=2)
... def square(number: int) -> int:
...     return number * number
>>> [square(number) for number in (1, 2, 3)]
[1, 4, 9]
>>> lookups()["doctest_squares"]
(2, 2)
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any, Final, ParamSpec, TypeVar
from weakref import ref

__all__ = ["lookups", "remembered"]

P = ParamSpec("P")
R = TypeVar("R")
_LIVE: Final[list[tuple[str, "ref[Any]"]]] = []


def remembered(what: str, *, most: int) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """`lru_cache` by a name: what it holds is counted under it, as long as anybody holds the function.

    What only the rules' own words are asked of needs no name: they bound it.
    """

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        wrapped: Any = lru_cache(most)(function)
        _LIVE.append((what, ref(wrapped)))
        remembering: Callable[P, R] = wrapped
        return remembering

    return wrap


def lookups() -> dict[str, tuple[int, int]]:
    """How many answers are remembered under each name, and how many may be; may be asked from another thread."""
    found: dict[str, tuple[int, int]] = {}
    for what, one in tuple(_LIVE):
        if (live := one()) is None:
            _LIVE.remove((what, one))
            continue
        info = live.cache_info()
        held, most = found.get(what, (0, 0))
        found[what] = (held + info.currsize, most + info.maxsize)
    return dict(sorted(found.items()))
