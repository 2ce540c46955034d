"""How figures and lists are phrased where rules are told: as text in findings, as data in sentences."""

from collections.abc import Iterable
from typing import Final

from streams.core.said import Counted, Ends, Name, Row, Said, Value

__all__ = ["NONE", "days", "figure", "hours", "in_a_row", "listed", "named", "plural", "seconds", "signed"]

NONE: Final = Said("none")


def figure(number: float) -> str:
    """A number without what says nothing.

    >>> figure(10.0), figure(2.5), figure(-0.125), figure(1_500_000)
    ('10', '2.5', '-0.125', '1500000')
    """
    return f"{number:.12g}"


def signed(points: float) -> str:
    """Points with their sign.

    >>> signed(10), signed(-2.5), signed(0)
    ('+10', '-2.5', '0')
    """
    return f"+{figure(points)}" if points > 0 else figure(points)


def plural(count: float, noun: str) -> str:
    """A count with its noun.

    >>> plural(1, "day"), plural(2, "day")
    ('1 day', '2 days')
    """
    return f"{figure(count)} {noun}" if count == 1 else f"{figure(count)} {noun}s"


def days(count: float) -> Counted:
    """A length in days."""
    return Counted("%(n)s day", "%(n)s days", count)


def hours(count: float) -> Counted:
    """A length in hours."""
    return Counted("%(n)s hour", "%(n)s hours", count)


def seconds(ms: int) -> Said:
    """Milliseconds as seconds.

    >>> seconds(5_000).words, seconds(1_500).words
    ('5 s', '1.5 s')
    """
    return Said("%(seconds)s s", {"seconds": figure(ms / 1_000)})


def in_a_row(parts: Iterable[Value], *, ends: Ends = "and", none: Said = NONE) -> Value:
    """What follows each other; `none` where there is nothing."""
    return Row(found, ends=ends) if (found := tuple(parts)) else none


def named(names: Iterable[str], *, ends: Ends = "and", none: Said = NONE) -> Value:
    """Names out of the rules, one after the other."""
    return in_a_row(map(Name, names), ends=ends, none=none)


def listed(names: Iterable[str], *, last: str = "and", none: str = "none") -> str:
    """Names in a row.

    >>> listed(["a", "b", "c"]), listed(["a"]), listed([], none="nobody"), listed("ab", last="or")
    ('a, b and c', 'a', 'nobody', 'a or b')
    """
    found = list(names)
    if len(found) < 2:
        return found[0] if found else none
    return f"{', '.join(found[:-1])} {last} {found[-1]}"
