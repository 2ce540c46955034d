"""Dues on their way out: one bounded queue and one task for each channel, so that a slow one holds up nobody.

A due that finds its queue full is dropped and counted: its row asks the clock to say it again. A due that comes again
while it waits, or shortly after it was delivered, is not sent twice. Receipts go back to the recipient's row.
"""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from schemas.posts import Receipt
from streams.channels.base import Channel
from streams.channels.errors import ChannelBusy, ChannelRefused
from streams.core.effects import Due
from streams.metrics import Metrics

__all__ = ["DEADLINE_S", "Delivery"]

DEADLINE_S: Final = 10.0  # one attempt
QUEUE: Final = 1_000  # dues of one channel
REMEMBERED: Final = 10_000  # posts delivered lately
FIRST_S: Final = 1.0
LONGEST_S: Final = 60.0
ATTEMPTS: Final = 8

_log = structlog.get_logger(__name__)


class Delivery:
    """`tell` hands a receipt to the outbox; `chance` gives 0..1 for the jitter."""

    def __init__(self, channels: Mapping[str, Channel], *, tell: Callable[[Receipt], None], metrics: Metrics,
                 now: Callable[[], int], chance: Callable[[], float] = random.random) -> None:  # noqa: S311  jitter  # fmt: skip
        self._channels = channels
        self._tell = tell
        self._metrics = metrics
        self._now = now
        self._chance = chance
        self._queues: dict[str, asyncio.Queue[Due]] = {name: asyncio.Queue(QUEUE) for name in channels}
        self._waiting: set[tuple[str, str]] = set()
        self._answered: OrderedDict[tuple[str, str], Receipt] = OrderedDict()

    def offer(self, due: Due) -> None:
        """Takes a due in, or leaves it to the clock. Never waits."""
        name = (due.channel, due.post.post_id)
        if (receipt := self._answered.get(name)) is not None:
            self._tell(receipt)
            return
        queue = self._queues.get(due.channel)
        if name in self._waiting:
            return
        if queue is None or queue.full():
            self._metrics.count("dues_dropped", due.channel)
            return
        self._waiting.add(name)
        queue.put_nowait(due)

    async def run(self) -> None:
        """Delivers for ever: one task for each channel."""
        async with asyncio.TaskGroup() as tasks:
            for name in self._queues:
                tasks.create_task(self._serve(name), name=f"channel-{name}")

    async def _serve(self, name: str) -> None:
        queue, channel = self._queues[name], self._channels[name]
        while True:
            due = await queue.get()
            receipt = await self._delivered(channel, due)
            self._waiting.discard((name, due.post.post_id))
            if receipt is not None:
                self._remember((name, due.post.post_id), receipt)
                self._metrics.count("channel_outcomes", name, receipt.outcome)
                self._tell(receipt)

    async def _delivered(self, channel: Channel, due: Due) -> Receipt | None:
        """The receipt; None when it was given up for now, and the clock says it again."""
        wait_s = FIRST_S
        for _ in range(ATTEMPTS):
            try:
                async with asyncio.timeout(DEADLINE_S):
                    return await channel.deliver(due.post)
            except ChannelRefused as error:
                return Receipt(to=due.post.to, post_id=due.post.post_id, channel=due.channel, outcome="refused",
                               detail=str(error), at=self._now())  # fmt: skip
            except ChannelBusy as error:
                wait_s = max(wait_s, min(error.retry_after_s, LONGEST_S))
            except Exception as error:  # noqa: BLE001  a channel's bug must not end the worker
                _log.warning(
                    "channel_failed", channel=due.channel, post_id=due.post.post_id, error=type(error).__name__
                )
            self._metrics.count("channel_outcomes", due.channel, "busy")
            await asyncio.sleep(wait_s * (0.5 + self._chance() / 2))
            wait_s = min(wait_s * 2, LONGEST_S)
        return None

    def _remember(self, name: tuple[str, str], receipt: Receipt) -> None:
        self._answered[name] = receipt
        while len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)
