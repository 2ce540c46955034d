"""Tables as CSV that a spreadsheet opens and does not run: what begins like a formula is told as text.

The rule of OWASP: a cell must not begin with `=`, `+`, `-`, `@`, a tab or a line's end, nor with the wide forms of
those signs that some spreadsheets take for them. An apostrophe before it makes it text. Our numbers stay numbers.
"""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from typing import Final

from starlette.responses import Response

__all__ = ["csv_file", "csv_of", "neutral"]

MARK: Final = "\ufeff"  # by it spreadsheets know UTF-8
STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20", "|", "%")


def neutral(text: str) -> str:
    """Text that no spreadsheet takes for a formula, also behind spaces.

    >>> neutral("=HYPERLINK(1)"), neutral("  +1"), neutral("fair 2026")
    ("'=HYPERLINK(1)", "'  +1", 'fair 2026')
    """
    plain = text.replace("\x00", "")
    return f"'{plain}" if plain.startswith(STARTS) or plain.lstrip(" \u00a0\ufeff\u200b").startswith(STARTS) else plain


def csv_of(head: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> bytes:
    """UTF-8 with its mark, lines ended as RFC 4180 says; None is an empty cell."""
    made = StringIO(newline="")
    writer = csv.writer(made)
    writer.writerow(head)
    for row in rows:
        writer.writerow(["" if one is None else neutral(one) if isinstance(one, str) else one for one in row])
    return (MARK + made.getvalue()).encode()


def csv_file(name: str, head: Sequence[str], rows: Iterable[Sequence[str | float | None]]) -> Response:
    """The same as an answer that browsers keep as a file. `name`: ours, without its ending."""
    headers = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response(csv_of(head, rows), headers=headers, media_type="text/csv; charset=utf-8")
