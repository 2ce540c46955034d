"""What the rows of a backup remember, so that it holds no card or move of a decision that they do not (law 4).

Rows are read first. A decision that was taken behind them is left out: whoever restores folds its message again and
takes it again.
"""

from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from msgspec.json import Decoder

from deploy.upkeep.broker import Piece
from deploy.upkeep.newest import row_version
from schemas.activity import Version
from schemas.versions import packed, unpacked

__all__ = ["Remembered"]

_NOTHING: Final = b""


class _Card(Struct, frozen=True):
    version: Version
    lead_id: str = ""
    account_id: str = ""


_CARD: Final = Decoder(_Card)


class Remembered:
    """The version of every row, by table, and how far the rows of each partition reach in this epoch."""

    def __init__(self, epoch: int) -> None:
        self._epoch = epoch
        self._rows: dict[str, dict[bytes, bytes]] = defaultdict(dict)
        self._reached: dict[str, dict[int, int]] = defaultdict(dict)

    def note(self, table: str, piece: Piece) -> None:
        """One record of a table's changelog, in the order of its partition."""
        if piece.key is None:
            return
        if piece.value is None:
            self._rows[table].pop(piece.key, None)
            return
        version = row_version(piece.value)
        self._rows[table][piece.key] = max(version, self._rows[table].get(piece.key, _NOTHING))
        epoch, offset = unpacked(version)
        if epoch == self._epoch:
            reached = self._reached[table]
            reached[piece.partition] = max(offset + 1, reached.get(piece.partition, 0))

    def reached(self, table: str) -> Mapping[int, int]:
        """By partition: the offset behind the newest message that a row holds."""
        return self._reached[table]

    def knows(self, name: str, piece: Piece) -> bool:
        """Whether the row that said this card or move is here, and not older than it."""
        if piece.value is None:
            return True
        card = _CARD.decode(piece.value)
        table = "leads" if name in {"leads", "transitions"} else "accounts"
        key = card.lead_id if table == "leads" else card.account_id
        return self._rows[table].get(key.encode(), _NOTHING) >= packed(card.version)
