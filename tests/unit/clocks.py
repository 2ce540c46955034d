"""A clock that a test sets."""

from typing import Generic, TypeVar

__all__ = ["Clock"]

N = TypeVar("N", int, float)


class Clock(Generic[N]):
    """Seconds or milliseconds, as what is tested counts them."""

    def __init__(self, now: N) -> None:
        self.now = now

    def __call__(self) -> N:
        return self.now
