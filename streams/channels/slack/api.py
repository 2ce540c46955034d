"""Slack's web API, as far as messages need it: call, read what came, tell busy from refused.

A fault of the set-up (a token revoked, an app that was not invited) is busy too: nothing is lost while an operator
mends it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from msgspec import DecodeError, json

from streams.channels.answers import asked_s, posted
from streams.channels.errors import ChannelBusy, ChannelRefused
from streams.outgoing.client import Answer, Outgoing

__all__ = ["SlackApi", "SlackSaidNo"]

DEADLINE_S: Final = 4.0  # of one call; a delivery may take two or three of them within its 10 s
LARGEST_PAGE: Final = 2_000_000  # a page of a channel's history
GONE: Final = frozenset({"message_not_found", "cant_update_message", "edit_window_closed", "thread_not_found"})
FINAL: Final = frozenset({
    "invalid_arguments", "invalid_blocks", "invalid_blocks_format", "invalid_metadata_format", "metadata_too_large",
    "msg_blocks_too_long", "msg_too_long", "no_text", "too_many_attachments",
})  # fmt: skip


class SlackSaidNo(Exception):
    """The message that was meant is not there any more."""


class SlackApi:
    """`token` "" = only `hook` works. `now` in UTC milliseconds."""

    def __init__(self, api_url: str, token: str, *, outgoing: Outgoing, now: Callable[[], int]) -> None:
        self._api_url = api_url.rstrip("/")
        self._token = token
        self._outgoing = outgoing
        self._now = now

    async def call(self, method: str, **arguments: object) -> dict[str, Any]:
        """What a method answers. Raises ChannelBusy, ChannelRefused, SlackSaidNo."""
        form = {name: one if isinstance(one, str) else json.encode(one).decode() for name, one in arguments.items()}
        headers = {"content-type": "application/x-www-form-urlencoded", "authorization": f"Bearer {self._token}"}
        answer = await self._post(f"{self._api_url}/{method}", urlencode(form).encode(), headers)
        return self._checked(answer, _decoded(answer.body))

    async def hook(self, url: str, message: Mapping[str, object]) -> None:
        """A message to an incoming webhook. Raises ChannelBusy, ChannelRefused."""
        await self._post(url, json.encode(message), {"content-type": "application/json"})

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        return await posted(
            self._outgoing, url, body, headers=headers, deadline_s=DEADLINE_S, now=self._now, largest=LARGEST_PAGE
        )

    def _checked(self, answer: Answer, said: dict[str, Any]) -> dict[str, Any]:
        if said.get("ok") is True:
            return said
        error = str(said.get("error", "no answer of Slack's"))[:80]
        if error in GONE:
            raise SlackSaidNo(error)
        if error in FINAL:
            raise ChannelRefused(answer.status, detail=error)
        raise ChannelBusy(retry_after_s=asked_s(answer, now_ms=self._now()), detail=error)


def _decoded(body: bytes) -> dict[str, Any]:
    try:
        said = json.decode(body)
    except DecodeError:
        return {}
    return said if isinstance(said, dict) else {}
