"""Slack: an alert is one message in a channel; what comes later edits it and stands in its thread.

Nothing is kept here that must not be lost: each message carries the ids of its alert and post as metadata, and is
found again in the channel's history. So a post that comes again finds itself there. What was found or sent is
remembered for as long as the process lives.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final
from weakref import WeakValueDictionary

from msgspec import Struct

from schemas.posts import Digest, Post, Receipt
from streams.channels.slack_api import SlackApi, SlackSaidNo
from streams.channels.slack_blocks import alert_blocks, digest_blocks, escaped, note_blocks
from streams.channels.slack_places import SlackPlaces
from streams.channels.told import Told
from streams.channels.words import Words
from streams.core.routing_rules import Language
from streams.outgoing.client import Outgoing

__all__ = ["SlackChannel"]

EVENT: Final = "leadstream_post"
PAGE: Final = 100
MOST_PAGES: Final = 5  # of history, from when the alert was raised; an older message is not found, a new one begins
SKEW_S: Final = 60  # how far Slack's clock may be behind ours
REMEMBERED: Final = 5_000
LONGEST_FALLBACK: Final = 300  # what a notification shows
QUIETLY: Final = {"link_names": False, "unfurl_links": False, "unfurl_media": False, "parse": "none", "mrkdwn": False}


class _Message(Struct, frozen=True):
    """One that is there: where, and which post it was. `version` is that of the card it shows."""

    ts: str
    post_id: str
    version: tuple[int, int]


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
        self._first: OrderedDict[tuple[str, str], _Message] = OrderedDict()  # by place and alert or digest
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

    async def close(self) -> None:
        """Close the connections."""
        await self._outgoing.close()

    async def _told(self, post: Post | Digest, key: tuple[str, str]) -> None:
        if not self._has_token:
            await self._api.hook(self._places.hook, self._message(post))
            return
        first = self._first.get(key) or await self._found(post, key)
        if first is not None and isinstance(post, Post):
            try:
                await self._went_on(post, key, first)
            except SlackSaidNo:  # somebody deleted it
                self._first.pop(key, None)
            else:
                return
        elif first is not None:
            return
        sent = await self._api.call("chat.postMessage", channel=key[0], metadata=_metadata(post), **self._message(post))
        _remember(self._first, key, _Message(str(sent.get("ts", "")), post.post_id, _version(post)))

    async def _went_on(self, post: Post, key: tuple[str, str], first: _Message) -> None:
        """The message shows the newest card; what is new stands below it, once."""
        if first.post_id == post.post_id:
            return
        if _version(post) > first.version:
            shown = _Message(first.ts, first.post_id, _version(post))
            metadata = _metadata(post, post_id=first.post_id)
            await self._api.call("chat.update", channel=key[0], ts=first.ts, metadata=metadata, **self._message(post))
            _remember(self._first, key, shown)
        replies = await self._api.call(
            "conversations.replies", channel=key[0], ts=first.ts, include_all_metadata=True, limit=PAGE
        )
        if any(one.post_id == post.post_id for one in _ours(replies)):
            return
        told = self._words.alert(post)
        await self._api.call("chat.postMessage", channel=key[0], thread_ts=first.ts, metadata=_metadata(post),
                             text=_fallback(told), blocks=note_blocks(told), **QUIETLY)  # fmt: skip

    async def _found(self, post: Post | Digest, key: tuple[str, str]) -> _Message | None:
        """The message of an alert or a digest in the channel's history; the newest where there are two."""
        since_ms = min(post.at, post.alert.raised_at) if isinstance(post, Post) else post.at
        oldest = str(since_ms // 1000 - SKEW_S)
        asked = {"channel": key[0], "oldest": oldest, "include_all_metadata": True, "limit": PAGE}
        for _ in range(MOST_PAGES):
            page = await self._api.call("conversations.history", **asked)
            for one, about in _told_about(page):
                if about == key[1]:
                    _remember(self._first, key, one)
                    return one
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                break
            asked["cursor"] = str(cursor)
        return None

    def _message(self, post: Post | Digest) -> dict[str, Any]:
        if isinstance(post, Digest):
            digest = self._words.digest(post)
            return {"text": escaped(digest.subject, LONGEST_FALLBACK), "blocks": digest_blocks(digest), **QUIETLY}
        told = self._words.alert(post)
        blocks = alert_blocks(told, self._language_of(post.to), answers=self._answers)
        return {"text": _fallback(told), "blocks": blocks, **QUIETLY}


def _fallback(told: Told) -> str:
    return escaped(f"{told.subject} {told.occasion}".strip(), LONGEST_FALLBACK)


def _version(post: Post | Digest) -> tuple[int, int]:
    return (post.alert.version.epoch, post.alert.version.offset) if isinstance(post, Post) else (0, 0)


def _metadata(post: Post | Digest, *, post_id: str = "") -> dict[str, Any]:
    about = post.alert.alert_id if isinstance(post, Post) else post.post_id
    epoch, offset = _version(post)
    payload = {"about": about, "post_id": post_id or post.post_id, "epoch": epoch, "offset": offset}
    return {"event_type": EVENT, "event_payload": payload}


def _told_about(page: Mapping[str, Any]) -> Iterable[tuple[_Message, str]]:
    """Our messages of a page, with what each is about."""
    for one in page.get("messages") or ():
        metadata = one.get("metadata") or {}
        said = metadata.get("event_payload") or {}
        if metadata.get("event_type") == EVENT and isinstance(one.get("ts"), str):
            version = (int(said.get("epoch", 0)), int(said.get("offset", 0)))
            yield _Message(one["ts"], str(said.get("post_id", "")), version), str(said.get("about", ""))


def _ours(page: Mapping[str, Any]) -> Iterable[_Message]:
    return (one for one, _ in _told_about(page))


def _remember(held: OrderedDict[Any, Any], key: object, value: object) -> None:
    held[key] = value
    held.move_to_end(key)
    while len(held) > REMEMBERED:
        held.popitem(last=False)
