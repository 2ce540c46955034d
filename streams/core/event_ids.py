"""What tells an event from others: its own id, else one that follows from what it says, so a resend is the same."""

from collections.abc import Mapping
from typing import Any

from schemas.delivery import Delivery, TypedDelivery
from schemas.errors import BadId
from schemas.events import AnyEvent, Engaged, Page, Screen, Track
from schemas.ids import clean_id, derived_message_id
from streams.core.free_form import object_of, text_in

__all__ = ["hashed_id", "made_id", "made_page_id", "url_of"]


def hashed_id(value: str | int | None) -> str | None:
    """An id that is hashed before it is kept, so that it may have any length."""
    try:
        return clean_id(value)
    except BadId:
        return str(value).strip()


def made_id(event: AnyEvent, delivery: Delivery | TypedDelivery, stamp: str | float | None) -> str:
    """What stands for a missing message id. Raises Undecodable."""
    match event:
        case Track():
            name = event.event
        case Page() | Screen():
            name = url_of(event, object_of(event.properties))
        case _:
            name = ""
    return derived_message_id(
        type(event).__name__.lower(),
        anonymous_id=event.anonymous_id,
        user_id=event.user_id,
        at=delivery.received_at if stamp is None else stamp,
        name=name,
    )


def made_page_id(event: Track, engaged: Engaged) -> str:
    """What stands for a page id that says nothing: the same page of the same browser."""
    return derived_message_id(
        "page", anonymous_id=event.anonymous_id, user_id=event.user_id, at=engaged.started_at, name=engaged.url
    )


def url_of(event: Page | Screen, properties: Mapping[str, Any]) -> str:
    """Where it was: the properties' word, the context's, else the page's name."""
    where = event.context.page if event.context is not None else None
    said = text_in(properties, "url") or text_in(properties, "path")
    return said or (where and (where.url or where.path)) or event.name or ""
