"""What a file is written in: its encoding by its bytes, its separator by its first line."""

import codecs
from typing import Final

from msgspec import Struct

from producers.errors import BadFile

__all__ = ["ENCODINGS", "Sniffed", "sniffed"]

ENCODINGS: Final = ("utf-8", "utf-16-le", "utf-16-be", "cp949")
_SEPARATORS: Final = (",", ";", "\t", "|")
_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"),
)  # fmt: skip
# So much of a file tells UTF-16 without a mark: every second byte of ASCII is 0.
_SAMPLE: Final = 4_096


class Sniffed(Struct, frozen=True):
    """A file as text.

    `mark` are the bytes before it (a byte order mark, or none); `text` holds
    the header, perhaps below empty lines.
    """

    encoding: str
    mark: bytes
    separator: str
    text: str


def sniffed(content: bytes, *, encoding: str | None = None) -> Sniffed:
    """UTF-8 with or without a mark, UTF-16 of both orders, CP949 (Korean); `encoding` says it instead of the bytes.

    Raises BadFile, which names the place and the fix.
    """
    mark, marked = next(((mark, name) for mark, name in _MARKS if content.startswith(mark)), (b"", ""))
    body = content[len(mark) :]
    chosen = marked or encoding or _guessed(body)
    try:
        text = body.decode(chosen)
    except (UnicodeDecodeError, LookupError) as error:
        raise BadFile(_told(body, chosen, error)) from error
    first, _, rest = text.partition("\n")
    if first.strip().lower().startswith("sep=") and len(first.strip()) == len("sep=") + 1:  # as Excel writes it
        return Sniffed(chosen, mark, first.strip()[-1], f"\n{rest}")
    return Sniffed(chosen, mark, _separator(first), text)


def _guessed(body: bytes) -> str:
    zeros = [body[parity:_SAMPLE:2].count(0) for parity in (0, 1)]
    if max(zeros) * 4 > len(body[:_SAMPLE]):
        return "utf-16-be" if zeros[0] > zeros[1] else "utf-16-le"
    try:
        body.decode()
    except UnicodeDecodeError:
        return "cp949"
    return "utf-8"


def _separator(line: str) -> str:
    """The one that stands most often outside quotes; a comma where there is none."""
    outside = "".join(line.split('"')[::2])
    return max(_SEPARATORS, key=lambda one: (outside.count(one), -_SEPARATORS.index(one)))


def _told(body: bytes, encoding: str, error: Exception) -> str:
    if not isinstance(error, UnicodeDecodeError):
        return f"{encoding} is no encoding that we know; there are {', '.join(ENCODINGS)}"
    width = 2 if encoding.startswith("utf-16") else 1
    end = b"\n".ljust(2, b"\0") if encoding == "utf-16-le" else b"\n".rjust(width, b"\0")
    line = body[: error.start].count(end) + 1
    return f"line {line} is not {encoding}: save the file as UTF-8, or name its encoding with --encoding"
