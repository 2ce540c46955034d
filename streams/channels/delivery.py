"""Dues on their way out: one bounded queue and a few tasks for each channel, so that a slow one holds up no other.

A due that finds its queue full is dropped and counted: its row asks the clock to say it again. A due that comes again
while it waits, or shortly after it was delivered, is not sent twice. Receipts go back to the recipient's row. A channel
that fails rests (`rest.py`); a due that failed goes behind the others.
"""

import asyncio
import random
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from typing import Final

import structlog
from msgspec.structs import replace

from schemas.posts import Digest, Edit, LeadNews, Post, Receipt
from streams.channels.base import Channel, Editor, TellsOfLeads
from streams.channels.errors import ChannelBusy, ChannelRefused
from streams.channels.lately import Lately
from streams.channels.rest import Rest
from streams.core.effects import Due
from streams.core.recipient.channel_state import ChannelState
from streams.metrics import Bound, Metrics

__all__ = ["DEADLINE_S", "Delivery"]

DEADLINE_S: Final = 10.0  # one attempt
QUEUE: Final = 1_000  # dues of one channel
REMEMBERED: Final = 10_000  # posts delivered lately
LANES: Final = 4  # attempts under way on one channel
ATTEMPTS: Final = 8  # then the clock says it again

_log = structlog.get_logger(__name__)


class Delivery:
    """`tell` hands a receipt to the outbox; `chance` gives 0..1 for the jitter."""

    def __init__(self, channels: Mapping[str, Channel], *, tell: Callable[[Receipt], None], metrics: Metrics,
                 now: Callable[[], int], chance: Callable[[], float] = random.random,  # noqa: S311  jitter
                 clock: Callable[[], float] = time.monotonic) -> None:  # fmt: skip
        self._channels = channels
        self._tell = tell
        self._metrics = metrics
        self._now = now
        self._queues: dict[str, asyncio.Queue[tuple[Due, int]]] = {name: asyncio.Queue(QUEUE) for name in channels}
        self._rests = {name: Rest(clock=clock, chance=chance) for name in channels}
        self._lately = Lately()
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
        queue.put_nowait((due, 0))

    async def run(self) -> None:
        """Delivers for ever: a few tasks for each channel."""
        async with asyncio.TaskGroup() as tasks:
            for name in self._queues:
                for lane in range(LANES):
                    tasks.create_task(self._serve(name), name=f"channel-{name}-{lane}")

    async def _serve(self, name: str) -> None:
        queue = self._queues[name]
        while True:
            due, tries = await queue.get()
            await self._rests[name].over()
            receipt = await self._attempted(due)
            if receipt is None and tries + 1 < ATTEMPTS and not queue.full():
                queue.put_nowait((due, tries + 1))  # behind the others: one that always fails holds up none
                continue
            self._waiting.discard((name, due.post.post_id))
            if receipt is not None:
                self._remember((name, due.post.post_id), receipt)
                self._metrics.count("channel_outcomes", name, receipt.outcome)
                self._tell(receipt)

    async def _attempted(self, due: Due) -> Receipt | None:
        """One attempt: the receipt, None where the channel is busy."""
        rest, retry_after_s = self._rests[due.channel], 0.0
        try:
            async with asyncio.timeout(DEADLINE_S):
                receipt = await _handed(self._channels[due.channel], due.post)
            rest.worked()
            self._lately.sent(due.channel, self._now())
        except ChannelRefused as error:
            rest.worked()
            self._lately.failed(due.channel, self._now(), why=str(error))
            _log.warning("channel_refused", channel=due.channel, post_id=due.post.post_id, why=str(error))
            return Receipt(to=due.post.to, post_id=due.post.post_id, channel=due.channel, outcome="refused",
                           detail=str(error), at=self._now())  # fmt: skip
        except ChannelBusy as error:
            retry_after_s = error.retry_after_s
            self._lately.failed(due.channel, self._now(), why=str(error))
            if rest.is_open:  # the first of a row: those that follow say no more
                _log.warning("channel_busy", channel=due.channel, post_id=due.post.post_id, why=str(error))
        except Exception as error:  # noqa: BLE001  a channel's bug must not end the worker
            self._lately.failed(due.channel, self._now(), why=type(error).__name__)
            _log.warning("channel_failed", channel=due.channel, post_id=due.post.post_id, error=type(error).__name__)
        else:
            return receipt
        self._metrics.count("channel_outcomes", due.channel, "busy")
        rest.failed(retry_after_s=retry_after_s)
        return None

    def bounds(self) -> list[Bound]:
        """Dues that wait, by channel, and receipts that are remembered."""
        queues = [Bound(f"channel_{name}_dues", queue.qsize(), QUEUE) for name, queue in self._queues.items()]
        return [*queues, Bound("remembered_receipts", len(self._answered), REMEMBERED)]

    def waiting(self) -> dict[str, int]:
        """Dues that wait, by channel: at most 1,000 each."""
        return {name: queue.qsize() for name, queue in self._queues.items()}

    def resting(self) -> dict[str, bool]:
        """Whether a channel failed and is left in peace."""
        return {name: not rest.is_open for name, rest in self._rests.items()}

    def states(self) -> tuple[ChannelState, ...]:
        """How each channel stands."""
        return tuple(
            replace(one, most=QUEUE, deadline_ms=int(DEADLINE_S * 1_000), failures=self._rests[one.name].failures,
                    rests_ms=int(self._rests[one.name].left_s * 1_000))
            for one in self._lately.states(self.waiting(), resting=self.resting())
        )  # fmt: skip

    def _remember(self, name: tuple[str, str], receipt: Receipt) -> None:
        self._answered[name] = receipt
        while len(self._answered) > REMEMBERED:
            self._answered.popitem(last=False)


async def _handed(channel: Channel, post: Post | Digest | LeadNews | Edit) -> Receipt:
    """Raises what the channel raises, and ChannelRefused where it is none for this."""
    if isinstance(post, LeadNews):
        if not isinstance(channel, TellsOfLeads):
            raise ChannelRefused(501, detail="tells nothing of leads")
        return await channel.tell(post)
    if isinstance(post, Edit):
        if not isinstance(channel, Editor):
            raise ChannelRefused(501, detail="it cannot edit")
        return await channel.edit(post)
    return await channel.deliver(post)
