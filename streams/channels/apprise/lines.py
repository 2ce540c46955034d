"""What the worker and the process that Apprise lives in say to each other, a line of JSON each."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

__all__ = ["THREADS", "Answer", "Order", "Setup"]

THREADS: Final = 4


class Setup(Struct, frozen=True, kw_only=True):
    """URLs of Apprise by recipient_id, and the hosts of our own that they may lead to."""

    urls: Mapping[str, Sequence[str]]
    private_hosts: frozenset[str]


class Order(Struct, frozen=True, kw_only=True):
    """Tell the `place`-th URL of a list, within `timeout_s`. `number`: what the answer is known by."""

    number: int
    who: str
    place: int
    title: str
    body: str
    timeout_s: float


class Answer(Struct, frozen=True):
    """Whether the service took it."""

    number: int
    took: bool
