"""In which parts two plain values differ: of two lists of a hundred pages the one page that only one has."""

from collections.abc import Iterator
from typing import Any, Final

__all__ = ["differences"]

SHOWN: Final = 300  # characters of one value


def differences(actual: Any, expected: Any, where: str = "") -> Iterator[str]:
    """One line for each part, with the way to it. Lists are compared by what is in them."""
    if isinstance(actual, dict) and isinstance(expected, dict):
        for name in sorted({*actual, *expected}, key=str):
            yield from differences(actual.get(name), expected.get(name), f"{where}.{name}" if where else str(name))
    elif isinstance(actual, list) and isinstance(expected, list):
        yield from _of_lists(actual, expected, where)
    elif actual != expected:
        yield f"{where}: {_short(actual)} instead of {_short(expected)}"


def _of_lists(actual: list[Any], expected: list[Any], where: str) -> Iterator[str]:
    more = [one for one in actual if one not in expected]
    less = [one for one in expected if one not in actual]
    if len(more) == len(less) == 1:
        yield from differences(more[0], less[0], f"{where}[{expected.index(less[0])}]")
    elif more or less:
        lacks, has = (f"{len(ones)} {_short(ones)}" for ones in (less, more))
        yield f"{where}: " + " and ".join([f"lacks {lacks}"] * bool(less) + [f"has {has} too many"] * bool(more))
    elif actual != expected:
        yield f"{where}: {_short(actual)} instead of {_short(expected)}, the same in another order or number"


def _short(value: Any) -> str:
    said = str(value)
    return said if len(said) <= SHOWN else f"{said[:SHOWN]}..."
