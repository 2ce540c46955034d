"""What nothing could make safe, counted exactly: the events that a record holds, once for each record."""

from collections.abc import Sequence
from typing import Final

from msgspec import DecodeError, Raw, Struct, ValidationError
from msgspec.json import Decoder

from producers.errors import SinkError
from producers.metrics import DROPPED

__all__ = ["count_dropped", "count_dropped_record"]


class _Seen(Struct, frozen=True):
    """Of a delivery how many events it has; anything else is one of its kind."""

    events: Sequence[Raw] | None = None


_block: Final = Decoder(list[_Seen]).decode


def count_dropped(error: SinkError, events: int) -> None:
    """So many events were lost here, or must come again."""
    DROPPED.labels(error.reason).inc(events)


def count_dropped_record(error: SinkError, value: bytes) -> None:
    """The same for what a record holds: a block of deliveries or signals, or one rejected event."""
    count_dropped(error, _events_in(value))


def _events_in(value: bytes) -> int:
    if not value.startswith(b"["):
        return 1
    try:
        return sum(1 if one.events is None else len(one.events) for one in _block(value))
    except (ValidationError, DecodeError):
        return 1
