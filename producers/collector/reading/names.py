"""The names in an event: how many there are, and how long they are."""

import re
from typing import Final

from msgspec import DecodeError
from msgspec.json import Decoder

__all__ = ["names_over_a_cap"]

MAX_NAMES: Final = 1_000
MAX_NAME: Final = 128  # characters
_text: Final = Decoder(str).decode
_TEXT: Final = re.compile(rb'"((?:[^"\\]|\\.)*+)"(\s*+:)?', re.DOTALL)


def names_over_a_cap(raw: bytes) -> str:
    """Which cap this event's names are over, "" = none. Linear in the event."""
    count = 0
    for found in _TEXT.finditer(raw):
        if found[2] is None:
            continue
        count += 1
        if len(found[1]) > MAX_NAME and _characters(found[1]) > MAX_NAME:
            return f"a name of more than {MAX_NAME} characters"
    return f"{count} names, more than {MAX_NAMES}" if count > MAX_NAMES else ""


def _characters(name: bytes) -> int:
    """Escapes are one each; of what is no text, its bytes."""
    try:
        return len(_text(b'"' + name + b'"'))
    except (ValueError, DecodeError):
        return len(name)
