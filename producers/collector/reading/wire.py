"""Bytes of a request to its events: one split, one small typed pass per event, the original bytes kept.

What cannot be used is a value with its reason and never takes its neighbours along; `Refused` is only for a request
that cannot be read as a whole.
"""

import binascii
from base64 import b64decode
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple, TypeAlias
from urllib.parse import unquote_to_bytes

from msgspec import DecodeError, Raw, Struct
from msgspec.json import Decoder

from producers.collector.reading import mend, twins
from producers.collector.reading.caps import LONG, MAX_DEPTH, BadEvent, brackets, over_a_cap
from producers.errors import Refusal, Refused
from producers.metrics import MENDED
from schemas.codec import refusal
from schemas.errors import Undecodable
from schemas.rejected import Reason

__all__ = ["MAX_EVENTS", "TYPES", "Event", "Head", "HeadContext", "Request", "head_of", "places", "read"]

MAX_EVENTS: Final = 500
DOINGS: Final = frozenset({"track", "page", "screen"})
# They say who somebody is, as any event with a user id does. Only there a key that stands twice could do harm.
NAMING: Final = frozenset({"identify", "group", "alias"})
TYPES: Final = DOINGS | NAMING
_BOM: Final = b"\xef\xbb\xbf"
_UNREADABLE: Final = (ValueError, RecursionError, DecodeError)


class HeadContext(Struct, frozen=True, gc=False, rename="camel"):
    """What the context says of privacy: consents as SDKs spell them, and an address. Each of any shape."""

    consent: Any = None
    consent_management: Any = None
    ip: Any = None


class Head(Struct, frozen=True, gc=False, rename="camel"):
    """All that the collector must know of an event; the worker reads the rest."""

    type: str = ""
    message_id: str | int | None = None
    anonymous_id: str | int | None = None
    user_id: str | int | None = None
    context: HeadContext | None = None


class _Single(Head, frozen=True, gc=False, rename="camel"):
    """A request that is one event."""

    sent_at: str | int | float | None = None
    write_key: str | None = None


class _Batch(Struct, frozen=True, rename="camel"):
    batch: list[Raw]
    sent_at: str | int | float | None = None
    write_key: str | None = None


class _Loose(Struct, frozen=True, rename="camel"):
    """A batch whose envelope is odd: read what can be read."""

    batch: Any = None
    sent_at: Any = None
    write_key: Any = None


# One usable event: its bytes, and what was read of it. A plain tuple: there are ten of them in a request.
Event: TypeAlias = tuple[bytes, Head]


class Request(NamedTuple):
    """What one request brought. `write_key` and `sent_at` as the body has them."""

    events: Sequence[Event]
    bad: Sequence[BadEvent]
    write_key: str | None
    sent_at: str | float | None


head_of: Final[Callable[[bytes], Head]] = Decoder(Head).decode
_single: Final = Decoder(_Single).decode
_batch: Final = Decoder(_Batch).decode
_array: Final = Decoder(list[Raw]).decode
_loose: Final = Decoder(_Loose).decode


def read(body: bytes, kind: str) -> Request:
    """The events of a body; `kind` is what its path says: an event type, or `batch`. Raises Refused."""
    text = _text(body)
    if kind != "batch":
        return _of_one(text, kind)
    try:
        batch = _batch(text) if text[:1] == b"{" else _Batch(_array(text))
    except _UNREADABLE as error:
        return _of_odd_batch(text, error)
    return _of_many(text, list(map(bytes, batch.batch)), write_key=batch.write_key, sent_at=batch.sent_at)


def places(request: Request) -> list[int]:
    """The place in the request of each of its usable events."""
    taken = {one.place for one in request.bad}
    return [place for place in range(len(request.events) + len(request.bad)) if place not in taken]


def _text(body: bytes) -> bytes:
    """Plain UTF-8 JSON, unwrapped from a byte order mark or a form field `data=`. Raises Refused."""
    text = body.strip()
    if text.startswith(_BOM):
        text = text[len(_BOM) :].strip()
    if text.startswith(b"data="):
        text = _form_field(text)
    if not text.isascii():
        try:
            text.decode()
        except UnicodeDecodeError as error:
            raise Refused(Refusal.JSON, "not UTF-8") from error
    if text[:1] not in (b"{", b"["):
        raise Refused(Refusal.JSON, "expected a JSON object")
    return text


def _form_field(text: bytes) -> bytes:
    value = unquote_to_bytes(text.partition(b"&")[0].removeprefix(b"data=").replace(b"+", b" ")).strip()
    if value[:1] in (b"{", b"["):
        return value
    try:
        return b64decode(value.replace(b" ", b"+") + b"==", validate=False).strip()
    except binascii.Error as error:
        raise Refused(Refusal.JSON, "data= holds neither JSON nor base64") from error


def _of_one(text: bytes, kind: str) -> Request:
    bad = over_a_cap(text)
    try:
        head = _single(text)
    except _UNREADABLE as error:
        return _of_odd_event(text, kind, error)
    if bad is not None:
        return Request((), (bad,), head.write_key, head.sent_at)
    raw, said = (text, head.type) if head.type else (_with_type(text, kind), kind)
    refused = _by_its_head(raw, head, kind=said)
    if refused is not None:
        return Request((), (refused,), head.write_key, head.sent_at)
    return Request(((raw, head),), (), head.write_key, head.sent_at)


