"""How figures and lists are phrased where rules are told in words."""

from collections.abc import Iterable

__all__ = ["days", "figure", "listed", "plural", "seconds", "signed"]


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


def days(count: float) -> str:
    """A length in days.

    >>> days(14), days(1)
    ('14 days', '1 day')
    """
    return plural(count, "day")


def seconds(ms: int) -> str:
    """Milliseconds as seconds.

    >>> seconds(5_000), seconds(1_500)
    ('5 s', '1.5 s')
    """
    return f"{figure(ms / 1_000)} s"


def listed(names: Iterable[str], *, last: str = "and", none: str = "none") -> str:
    """Names in a row.

    >>> listed(["a", "b", "c"]), listed(["a"]), listed([], none="nobody"), listed("ab", last="or")
    ('a, b and c', 'a', 'nobody', 'a or b')
    """
    found = list(names)
    if len(found) < 2:
        return found[0] if found else none
    return f"{', '.join(found[:-1])} {last} {found[-1]}"
