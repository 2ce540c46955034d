"""What the console needs for buttons that are pressed in Slack: the proof that Slack asks, and what is said later.

Slack waits three seconds and no more, so it hears at once that it was heard; what became of it follows by itself.
"""

import asyncio
import hmac
from collections.abc import Coroutine, Mapping
from hashlib import sha256
from typing import Any, Final

import structlog
from msgspec import json

from streams.outgoing.client import Outgoing
from streams.outgoing.errors import OutgoingError
from streams.outgoing.slack_markup import escaped

__all__ = ["SlackAnswers"]

OLDEST_S: Final = 300  # a request older than that is no proof
MOST_AT_ONCE: Final = 100
_JSON: Final = {"content-type": "application/json"}
log = structlog.get_logger()


class SlackAnswers:
    """`secret`: the app's signing secret. `members`: e-mail of a rep by Slack's id of a member."""

    def __init__(self, secret: str, *, outgoing: Outgoing, members: Mapping[str, str] | None = None) -> None:
        self._secret = secret.encode()
        self.members: Mapping[str, str] = members or {}
        self._outgoing = outgoing
        self._tasks: set[asyncio.Task[None]] = set()

    def proves(self, body: bytes, headers: Mapping[str, str], *, now: int) -> bool:
        """Whether these very bytes are signed by Slack, and not long ago. `now` in UTC milliseconds."""
        at = headers.get("x-slack-request-timestamp", "")
        if not (at.isascii() and at.isdigit() and len(at) <= 12) or abs(now // 1000 - int(at)) > OLDEST_S:
            return False
        wanted = "v0=" + hmac.new(self._secret, b"v0:" + at.encode() + b":" + body, sha256).hexdigest()
        return hmac.compare_digest(wanted.encode(), headers.get("x-slack-signature", "").encode())

    def begin(self, answer: Coroutine[Any, Any, None]) -> bool:
        """Goes on with it when Slack has its answer; False = too many are under way, nothing was begun."""
        if len(self._tasks) >= MOST_AT_ONCE:
            answer.close()
            return False
        task = asyncio.create_task(answer, name="slack-answer")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def say(self, response_url: str, text: str, *, thread: str = "") -> None:
        """A line to who pressed alone, or to all below the message `thread`. What does not get out is logged."""
        where = {"response_type": "in_channel", "thread_ts": thread} if thread else {"response_type": "ephemeral"}
        block = {"type": "section", "text": {"type": "plain_text", "text": escaped(text), "emoji": False}}
        await self._post(response_url, {**where, "replace_original": False, "text": escaped(text), "mrkdwn": False,
                                        "blocks": [block]})  # fmt: skip

    async def edit(self, response_url: str, blocks: list[dict[str, Any]], *, text: str) -> None:
        """The message that the button is in, anew. `text` for those who see no blocks."""
        await self._post(response_url, {"replace_original": True, "text": escaped(text), "mrkdwn": False,
                                        "blocks": blocks})  # fmt: skip

    async def close(self) -> None:
        """Ends what is under way."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._outgoing.close()

    async def _post(self, response_url: str, said: Mapping[str, object]) -> None:
        try:
            answer = await self._outgoing.post(response_url, json.encode(said), headers=_JSON)
        except OutgoingError as error:
            log.warning("slack_answer_lost", error=str(error))
            return
        if answer.status != 200:
            log.warning("slack_answer_lost", error=str(answer.status))
