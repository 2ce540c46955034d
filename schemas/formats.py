"""The format of what travels: each delivery and each message says its own in `v`.

A field that is new needs no new format: whoever does not know it passes over it, and whoever misses it has its default.
`v` grows where an old reader would misread. Then workers are upgraded before whatever writes it; one that meets it too
early stops, and nothing is lost: a later release goes on from the same offset.
"""

from collections.abc import Iterable
from typing import Final, Protocol

from schemas.errors import FromTheFuture

__all__ = ["FORMAT", "Formatted", "refuse_the_future"]

FORMAT: Final = 1


class Formatted(Protocol):
    """Whatever travels."""

    @property
    def v(self) -> int:
        """Its format."""


def refuse_the_future(topic: str, told: Iterable[Formatted]) -> None:
    """Raises FromTheFuture where one of them has a format that this release does not know."""
    for one in told:
        if one.v > FORMAT:
            raise FromTheFuture(topic, one.v)
