"""What a CRM said, kept: signals in one block for each partition, what cannot be read in `rejected`."""

import asyncio
from collections.abc import Sequence

from producers.collector.intake import Intake
from producers.collector.latch import Latch
from producers.collector.wire import BadEvent
from producers.crm.told import CrmSignal, Unread
from producers.metrics import DEALS
from schemas.codec import encode, encode_block
from schemas.rejected import Reason
from schemas.topics import partition_of

__all__ = ["keep"]


async def keep(
    intake: Intake, signals: Sequence[CrmSignal], unread: Sequence[Unread], *, source: str, door: str, at: int
) -> None:
    """Returns when everything is safe. `door`: by what it was read. Raises SinkError: the sender must come again."""
    intake.outstanding.admit(len(signals) + len(unread))
    latch = Latch(asyncio.get_running_loop())
    for one in unread:
        intake.reject(BadEvent(one.raw, Reason.MAPPING, one.why), source=source, at=at, latch=latch, door=door)
    groups: dict[int, list[bytes]] = {}
    for signal in signals:
        groups.setdefault(partition_of(signal.to, intake.partitions), []).append(encode(signal))
    for partition, messages in groups.items():
        intake.outstanding.write(
            intake.topic("signals"), partition=partition, key=None, value=encode_block(messages), latch=latch
        )
    await latch.wait()
    DEALS.labels(source).inc(len(signals))
