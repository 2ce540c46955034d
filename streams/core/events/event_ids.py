"""What tells an event from others: its own id, else one that follows from what it says, so a resend is the same."""

from schemas.events import AnyEvent, Engaged, Page, Screen, Track
from schemas.ids import derived_message_id

__all__ = ["made_id", "made_page_id", "url_of"]


def made_id(event: AnyEvent, received_at: int, stamp: str | float | None) -> str:
    """What stands for a missing message id. `received_at`: of the delivery, for an event without a stamp."""
    match event:
        case Track():
            name = event.event
        case Page() | Screen():
            name = url_of(event)
        case _:
            name = ""
    return derived_message_id(
        type(event).__name__.lower(),
        anonymous_id=event.anonymous_id,
        user_id=event.user_id,
        at=received_at if stamp is None else stamp,
        name=name,
    )


def made_page_id(event: Track, engaged: Engaged) -> str:
    """What stands for a page id that says nothing: the same page of the same browser."""
    return derived_message_id(
        "page", anonymous_id=event.anonymous_id, user_id=event.user_id, at=engaged.started_at, name=engaged.url
    )


def url_of(event: Page | Screen) -> str:
    """Where it was: the properties' word, the context's, else the page's name."""
    if properties := event.properties:
        if (said := properties.get("url")) and isinstance(said, str):
            return said
        if (said := properties.get("path")) and isinstance(said, str):
            return said
    where = event.context.page if event.context is not None else None
    return (where and (where.url or where.path)) or event.name or ""
