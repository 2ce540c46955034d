"""What a list of alerts is made of: of each card the few fields that tell which part it is in and where it stands.

A list of five hundred is put in order by these; only the cards of one page are read whole.
"""

from typing import Final

from msgspec import Struct

from schemas.cards import AlertLevel, AlertStatus
from schemas.codec import Codec
from schemas.deals import Owner
from streams.readmodel.reader import Reader

__all__ = ["MOST", "AlertLine", "alert_lines"]

MOST: Final = 2_000  # of each state: about 20 ms of reading


class LineStrength(Struct, frozen=True):
    """R alone."""

    strength: int


class AlertLine(Struct, frozen=True, kw_only=True):
    """A part of `AlertCard`, by the same names."""

    alert_id: str
    account_id: str
    account_name: str
    level: AlertLevel
    status: AlertStatus
    as_of: int
    raised_at: int
    real_time_at: int | None
    strength: LineStrength
    fast_pass: bool
    recipient: Owner | None
    claimed_by: str = ""
    hold_until: int | None = None
    due_at: int | None = None


_LINE: Final[Codec[AlertLine]] = Codec(AlertLine)


async def alert_lines(reader: Reader, *statuses: AlertStatus, most: int = MOST) -> list[AlertLine]:
    """Those of these states, state by state: at most so many of each, the most urgent or the newest of closed ones.

    Raises ReadModelAway.
    """
    ids = [one for status in statuses for one in await reader.ids(f"alerts:{status}", most)]
    return await reader.many("alert", ids, _LINE)