def _of_many(text: bytes, items: list[bytes], *, write_key: str | None, sent_at: str | float | None) -> Request:
    """The items of this text, each by itself.

    Keys that stand twice are looked for in events that say who somebody is. Nearly all others only name a user, and one
    look at the whole text clears them together: each is looked at by itself where that does not.
    """
    if len(items) > MAX_EVENTS:
        raise Refused(Refusal.TOO_MANY, f"{len(items)} events, more than {MAX_EVENTS}")
    events: list[Event] = []
    bad: list[BadEvent] = []
    names_users = False
    for place, raw in enumerate(items):
        if len(raw) > LONG or brackets(raw) > MAX_DEPTH:
            refused = over_a_cap(raw)
            if refused is not None:
                bad.append(refused._replace(place=place))
                continue
        try:
            head = head_of(raw)
        except _UNREADABLE as error:
            bad.append(_bad(raw, error)._replace(place=place))
            continue
        if head.type in DOINGS:
            events.append((raw, head))
            names_users = names_users or head.user_id is not None
        elif (refused := _by_its_head(raw, head)) is None:
            events.append((raw, head))
        else:
            bad.append(refused._replace(place=place))
    made = Request(events, bad, write_key, sent_at)
    return _without_twins(made) if names_users and not twins.none_in(text, [head for _, head in events]) else made


def _without_twins(request: Request) -> Request:
    """Each event that only did something looked at by itself; those that name somebody were."""
    judged = [
        (raw, head, _by_its_head(raw, head) if head.user_id is not None and head.type in DOINGS else None)
        for raw, head in request.events
    ]
    bad = [one._replace(place=place) for place, (_, _, one) in zip(places(request), judged, strict=True) if one]
    events = [(raw, head) for raw, head, refused in judged if refused is None]
    return request._replace(events=events, bad=sorted((*request.bad, *bad), key=lambda one: one.place))


def _by_its_head(raw: bytes, head: Head, *, kind: str = "") -> BadEvent | None:
    """Why an event that could be read cannot be used. `kind`: what the path says, where the event does not."""
    kind = kind or head.type
    if kind not in TYPES:
        return BadEvent(raw, Reason.UNKNOWN_TYPE, _shown(kind))
    naming = kind in NAMING
    if (naming or head.user_id is not None) and (twin := twins.twin_in(raw, tells_of_people=naming)):
        return BadEvent(raw, Reason.DUP_KEY, f"{twin} stands there twice")
    return None


def _of_odd_batch(text: bytes, error: Exception) -> Request:
    """A body that is not one typed batch: mend it once, else refuse it, or reject it where it is JSON all the same."""
    if isinstance(error, RecursionError):
        raise Refused(Refusal.DEPTH, "nested too deeply") from error
    mended = _mended(text)
    found = mend.items(mended)
    if found is not None:
        envelope = _odd_envelope(mend.numbers(found.envelope))
        key, sent_at = _text_or_none(envelope.write_key), _time(envelope.sent_at)
        return _of_many(mended, found.items, write_key=key, sent_at=sent_at)
    envelope = _odd_envelope(mended)
    detail = "no list under `batch`"
    bad = (BadEvent(text, Reason.SCHEMA, detail),)
    return Request((), bad, _text_or_none(envelope.write_key), _time(envelope.sent_at))


def _of_odd_event(text: bytes, kind: str, error: Exception) -> Request:
    if isinstance(error, RecursionError):
        raise Refused(Refusal.DEPTH, "nested too deeply") from error
    mended = _mended(text)
    if mended != text:
        return _of_one(mended, kind)
    envelope = _odd_envelope(mend.numbers(text))
    return Request((), (_bad(text, error),), _text_or_none(envelope.write_key), _time(envelope.sent_at))


def _mended(text: bytes) -> bytes:
    mended = mend.surrogates(text)
    if mended != text:
        MENDED.inc()
    return mended


def _odd_envelope(text: bytes) -> _Loose:
    """Raises Refused(JSON): nothing can be read."""
    try:
        return _loose(text) if text[:1] == b"{" else _Loose(_array(text))
    except RecursionError as error:
        raise Refused(Refusal.DEPTH, "nested too deeply") from error
    except _UNREADABLE as error:
        raise Refused(Refusal.JSON, "not JSON") from error


def _bad(raw: bytes, error: Exception) -> BadEvent:
    if mend.numbers(raw) != raw:
        return BadEvent(raw, Reason.NUMBER, "NaN or Infinity")
    said: Undecodable = refusal(error)
    return BadEvent(raw, said.reason, said.detail)


def _with_type(text: bytes, kind: str) -> bytes:
    """The path said which type: the bytes say it too from here on."""
    rest = text[1:].lstrip()
    return b'{"type":"' + kind.encode() + (b'"' if rest[:1] == b"}" else b'",') + rest


def _shown(text: str) -> str:
    """A sender's word where people read it: short, and without what moves a cursor or turns text around."""
    return "".join(one if one.isprintable() else "\ufffd" for one in text[:64])


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _time(value: Any) -> str | float | None:
    return value if isinstance(value, str | int | float) else None
