"""A second, bounded pass over a body that the fast one refused, so that one bad event does not cost its neighbours.

Three things are seen in real traffic: half of a surrogate pair (an emoji cut in two), `NaN` (Python's json writes it),
and one item that is not JSON at all. Linear in the body, which is <= 500 KB.
"""

import re
from typing import Final, NamedTuple

__all__ = ["Found", "items", "numbers", "surrogates", "without_strings"]

_STRING: Final = rb'"(?:[^"\\]|\\.)*+"'
_PAIR: Final = rb"u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
_HALF: Final = rb"u([dD][89a-fA-F])[0-9a-fA-F]{2}"
_ESCAPE: Final = re.compile(rb"\\(?:" + _PAIR + rb"|" + _HALF + rb"|.)", re.DOTALL)
_NOT_NUMBERS: Final = re.compile(_STRING + rb"|(-?Infinity|NaN)", re.DOTALL)
_TOKEN: Final = re.compile(_STRING + rb"|[\[\]{},]", re.DOTALL)
_STRINGS: Final = re.compile(_STRING, re.DOTALL)
_BATCH: Final = re.compile(rb'"batch"\s*:\s*\[')


class Found(NamedTuple):
    """The items of a batch, and the envelope with an empty list in their place."""

    items: list[bytes]
    envelope: bytes


def surrogates(text: bytes) -> bytes:
    """Each lone half of a surrogate pair becomes U+FFFD."""
    return _ESCAPE.sub(lambda found: rb"\ufffd" if found[1] else found[0], text)


def numbers(text: bytes) -> bytes:
    """NaN and Infinity become null: only to read the rest, never to keep."""
    return _NOT_NUMBERS.sub(lambda found: b"null" if found[1] else found[0], text)


def without_strings(text: bytes) -> bytes:
    """The text with every string emptied."""
    return _STRINGS.sub(b"", text)


def items(text: bytes) -> Found | None:
    """The items of `[...]`, or of `batch` in `{...}`, by their borders; None where there is no such list or no end."""
    start = _start(text)
    if start is None:
        return None
    level = 0
    border = start
    found: list[bytes] = []
    for token in _TOKEN.finditer(text, start):
        mark = token[0]
        if mark in (b"[", b"{"):
            level += 1
        elif mark in (b"]", b"}") and level:
            level -= 1
        elif mark == b"," and not level:
            found.append(text[border : token.start()].strip())
            border = token.end()
        elif mark == b"]":
            last = text[border : token.start()].strip()
            return Found([*found, last] if last or found else [], text[:start] + text[token.start() :])
    return None


def _start(text: bytes) -> int | None:
    """Where the list begins, behind its bracket."""
    if text[:1] == b"[":
        return 1
    level = 0
    for token in _TOKEN.finditer(text):
        mark = token[0]
        if mark in (b"[", b"{"):
            level += 1
        elif mark in (b"]", b"}"):
            level -= 1
        elif level == 1 and mark == b'"batch"':
            found = _BATCH.match(text, token.start())
            return None if found is None else found.end()
    return None
