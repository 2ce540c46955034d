"""A visitor's id in a cookie of ours, where a source wants one: it stands in for an anonymousId that is missing.

The id is chance and says nothing; nobody can make use of one that they did not get from us, so it is not signed: what
has not exactly our form is ignored and a new one is made. It lives 13 months from its making and is not prolonged. It
is made only for events that need it, so a page that brings its own ids gets no cookie.
"""

import re
from secrets import token_hex
from typing import Final

import msgspec
from msgspec import Raw, structs
from msgspec.json import Decoder

from producers.collector.door.cors import HeaderList
from producers.collector.door.keys import Headers, Sender
from producers.collector.privacy.edge import may_recognise
from producers.collector.reading.wire import Event, Head, Request
from producers.collector.sources import Source
from schemas.errors import BadId
from schemas.ids import clean_id

__all__ = ["may_have_cookie", "with_visitor"]

MAX_AGE_S: Final = 395 * 86_400  # 13 months
_OURS: Final = re.compile(rb"[0-9a-f]{32}")
_object: Final = Decoder(dict[str, Raw]).decode


def may_have_cookie(sender: Sender, headers: Headers) -> bool:
    """Whether a cookie may be read and set for this sender: the one place that decides it. Servers have no visitor."""
    policy = sender.policy
    return bool(policy.visitor_cookie) and sender.trust == "claimed" and may_recognise(policy, headers)


def with_visitor(request: Request, headers: Headers, sender: Sender) -> tuple[Request, HeaderList]:
    """The request with an id for each event that has none of use, and the Set-Cookie of an id that is new."""
    if not may_have_cookie(sender, headers) or not any(_nameless(head) for _, head in request.events):
        return request, []
    found = _found(headers.get(b"cookie", b""), sender.policy.visitor_cookie.encode())
    visitor = found or token_hex(16)
    request = request._replace(events=[_named(event, visitor) for event in request.events])
    return request, [] if found else [(b"set-cookie", _cookie(sender.policy, visitor))]


def _found(cookies: bytes, name: bytes) -> str | None:
    """The id that this browser was given, None where there is none of our form."""
    for one in cookies.split(b";"):
        said, _, value = one.strip().partition(b"=")
        if said == name and _OURS.fullmatch(value):
            return value.decode()
    return None


def _named(event: Event, visitor: str) -> Event:
    raw, head = event
    if not _nameless(head):
        return event
    return _with_id(raw, visitor), structs.replace(head, anonymous_id=visitor)


def _nameless(head: Head) -> bool:
    """Whether it brings no anonymousId that could be used: none, or a placeholder such as `null`."""
    try:
        return clean_id(head.anonymous_id) is None
    except BadId:
        return False  # too long: refused as what it is


def _with_id(raw: bytes, visitor: str) -> bytes:
    """The event's bytes say the id too from here on; only one that says another one already is written anew."""
    if b'"anonymousId"' in raw or b"\\u" in raw:
        return msgspec.json.encode(_object(raw) | {"anonymousId": visitor})
    rest = raw[1:].lstrip()
    return b'{"anonymousId":"' + visitor.encode() + (b'"' if rest[:1] == b"}" else b'",') + rest


def _cookie(policy: Source, visitor: str) -> bytes:
    """`Partitioned` by hand: the standard library knows it from Python 3.14 on."""
    where = "SameSite=None; Secure; Partitioned" if policy.cross_site else "SameSite=Lax; Secure"
    return f"{policy.visitor_cookie}={visitor}; Path=/; Max-Age={MAX_AGE_S}; HttpOnly; {where}".encode()
