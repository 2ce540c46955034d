"""`python -m tests.upgrades.former worker`: a worker that writes what the release before this one wrote.

Its rows carry the header of format 1, which says nothing of rules; their bodies are this release's, where both are the
same. Whoever takes such a row over does not know which rules made it, and folds it again. Its settings, topics and
folds are the real ones.
"""

import os
import struct
import sys
from typing import Any, Final

from streams import app
from streams.__main__ import main
from streams.core.rows import ROWS, RowCodec, header

__all__ = ["FORMER", "FormerCodec"]

FORMER: Final = 1
_HEADER: Final = struct.Struct(">BIQq")
_BEHIND: Final = 25  # where the body begins, behind the header that also names rules


class FormerCodec(RowCodec[Any]):
    """Reads every format that is known, and writes the former one."""

    def __init__(self, present: RowCodec[Any]) -> None:
        self._present = present

    def encode(self, row: Any) -> bytes:
        """The row with the former header."""
        raw = self._present.encode(row)
        head = header(raw)
        return _HEADER.pack(FORMER, *head.version, head.wake_at or 0) + raw[_BEHIND:]

    def decode(self, raw: bytes) -> Any:
        """Any row."""
        return self._present.decode(raw)


if __name__ == "__main__":
    same = ("accounts", "leads", "recipients")  # tables whose body is what it was
    app.ROWS = {name: FormerCodec(codec) if name in same else codec for name, codec in ROWS.items()}  # type: ignore[misc]
    sys.exit(main(sys.argv[1:], dict(os.environ)))
