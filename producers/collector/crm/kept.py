"""What a CRM said, kept and counted."""

from collections.abc import Sequence

from producers.collector.intake import Intake
from producers.collector.kept import keep
from producers.crm.told import CrmSignal, Unread
from producers.metrics import DEALS

__all__ = ["keep_signals"]


async def keep_signals(
    intake: Intake, signals: Sequence[CrmSignal], unread: Sequence[Unread], *, source: str, door: str, at: int
) -> None:
    """Returns when everything is safe. `door`: by what it was read. Raises SinkError: the sender must come again."""
    await keep(intake, signals, unread, inbox="signals", source=source, door=door, at=at)
    DEALS.labels(source).inc(len(signals))
