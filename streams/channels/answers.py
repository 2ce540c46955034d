"""A POST to an HTTP receiver, and what its answer says of it: taken, come again, or never."""

from collections.abc import Callable, Mapping
from typing import Final

from streams.channels.errors import ChannelBusy, ChannelRefused
from streams.channels.retry_after import NOT_ASKED, retry_after_s
from streams.outgoing.client import Answer, Outgoing
from streams.outgoing.errors import OutgoingError

__all__ = ["asked_s", "posted"]

TAKEN: Final = frozenset({200, 201, 202, 204})
BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})


async def posted(
    outgoing: Outgoing, url: str, body: bytes, *,
    headers: Mapping[str, str], deadline_s: float, now: Callable[[], int], largest: int = 0,
) -> Answer:  # fmt: skip
    """The answer of a receiver that took it, with at most `largest` bytes of its body (0 = none is read).

    `now`: UTC milliseconds. Raises ChannelBusy, ChannelRefused.
    """
    try:
        answer = await outgoing.post(
            url, body, headers=headers, deadline_s=deadline_s, largest=largest, read=largest > 0
        )
    except OutgoingError as error:
        raise ChannelBusy(retry_after_s=NOT_ASKED, detail=str(error)) from error
    if answer.status in BUSY:
        raise ChannelBusy(retry_after_s=asked_s(answer, now_ms=now()), detail=str(answer.status))
    if answer.status not in TAKEN:
        raise ChannelRefused(answer.status)
    return answer


def asked_s(answer: Answer, *, now_ms: int) -> float:
    """How long the receiver asks to be left alone, in seconds; 0 = it says nothing of that."""
    return retry_after_s(answer.headers.get("retry-after", ""), now_ms=now_ms)
