"""`<file>.rejected.csv`: the rows that were not imported, as they were, with a first column that says why.

It is written in the encoding and with the separator of its file, so that it can be mended and imported.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from producers.importers.plan import Plan, Rejected

__all__ = ["RejectsFile", "rejects_path"]

REASON = "reason"


def rejects_path(file: Path) -> Path:
    """Beside the file."""
    return file.with_name(f"{file.name}.rejected.csv")


class RejectsFile:
    """Made when there is the first row for it."""

    def __init__(self, path: Path, plan: Plan) -> None:
        self._path = path
        self._plan = plan

    def begin(self) -> None:
        """What an earlier run left is gone."""
        self._path.unlink(missing_ok=True)

    def add(self, rejected: Iterable[Rejected]) -> None:
        """Appends these rows. Raises OSError."""
        rows = [(f"line {one.line}: {one.why}", *one.cells) for one in rejected]
        if not rows:
            return
        new = not self._path.exists()
        head = [(REASON, *self._plan.columns.header)] if new else []
        with self._path.open("ab") as file:
            file.write((self._plan.file.mark if new else b"") + self._text([*head, *rows]))

    def _text(self, rows: Sequence[Sequence[str]]) -> bytes:
        text = io.StringIO()
        csv.writer(text, delimiter=self._plan.file.separator, lineterminator="\r\n").writerows(rows)
        return text.getvalue().encode(self._plan.file.encoding, "replace")
