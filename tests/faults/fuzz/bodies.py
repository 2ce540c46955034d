"""Bodies that nobody should send: JSON bent out of shape, bytes that are no JSON, gzip that is none."""

import gzip
import json
import zlib
from collections.abc import Callable, Sequence
from copy import deepcopy
from random import Random
from typing import Any, Final

__all__ = ["bent", "broken", "packed"]

ZERO_ID: Final = "00000000-0000-0000-0000-000000000000"
ODD: Final[Sequence[Any]] = (
    None, True, False, 0, -1, 2**53 + 1, 2**63, 2**64, 1.5, 1e308, 1e18, -1e18, 1_795_252_570, 1_795_252_570_000,
    "", "null", "undefined", "0", ZERO_ID, "anonymous", "x" * 9_000, "a" * 330 + "@b.example", "a@b", "\uffff", "\x00",
    "\x1b[31m", "\ud800", "\udc00x", "\u202egro.elpmaxe", "line\r\nBcc: a@b.example", "🦊" * 40, "=HYPERLINK(1)",
    "2026-13-45T99:99:99Z", "55840-01-01T00:00:00Z", "1970-01-01T00:00:00Z", "-0001-01-01", "now", "javascript:1",
    "<script>alert(1)</script>", "{{7*7}}", "'; drop table", "http://[::1", [], {}, [[]], [None], {"__proto__": {}},
    {"constructor": {"prototype": {}}}, "track", "page", "identify", "alias", "group", "screen", "batch",
)  # fmt: skip
# What no encoder of JSON would write, or what is too large to copy.
RAW: Final[Sequence[bytes]] = (
    b"NaN", b"Infinity", b"-Infinity", b"1e999", b"-1e999", b"-0", b"1" * 5_000, b"0x10", b"01", b"tru", b"'a'", b"",
    b'"\\x"', b'"\\ud800"', b'"\\udc00\\ud800"', b'{"a":1,"a":2}', b'{"email":"a@b.example","email":"c@d.example"}',
    b"[" * 17 + b"]" * 17, b"[" * 3_000 + b"]" * 3_000, b'{"a":' * 40 + b"1" + b"}" * 40, b"\xff\xfe", b'"\xc3("',
    b'"\xed\xa0\x80"', b",", b"{", b"]", b"/**/1", b'"' + b"y" * 33_000 + b'"', b"[" + b'{"a":1},' * 900 + b"1]",
    b"{" + b"".join(b'"%d":1,' % number for number in range(1_100)) + b'"":1}',
)  # fmt: skip
KEYS: Final = (
    "type", "messageId", "anonymousId", "userId", "event", "traits", "properties", "context", "timestamp", "sentAt",
    "originalTimestamp", "groupId", "previousId", "batch", "writeKey", "integrations", "receivedAt", "ip", "score",
    "__proto__", "", "k" * 10_000, "\x00", "é", "data", "schema", "e", "eid", "ue_px", "cx", "dtm", "stm", "email",
)  # fmt: skip
WRAPS: Final = (b"\xef\xbb\xbf%b", b"data=%b", b"\n\t %b", b"%b\n\n", b"[%b]", b'{"batch":%b}', b"callback(%b)")
_MARK: Final = "@raw@"
BOMB: Final = gzip.compress(bytes(20_000_000))


def bent(random: Random, said: bytes) -> bytes:
    """JSON with a few nodes that are not as they should be; `said`: as it should be."""
    tree = json.loads(said)
    for _ in range(random.choice((0, 1, 1, 2, 3, 6))):
        tree = _changed(random, tree)
    spaces = random.choice(((",", ":"), (", ", ": ")))
    body = json.dumps(tree, ensure_ascii=random.random() < 0.5, separators=spaces).encode("utf-8", "surrogatepass")
    mark = f'"{_MARK}"'.encode()
    while mark in body:
        body = body.replace(mark, random.choice(RAW), 1)
    return body


def _changed(random: Random, tree: Any) -> Any:
    """One node of it is another, gone, twice or under another name."""
    place = tree
    while True:
        inner = list(place.values()) if isinstance(place, dict) else place if isinstance(place, list) else []
        deeper = [one for one in inner if isinstance(one, dict | list) and one]
        if not deeper or random.random() < 0.35:
            break
        place = random.choice(deeper)
    odd = _MARK if random.random() < 0.3 else deepcopy(random.choice(ODD))
    if isinstance(place, dict) and place:
        _in_dict(random, place, odd)
    elif isinstance(place, list) and place:
        _in_list(random, place, odd)
    else:
        return odd
    return tree


def _in_dict(random: Random, place: dict[str, Any], odd: Any) -> None:
    key = random.choice(list(place))
    match random.randrange(5):
        case 0:
            del place[key]
        case 1:
            place[random.choice(KEYS)] = odd
        case 2:
            place[random.choice(KEYS)] = place.pop(key)
        case _:
            place[key] = odd


def _in_list(random: Random, place: list[Any], odd: Any) -> None:
    at = random.randrange(len(place))
    match random.randrange(5):
        case 0:
            del place[at]
        case 1:
            place[:] = place * random.choice((2, 5, 40))
            del place[600:]
        case 2:
            place.insert(at, odd)
        case _:
            place[at] = odd


def broken(random: Random, body: bytes) -> bytes:
    """The same bytes with some of them gone, turned, doubled or others'."""
    return random.choice(_BREAKS)(random, body)


def _turned(random: Random, body: bytes) -> bytes:
    made = bytearray(body or b"x")
    for _ in range(random.choice((1, 1, 3, 20))):
        made[random.randrange(len(made))] = random.randrange(256)
    return bytes(made)


def _cut(random: Random, body: bytes) -> bytes:
    return body[: random.randrange(len(body) + 1)]


def _put_in(random: Random, body: bytes) -> bytes:
    at = random.randrange(len(body) + 1)
    return body[:at] + random.choice((random.randbytes(random.randrange(1, 40)), *RAW)) + body[at:]


def _doubled(random: Random, body: bytes) -> bytes:
    at, end = sorted((random.randrange(len(body) + 1), random.randrange(len(body) + 1)))
    return body[:end] + body[at:end] * random.choice((1, 2, 9)) + body[end:]


def _wrapped(random: Random, body: bytes) -> bytes:
    return random.choice(WRAPS) % body


def _other(random: Random, body: bytes) -> bytes:
    text = body.decode("utf-8", "replace")
    others = (b"", b"null", b"[]", b"{}", b"7", b'""', b"a=1&b=2", text.encode("utf-16"), text.encode("utf-32"))
    return random.choice((*others, random.randbytes(64)))


_BREAKS: Final[Sequence[Callable[[Random, bytes], bytes]]] = (_turned, _cut, _put_in, _doubled, _wrapped, _other)


def packed(random: Random, body: bytes) -> bytes:
    """Gzip, half of the time not quite."""
    plain = gzip.compress(body, compresslevel=1, mtime=0)
    return plain if random.random() < 0.5 else random.choice(_PACKINGS)(random, plain, body)


_PACKINGS: Final[Sequence[Callable[[Random, bytes, bytes], bytes]]] = (
    lambda random, plain, _: _cut(random, plain),
    lambda random, plain, _: _turned(random, plain),
    lambda random, plain, _: plain[:-8] + random.randbytes(8),
    lambda random, plain, _: plain + random.randbytes(5),
    lambda random, plain, _: plain * random.choice((2, 50)),
    lambda _, plain, __: gzip.compress(plain, compresslevel=1, mtime=0),
    lambda _, __, body: zlib.compress(body, 1),
    lambda random, plain, _: BOMB if random.random() < 0.1 else plain,
)
