"""Apprise: one list of its URLs by rep or team, for the many services that have no folder of their own here.

It lives in a process of its own (`process.py`), since it blocks, and since it looks names up itself. One of
its threads that hangs is left behind at the deadline; when all are held up the process is started anew. It says yes or
no, never why: a no is busy. Of several URLs those that took a post are not told again while this process lives.
"""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Final

from schemas.ids import Naming
from schemas.posts import Digest, Post, Receipt
from streams.channels.apprise.lines import Setup
from streams.channels.apprise.process import AppriseProcess
from streams.channels.apprise.services import EVERYBODY_ELSE, Listed, listed_of
from streams.channels.errors import ChannelBusy, NoAddress
from streams.channels.words.message import Words
from streams.channels.words.told import Told, ToldDigest
from streams.core.routing import Routing
from streams.outgoing.addresses import Reach
from streams.settings import Settings

__all__ = ["AppriseChannel", "make_apprise"]

DEADLINE_S: Final = 8.0
REMEMBERED: Final = 1_000  # posts that some of their URLs took


class AppriseChannel:
    """`listed` by recipient_id; those of `*` take what is for everybody else."""

    name: Final = "apprise"

    def __init__(self, listed: Listed, words: Words, *, process: AppriseProcess, now: Callable[[], int]) -> None:
        self._listed = listed
        self._words = words
        self._now = now
        self._process = process
        self._took: OrderedDict[str, set[int]] = OrderedDict()

    async def deliver(self, post: Post | Digest) -> Receipt:
        """Tell all URLs of this recipient within 8 s. Raises ChannelBusy, NoAddress."""
        who = post.to if self._listed.get(post.to) else EVERYBODY_ELSE
        count = len(self._listed.get(who, ()))
        if not count:
            raise NoAddress("LEADSTREAM_APPRISE__ADDRESSES names no URL for this recipient")
        if self._process.is_held_up:
            await self._process.close()
            raise ChannelBusy(retry_after_s=0, detail="all threads were held up")
        took, ends = self._remembered(post.post_id), time.monotonic() + DEADLINE_S
        try:
            async with asyncio.timeout(DEADLINE_S):
                places = [one for one in range(count) if one not in took]
                await self._tell(who, places, post, took=took, ends=ends)
        except TimeoutError as error:
            raise ChannelBusy(retry_after_s=0, detail="no answer in time") from error
        if left := count - len(took):
            raise ChannelBusy(retry_after_s=0, detail=f"{left} of {count} services took nothing")
        return Receipt(to=post.to, post_id=post.post_id, channel=self.name, outcome="sent", at=self._now())

    @property
    def working(self) -> int:
        """Threads that are at work, or held up."""
        return self._process.working

    async def close(self) -> None:
        """Threads that hang end with their process."""
        await self._process.close()

    async def _tell(self, who: str, places: list[int], post: Post | Digest, *, took: set[int], ends: float) -> None:
        """One after the other. What is answered after the deadline counts too."""
        told = self._words.alert(post) if isinstance(post, Post) else self._words.digest(post)
        body = "\n".join(filter(None, _lines(told)))
        for place in places:
            answer = await self._process.ask(who, place, title=told.subject, body=body, ends=ends)
            answer.add_done_callback(_noting(place, took))
            if await asyncio.shield(answer):  # one that was there at once has not called back yet
                took.add(place)

    def _remembered(self, post_id: str) -> set[int]:
        took = self._took.setdefault(post_id, set())
        while len(self._took) > REMEMBERED:
            self._took.popitem(last=False)
        return took


def make_apprise(settings: Settings, routing: Routing, *, now: Callable[[], int]) -> AppriseChannel | None:
    """The channel, where URLs are listed. Raises SettingsError."""
    text = settings.apprise.addresses.get_secret_value()
    if not text.strip():
        return None
    reach = Reach(settings.outgoing.private)
    listed = listed_of(text, Naming(settings.secret.get_secret_value().encode()), reach)
    process = AppriseProcess(Setup(urls=listed, private_hosts=reach.private_hosts))
    return AppriseChannel(listed, Words(routing, console_url=settings.console.public_url), process=process, now=now)


def _noting(place: int, took: set[int]) -> Callable[[asyncio.Future[bool]], None]:
    def note(answer: asyncio.Future[bool]) -> None:
        if not answer.cancelled() and answer.exception() is None and answer.result():
            took.add(place)

    return note


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
