"""Apprise: one list of its URLs by rep or team, for the many services that have no file of their own here.

Apprise blocks, so it has threads of its own, as many as a channel has attempts under way; one that hangs is left behind
at the deadline, and while all are held up the channel is busy. It says yes or no, never why: a no is busy. Of several
URLs those that took a post are not told again while this process lives.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from schemas.ids import Naming
from schemas.posts import Digest, Post, Receipt
from streams.channels.apprise_services import EVERYBODY_ELSE, Service, Services, services_of
from streams.channels.errors import ChannelBusy, NoAddress
from streams.channels.told import Told, ToldDigest
from streams.channels.words import Words
from streams.core.routing import Routing
from streams.outgoing.addresses import Reach
from streams.settings import Settings

__all__ = ["AppriseChannel", "make_apprise"]

DEADLINE_S: Final = 8.0
THREADS: Final = 4
REMEMBERED: Final = 1_000  # posts that some of their URLs took


class AppriseChannel:
    """`services` by recipient_id; those of `*` take what is for everybody else."""

    name: Final = "apprise"

    def __init__(self, services: Services, words: Words, *, now: Callable[[], int]) -> None:
        self._services = services
        self._words = words
        self._now = now
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="apprise")
        self._working = 0
        self._took: OrderedDict[str, set[int]] = OrderedDict()

    async def deliver(self, post: Post | Digest) -> Receipt:
        """Tell all URLs of this recipient within 8 s. Raises ChannelBusy, NoAddress."""
        services = self._services.get(post.to) or self._services.get(EVERYBODY_ELSE)
        if not services:
            raise NoAddress("LEADSTREAM_APPRISE__ADDRESSES names no URL for this recipient")
        if self._working >= THREADS:
            raise ChannelBusy(retry_after_s=0, detail="all threads are held up")
        told = self._words.alert(post) if isinstance(post, Post) else self._words.digest(post)
        took = self._remembered(post.post_id)
        try:
            async with asyncio.timeout(DEADLINE_S):
                await asyncio.shield(self._start(list(services), told, took=took))
        except TimeoutError as error:
            raise ChannelBusy(retry_after_s=0, detail="no answer in time") from error
        if left := len(services) - len(took):
            raise ChannelBusy(retry_after_s=0, detail=f"{left} of {len(services)} services took nothing")
        return Receipt(to=post.to, post_id=post.post_id, channel=self.name, outcome="sent", at=self._now())

    @property
    def working(self) -> int:
        """Threads that are at work, or held up."""
        return self._working

    async def close(self) -> None:
        """Threads that hang are left behind."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _start(self, services: list[Service], told: Told | ToldDigest, *, took: set[int]) -> asyncio.Future[None]:
        loop = asyncio.get_running_loop()
        self._working += 1
        started = loop.run_in_executor(self._threads, _tell, services, told, took)
        started.add_done_callback(self._ended)
        return started

    def _ended(self, ended: asyncio.Future[None]) -> None:
        self._working -= 1
        if not ended.cancelled():
            ended.exception()  # whoever waited heard of it; if nobody waits any more, nobody needs to

    def _remembered(self, post_id: str) -> set[int]:
        took = self._took.setdefault(post_id, set())
        while len(self._took) > REMEMBERED:
            self._took.popitem(last=False)
        return took


def make_apprise(settings: Settings, routing: Routing, *, now: Callable[[], int]) -> AppriseChannel | None:
    """The channel, where URLs are listed. Raises SettingsError."""
    listed = settings.apprise.addresses.get_secret_value()
    if not listed.strip():
        return None
    naming = Naming(settings.secret.get_secret_value().encode())
    services = services_of(listed, naming, Reach(settings.outgoing.private))
    return AppriseChannel(services, Words(routing, console_url=settings.console.public_url), now=now)


def _tell(services: list[Service], told: Told | ToldDigest, took: set[int]) -> None:
    """In a thread: those that did not take it yet, one after the other, until the time is over."""
    body, ends = "\n".join(filter(None, _lines(told))), time.monotonic() + DEADLINE_S
    for number, service in enumerate(services):
        left_s = ends - time.monotonic()
        if number not in took and left_s > 0 and service.notify(body, told.subject, body_format="text", timeout=left_s):
            took.add(number)


def _lines(told: Told | ToldDigest) -> Iterator[str]:
    """Plain and short: what it is for is a phone's screen."""
    if isinstance(told, Told):
        yield " · ".join(one for one in (told.badge, told.status, told.occasion) if one)
        yield from (f"{line.label}: {line.text}" for line in told.lines[1:])
    else:
        yield from (f"{alert.subject} {alert.url}".strip() for alert in told.alerts)
        yield from (f"{line.label}: {line.text}" for line in told.ahead)
        yield told.waiting
    yield told.url
