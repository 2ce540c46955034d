"""What a CRM said, kept: signals in one block for each partition, what cannot be read in `rejected`."""

import asyncio
from collections.abc import Sequence

from producers.collector.intake import Intake
from producers.collector.latch import Latch
from producers.collector.reading.wire import BadEvent
from producers.crm.told import CrmSignal, Unread
from producers.metrics import DEALS
from schemas.codec import encode, encode_block
from schemas.rejected import Reason
from schemas.topics import partition_of
from schemas.touches import MailEvent

__all__ = ["keep", "write_to_rows"]


async def keep(
    intake: Intake, signals: Sequence[CrmSignal], unread: Sequence[Unread], *, source: str, door: str, at: int
) -> None:
    """Returns when everything is safe. `door`: by what it was read. Raises SinkError: the sender must come again."""
    intake.outstanding.admit(len(signals) + len(unread))
    latch = Latch(asyncio.get_running_loop())
    for one in unread:
        intake.reject(BadEvent(one.raw, Reason.MAPPING, one.why), source=source, at=at, latch=latch, door=door)
    write_to_rows(intake, "signals", signals, latch=latch)
    await latch.wait()
    DEALS.labels(source).inc(len(signals))


def write_to_rows(intake: Intake, name: str, messages: Sequence[CrmSignal | MailEvent], *, latch: Latch) -> None:
    """Messages to rows of an inbox, one block for each partition; the latch hears when they are safe."""
    groups: dict[int, list[bytes]] = {}
    for message in messages:
        groups.setdefault(partition_of(message.to, intake.partitions), []).append(encode(message))
    for partition, some in groups.items():
        intake.outstanding.write(
            intake.topic(name), partition=partition, key=None, value=encode_block(some), latch=latch
        )
