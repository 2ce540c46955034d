"""The events that trackers and SDKs send: the Segment vocabulary, on the wire in camelCase.

Only what Leadstream reads is typed; the rest is skipped by the decoder and stays in the original bytes. Free-form parts
(`properties`, `traits`) stay raw here and are read by the meaning of the event (`streams/core/events/site.py`); pages
are most events and their properties always read, so those come in the same pass.
"""

from typing import Any, TypeAlias

from msgspec import UNSET, Raw, Struct, UnsetType, field

__all__ = [
    "Alias",
    "AnyEvent",
    "Context",
    "Engaged",
    "Group",
    "Identify",
    "Page",
    "PageContext",
    "Screen",
    "Track",
]

WireId: TypeAlias = str | int | None
WireTime: TypeAlias = str | int | float | None


class PageContext(Struct, frozen=True, gc=False):
    """`context.page`: where the event happened."""

    url: str | None = None
    path: str | None = None


class Context(Struct, frozen=True, rename="camel", gc=False):
    """What surrounds an event. RudderStack's browser SDK puts the traits of an identify here.

    `identity` may hold the `signature` of an identify (`streams/core/events/signing.py`).
    """

    page: PageContext | None = None
    traits: Raw | UnsetType = UNSET
    identity: Raw | UnsetType = UNSET
    user_agent: str | None = None


class _Event(Struct, frozen=True, kw_only=True, rename="camel", tag_field="type", gc=False):
    """Common to all events. Ids may be null or numbers, times ISO 8601 text, seconds or milliseconds."""

    message_id: WireId = None
    anonymous_id: WireId = None
    user_id: WireId = None
    timestamp: WireTime = None
    original_timestamp: WireTime = None
    sent_at: WireTime = None
    context: Context | None = None


class Track(_Event, frozen=True, kw_only=True, rename="camel", tag_field="type", tag="track", gc=False):
    """Something that somebody did; `event` names it."""

    event: str
    properties: Raw = field(default_factory=Raw)


class Page(_Event, frozen=True, kw_only=True, rename="camel", tag_field="type", tag="page", gc=False):
    """A page was opened."""

    name: str | None = None
    category: str | None = None
    properties: dict[str, Any] | None = None


class Screen(_Event, frozen=True, kw_only=True, rename="camel", tag_field="type", tag="screen", gc=False):
    """A screen of an app was opened."""

    name: str | None = None
    category: str | None = None
    properties: dict[str, Any] | None = None


class Identify(_Event, frozen=True, kw_only=True, rename="camel", tag_field="type", tag="identify", gc=False):
    """This visitor is that person: `userId`, or an `email` among the traits."""

    traits: Raw = field(default_factory=Raw)


class Group(_Event, frozen=True, kw_only=True, rename="camel", tag_field="type", tag="group", gc=False):
    """This person belongs to that company."""

    group_id: WireId = None
    traits: Raw = field(default_factory=Raw)


class Alias(_Event, frozen=True, kw_only=True, rename="camel", tag_field="type", tag="alias", gc=False):
    """Two ids of one person, says the sender. Never joins two known people by itself."""

    previous_id: WireId = None


AnyEvent: TypeAlias = Track | Page | Screen | Identify | Group | Alias


class Engaged(Struct, frozen=True, gc=False):
    """Properties of our tracker's `page_engaged`, each complete in itself (the largest of one page wins).

    `started_at` is the page's start as ISO 8601 text or milliseconds, `dwell_ms` the attention it had so far, and
    `interactions` counts pointer, key, touch and scroll actions.
    """

    page_id: str
    url: str
    started_at: str | int | float
    dwell_ms: int
    interactions: int
    title: str | None = None
