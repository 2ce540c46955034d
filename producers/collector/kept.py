"""What somebody told us, on its way to rows: one block for each partition; what nobody could read in `rejected`."""

import asyncio
from collections.abc import Sequence

from producers.collector.intake import Intake
from producers.collector.latch import Latch
from producers.collector.reading.caps import BadEvent
from producers.crm.told import CrmSignal, Unread
from schemas.codec import encode, encode_block
from schemas.rejected import Reason
from schemas.topics import partition_of
from schemas.touches import MailEvent

__all__ = ["keep"]


async def keep(
    intake: Intake, messages: Sequence[CrmSignal | MailEvent], unread: Sequence[Unread], *,
    inbox: str, source: str, door: str, at: int,
) -> None:  # fmt: skip
    """Returns when everything is safe. `door`: by what it was read. Raises SinkError: it must come again."""
    intake.outstanding.admit(len(messages) + len(unread))
    latch = Latch(asyncio.get_running_loop())
    for one in unread:
        intake.reject(BadEvent(one.raw, Reason.MAPPING, one.why), source=source, at=at, latch=latch, door=door)
    groups: dict[int, list[bytes]] = {}
    for message in messages:
        groups.setdefault(partition_of(message.to, intake.partitions), []).append(encode(message))
    for partition, some in groups.items():
        intake.outstanding.write(
            intake.topic(inbox), partition=partition, key=None, value=encode_block(some), latch=latch
        )
    await latch.wait()
