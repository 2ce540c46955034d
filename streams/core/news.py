"""News: what happened lately. Imports of the past recompute everything and fire nothing."""

from streams.core.days import DAY_MS

__all__ = ["is_news"]


def is_news(at: int, *, as_of: int, days: int = 7) -> bool:
    """Whether what happened at `at` is younger than so many days: only that announces anything. UTC milliseconds.

    >>> is_news(1, as_of=7 * 86_400_000), is_news(0, as_of=7 * 86_400_000)
    (True, False)
    """
    return at > as_of - days * DAY_MS
