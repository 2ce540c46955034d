"""The free-form parts of events (`properties`, `traits`): read late, cleaned, and never trusted to be what they say."""

import re
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import UNSET, DecodeError, Raw, UnsetType
from msgspec.json import Decoder

from schemas.codec import refusal
from schemas.errors import Undecodable
from schemas.lookups import remembered
from schemas.rejected import Reason

__all__ = ["clean_text", "object_of", "path_of", "text_of"]

MAX_TEXT: Final = 256
MAX_URL: Final = 2_048
_DECODER: Final[Decoder[Any]] = Decoder()
# Controls, line separators, and marks that turn or hide text: they forge log lines and names.
_UNSEEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")


def object_of(raw: Raw | UnsetType) -> dict[str, Any]:
    """A JSON object; {} for nothing or null. Raises Undecodable, whatever is wrong with it."""
    if raw is UNSET or not raw:
        return {}
    try:
        value = _DECODER.decode(raw)
    except (ValueError, RecursionError, DecodeError) as error:
        raise refusal(error) from error
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Undecodable(Reason.SCHEMA, "not an object")
    return value


def clean_text(text: str) -> str:
    """Without characters that nobody sees, trimmed, at most 256 characters."""
    if not text.isprintable():
        text = _UNSEEN.sub("", text)
    return text.strip()[:MAX_TEXT]


def text_of(value: object) -> str:
    """A plain value as text, "" for what is none (objects, lists, null)."""
    match value:
        case str():
            return clean_text(value)
        case bool():
            return "true" if value else "false"
        case int() | float():
            return f"{value:.15g}" if isinstance(value, float) else str(value)
        case _:
            return ""


def path_of(url: str) -> str:
    """The path that a URL or a path says, without query, fragment and trailing slash; `/` for what is none.

    >>> path_of("https://acme.example/pricing/?plan=a#b"), path_of("/pricing?x"), path_of("Our Pricing"), path_of("")
    ('/pricing', '/pricing', '/our-pricing', '/')
    """
    return _path_of(url[:MAX_URL].partition("?")[0].partition("#")[0])


@remembered("paths", most=16_384)
def _path_of(url: str) -> str:
    if "://" in url:
        try:
            path = urlsplit(url).path
        except ValueError:
            return "/"
    else:
        path = url if url.startswith("/") else "/" + url.strip().lower().replace(" ", "-")
    return clean_text(path).rstrip("/") or "/"
