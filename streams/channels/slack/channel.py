"""Slack: an alert is one message in a channel; what comes later edits it and stands in its thread.

Nothing is kept here that must not be lost: each message is marked with its alert and post (`marks.py`), and is
found again in the channel's history. So a post that comes again finds itself there. What was found or sent is
remembered for as long as the process lives.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final
from weakref import WeakValueDictionary

from msgspec.structs import replace

from schemas.posts import Digest, Edit, Post, Receipt
from streams.channels.slack.api import SlackApi, SlackSaidNo
from streams.channels.slack.blocks import alert_blocks, digest_blocks, note_blocks
from streams.channels.slack.marks import Mark, Message, mark_of, marked
from streams.channels.slack.places import SlackPlaces
from streams.channels.words.message import Words
from streams.channels.words.told import Told
from streams.core.rulebook.routing_rules import Language
from streams.outgoing.client import Outgoing
from streams.outgoing.slack_markup import escaped

__all__ = ["SlackChannel"]

PAGE: Final = 100
MOST_PAGES: Final = 5  # of history, from when the alert was raised; an older message is not found, a new one begins
SKEW_S: Final = 60  # how far Slack's clock may be behind ours
REMEMBERED: Final = 5_000
LONGEST_FALLBACK: Final = 300  # what a notification shows
QUIETLY: Final = {"link_names": False, "unfurl_links": False, "unfurl_media": False, "parse": "none", "mrkdwn": False}


class SlackChannel:
    """`token` "" = an incoming webhook, without threads. `answers`: the console hears what is pressed."""

    name: Final = "slack"

    def __init__(self, places: SlackPlaces, *, token: str, outgoing: Outgoing, words: Words, answers: bool,
                 language_of: Callable[[str], Language], now: Callable[[], int]) -> None:  # fmt: skip
        self._places = places
        self._has_token = bool(token)
        self._outgoing = outgoing
        self._api = SlackApi(places.api_url, token, outgoing=outgoing, now=now)
        self._words = words
        self._answers = answers
        self._language_of = language_of
        self._now = now
        self._first: OrderedDict[tuple[str, str], Message] = OrderedDict()  # by place and alert or digest
        self._there: OrderedDict[tuple[str, str], None] = OrderedDict()  # by place and post
        self._locks: WeakValueDictionary[tuple[str, str], asyncio.Lock] = WeakValueDictionary()

    async def deliver(self, post: Post | Digest) -> Receipt:
        """One post or digest, in a few calls of at most 4 s. Raises ChannelBusy, ChannelRefused."""
        place = self._places.place(post.to) if self._has_token else ""
        key = (place, post.alert.alert_id if isinstance(post, Post) else post.post_id)
        async with self._locks.setdefault(key, asyncio.Lock()):
            if (place, post.post_id) not in self._there:
                await self._told(post, key)
                _remember(self._there, (place, post.post_id), None)
        return Receipt(to=post.to, post_id=post.post_id, channel=self.name, outcome="sent", at=self._now())

    async def edit(self, edit: Edit) -> Receipt:
        """The alert's message shows the newest card, in one call or a few; nothing new stands anywhere.

        A message that is not found, or stands behind a webhook's address, stays as it is. Raises ChannelBusy,
        ChannelRefused.
        """
        if self._has_token:
            key = (self._places.place(edit.to), edit.alert.alert_id)
            async with self._locks.setdefault(key, asyncio.Lock()):
                first = self._first.get(key) or await self._found(key, since_ms=edit.alert.raised_at)
                if first is not None:
                    await self._shows(edit, key, first)
        return Receipt(to=edit.to, post_id=edit.post_id, channel=self.name, outcome="sent", at=self._now())

    async def close(self) -> None:
        """Close the connections."""
        await self._outgoing.close()

    async def _told(self, post: Post | Digest, key: tuple[str, str]) -> None:
        if not self._has_token:
            await self._api.hook(self._places.hook, self._message(post, mark_of(post)))
            return
        since_ms = min(post.at, post.alert.raised_at) if isinstance(post, Post) else post.at
        first = self._first.get(key) or await self._found(key, since_ms=since_ms)
        if first is not None and isinstance(post, Post):
            try:
                await self._went_on(post, key, first)
            except SlackSaidNo:  # somebody deleted it
                self._first.pop(key, None)
            else:
                return
        elif first is not None:
            return
        mark = mark_of(post)
        sent = await self._api.call("chat.postMessage", channel=key[0], **self._message(post, mark))
        _remember(self._first, key, Message(str(sent.get("ts", "")), mark))

    async def _went_on(self, post: Post, key: tuple[str, str], first: Message) -> None:
        """The message shows the newest card; what is new stands below it, once."""
        mark = mark_of(post)
        if first.mark.post_id == mark.post_id:
            return
        await self._renewed(post, key, first)
        thread = await self._api.call("conversations.replies", channel=key[0], ts=first.ts, limit=PAGE)
        if any(one.mark.post_id == mark.post_id for one in marked(thread)):
            return
        told = self._words.alert(post)
        await self._api.call("chat.postMessage", channel=key[0], thread_ts=first.ts, text=_fallback(told),
                             blocks=note_blocks(told, mark=mark.block_id()), **QUIETLY)  # fmt: skip

    async def _renewed(self, post: Post, key: tuple[str, str], first: Message) -> None:
        """The message shows the card of this post if that is newer. Raises SlackSaidNo."""
        mark = mark_of(post)
        if mark.version > first.mark.version:
            shown = replace(mark, post_id=first.mark.post_id)
            await self._api.call("chat.update", channel=key[0], ts=first.ts, **self._message(post, shown))
            _remember(self._first, key, Message(first.ts, shown))

    async def _shows(self, edit: Edit, key: tuple[str, str], first: Message) -> None:
        """The message of an edit, unless somebody deleted it."""
        card = edit.alert
        told = Post(to=edit.to, post_id=first.mark.post_id, level=card.level, at=edit.at, alert=card)
        try:
            await self._renewed(told, key, first)
        except SlackSaidNo:
            self._first.pop(key, None)

    async def _found(self, key: tuple[str, str], *, since_ms: int) -> Message | None:
        """The message of an alert or a digest in the channel's history; the newest where there are two."""
        oldest = str(since_ms // 1000 - SKEW_S)
        asked: dict[str, object] = {"channel": key[0], "oldest": oldest, "limit": PAGE}
        for _ in range(MOST_PAGES):
            page = await self._api.call("conversations.history", **asked)
            for one in marked(page):
                if one.mark.about == key[1]:
                    _remember(self._first, key, one)
                    return one
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
            asked["cursor"] = str(cursor)
        return None

    def _message(self, post: Post | Digest, mark: Mark) -> dict[str, Any]:
        if isinstance(post, Digest):
            digest = self._words.digest(post)
            blocks = digest_blocks(digest, mark=mark.block_id())
            return {"text": escaped(digest.subject, LONGEST_FALLBACK), "blocks": blocks, **QUIETLY}
        told = self._words.alert(post)
        blocks = alert_blocks(told, self._language_of(post.to), mark=mark.block_id(), answers=self._answers)
        return {"text": _fallback(told), "blocks": blocks, **QUIETLY}


def _fallback(told: Told) -> str:
    return escaped(f"{told.subject} {told.occasion}".strip(), LONGEST_FALLBACK)


def _remember(held: OrderedDict[Any, Any], key: object, value: object) -> None:
    held[key] = value
    held.move_to_end(key)
    while len(held) > REMEMBERED:
        held.popitem(last=False)
