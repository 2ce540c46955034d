"""One request of the fuzz from its seed and number alone, so that one line repeats it."""

import time
from base64 import b64encode
from random import Random
from typing import Final

from msgspec import Struct

from tests.faults.fuzz.bodies import bent, broken, packed
from tests.faults.fuzz.drafts import ENVIRONMENT, KEYS, Draft, drafts, paths
from tests.faults.fuzz.oddities import FRAMING, HEADERS, PATHS, QUERIES
from tests.unit.producers.crm_knocks import hubspot_headers

__all__ = ["Made", "made"]

PLAIN: Final = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
STRANGE: Final = ("TRACE", "PROPFIND", "get", "X")
NAMES: Final = sorted(HEADERS)
FRAMING_NAMES: Final = sorted(FRAMING)
HUBSPOT: Final = ENVIRONMENT["LEADSTREAM_CRM__HUBSPOT_SECRET"]
PIPEDRIVE: Final = ENVIRONMENT["LEADSTREAM_CRM__PIPEDRIVE_SECRET"]


class Made(Struct, frozen=True):
    """`alone`: its framing may be broken, so nothing else travels on its connection."""

    number: int
    method: str
    raw: bytes
    alone: bool


def made(seed: int, number: int, *, now_ms: int | None = None) -> Made:
    """The request of this number. `now_ms`: what a webhook is signed with, the system's clock unless given."""
    random = Random(seed << 32 | number)
    draft = random.choice(drafts())
    body = _body(random, draft)
    headers = _headers(random, draft, body=body, now_ms=now_ms or time.time_ns() // 1_000_000)
    path, strange = _path(random, draft.path.encode())
    method = draft.method if random.random() > 0.06 else random.choice((*PLAIN, *STRANGE))
    alone = strange or method not in PLAIN or len(headers) > 60 or not FRAMING.keys().isdisjoint(headers)
    raw = _framed(random, b"%b %b HTTP/1.1" % (method.encode(), path), headers=headers, body=body)
    if random.random() < 0.08:
        raw, alone = _bytewise(random, raw), True
    return Made(number, method, raw, alone)


def _framed(random: Random, line: bytes, *, headers: dict[bytes, bytes], body: bytes) -> bytes:
    lines = [b"%b: %b" % one for one in headers.items()]
    if lines and random.random() < 0.02:
        lines.append(random.choice(lines))
    host = [] if b"host" in headers else [b"host: collector"]
    if random.random() < 0.9:
        return b"\r\n".join([line, *host, b"content-length: %d" % len(body), *lines, b"", body])
    return b"\r\n".join([line, *host, b"transfer-encoding: chunked", *lines, b"", _chunks(random, body)])


def _body(random: Random, draft: Draft) -> bytes:
    body = bent(random, draft.said) if draft.said and random.random() < 0.75 else draft.body
    if not body and random.random() < 0.3:
        body = bent(random, random.choice(drafts()).said or b"{}")
    if random.random() < 0.2:
        body = broken(random, body)
    return packed(random, body) if random.random() < 0.2 else body


def _headers(random: Random, draft: Draft, *, body: bytes, now_ms: int) -> dict[bytes, bytes]:
    said = _proofs(random, draft, body=body, now_ms=now_ms)
    for _ in range(random.choice((0, 0, 1, 2, 4))):
        name = random.choice(NAMES)
        said[name] = random.choice(HEADERS[name])
    if random.random() < 0.03:
        name = random.choice(FRAMING_NAMES)
        said[name] = random.choice(FRAMING[name])
    if said and random.random() < 0.1:
        said.pop(random.choice(sorted(said)))
    if random.random() < 0.01:
        said |= {b"x-%d" % number: b"y" for number in range(random.choice((40, 150, 2_000)))}
    return said


def _proofs(random: Random, draft: Draft, *, body: bytes, now_ms: int) -> dict[bytes, bytes]:
    """Its own headers, and most of the time what lets it in."""
    said = {name.lower(): value for name, value in draft.headers.items() if name.lower() != "content-length"}
    if draft.path == "/v1/crm/hubspot" and random.random() < 0.8:
        said |= hubspot_headers(body, at=now_ms, secret=HUBSPOT)
    if draft.path == "/v1/crm/pipedrive" and random.random() < 0.8:
        said["authorization"] = _basic(PIPEDRIVE)
    if body[:2] == b"\x1f\x8b" and random.random() < 0.7:
        said["content-encoding"] = "gzip"
    if "authorization" not in said and random.random() < 0.5:
        said["authorization"] = _basic(f"{random.choice(KEYS)}:")
    return {name.encode("latin-1"): value.encode("latin-1", "replace") for name, value in said.items()}


def _basic(user: str) -> str:
    return "Basic " + b64encode(user.encode()).decode()


def _path(random: Random, path: bytes) -> tuple[bytes, bool]:
    """A target, and whether a server may take it for something else than one."""
    if random.random() < 0.15:
        path = random.choice(paths()).encode()
    if random.random() < 0.15:
        path += b"?" + random.choice(QUERIES)
    if random.random() > 0.05:
        return path, False
    return random.choice(PATHS).replace(b"%s", path), True


def _chunks(random: Random, body: bytes) -> bytes:
    size = max(random.choice((1, 7, 100, 5_000, 100_000)), len(body) // 200 + 1)
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def _bytewise(random: Random, raw: bytes) -> bytes:
    """Turned somewhere, most of the time in its head: there the server itself reads."""
    if random.random() < 0.3:
        return broken(random, raw)
    head, end, body = raw.partition(b"\r\n\r\n")
    return broken(random, head + end) + body
