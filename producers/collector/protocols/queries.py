"""Events in a query: pixels, for places where no script runs. Nobody resends them and nobody reads their answer.

A query is text of any kind: what is not UTF-8 is replaced, what cannot be read is Refused like a body.
"""

import binascii
from base64 import b64decode
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any, Final
from urllib.parse import unquote_plus, unquote_to_bytes

from msgspec.json import encode

from producers.collector.reading.wire import TYPES, Request, read
from producers.collector.routes import EventRoute
from producers.errors import Refusal, Refused

__all__ = ["PIXEL_ROUTES", "fields_of", "of_base64"]

MOST_FIELDS: Final = 1_000
MOST_LEVELS: Final = 8
_HARMFUL: Final = frozenset({"__proto__", "constructor", "prototype"})
_URL_SAFE: Final = bytes.maketrans(b"-_ ", b"+/+")  # and the blank that a form makes of a plus


def fields_of(query: bytes) -> dict[str, str]:
    """The fields of a query; of two with one name the first. Raises Refused."""
    if query.count(b"&") >= MOST_FIELDS:
        raise Refused(Refusal.TOO_LARGE, f"more than {MOST_FIELDS} fields in the query")
    found: dict[str, str] = {}
    for pair in query.decode(errors="replace").split("&"):  # a third of what `parse_qsl` takes
        name, _, value = pair.partition("=")
        if value:
            found.setdefault(_said(name), _said(value))
    return found


def _said(text: str) -> str:
    """As a form wrote it."""
    if "%" not in text:
        return text.replace("+", " ")
    if text.isascii():  # as nearly all are; `unquote_plus` takes it apart first, for twice the time
        return unquote_to_bytes(text.replace("+", " ")).decode(errors="replace")
    return unquote_plus(text, errors="replace")


def of_base64(text: str) -> bytes:
    """What base64 says, of either alphabet, padded or not. Raises Refused."""
    packed = text.encode().translate(_URL_SAFE).rstrip(b"=")
    try:
        return b64decode(packed + b"=" * (-len(packed) % 4), validate=True)
    except binascii.Error as error:
        raise Refused(Refusal.JSON, "not base64") from error


def _dotted(query: bytes, kind: str) -> Request:
    """`properties.plan=pro&context.page.url=...`: a name with dots is a place in the event."""
    event: dict[str, Any] = {}
    for name, value in fields_of(query).items():
        *way, last = name.split(".", MOST_LEVELS)
        if _HARMFUL.isdisjoint((last, *way)) and (place := _place(event, way)) is not None:
            place.setdefault(last, value)
    return read(encode(event | {"type": kind}), kind)


def _place(event: dict[str, Any], way: list[str]) -> dict[str, Any] | None:
    """Where the way leads, None where a text stands in it."""
    for name in way:
        found: Any = event.setdefault(name, {})
        if not isinstance(found, dict):
            return None
        event = found
    return event


def _packed(query: bytes, kind: str) -> Request:
    """`data=` holds the event as base64 of JSON."""
    text = of_base64(fields_of(query).get("data", ""))
    return read(text.decode(errors="replace").encode(), kind)


def _routes() -> Iterator[tuple[str, EventRoute]]:
    """Pages show pixels, so only public keys may stand in them."""
    for kind in TYPES:
        yield f"/v1/pixel/{kind}", EventRoute("pixel", partial(_packed, kind=kind), only="claimed")
    for kind in ("track", "page"):
        yield f"/pixel/v1/{kind}", EventRoute("pixel", partial(_dotted, kind=kind), only="claimed")


PIXEL_ROUTES: Final[Mapping[str, EventRoute]] = dict(_routes())
