"""An order to a browser's row, as it travels: in a delivery without events."""

from msgspec import Raw

from schemas.codec import encode
from schemas.delivery import Delivery, VisitorOrder

__all__ = ["delivery_of"]


def delivery_of(order: VisitorOrder, *, source: str) -> Delivery:
    """The delivery that carries this order; `source` says who ordered: the console, or the engine."""
    return Delivery(received_at=order.at, source=source, trust="proven", events=[], orders=[Raw(encode(order))])
