"""By what a message is found again in Slack: the id of its first block says which alert, post and card it shows.

It is not shown, and it stays when a message is edited, by a press too.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from msgspec import Struct

from schemas.posts import Digest, Post

__all__ = ["Mark", "Message", "mark_of", "marked"]

BEGINS: Final = "leadstream"
APART: Final = "|"  # in no id of ours


class Mark(Struct, frozen=True):
    """`about`: the alert, or the digest itself. `version`: the card's."""

    about: str
    post_id: str
    version: tuple[int, int]

    def block_id(self) -> str:
        """As Slack keeps it: far below its 255 characters."""
        return APART.join((BEGINS, self.about, self.post_id, *map(str, self.version)))


class Message(Struct, frozen=True):
    """One message of ours: `ts` is its id in its channel."""

    ts: str
    mark: Mark


def mark_of(post: Post | Digest) -> Mark:
    """What a message says of itself."""
    if isinstance(post, Digest):
        return Mark(post.post_id, post.post_id, (0, 0))
    version = post.alert.version
    return Mark(post.alert.alert_id, post.post_id, (version.epoch, version.offset))


def marked(page: Mapping[str, Any]) -> Iterator[Message]:
    """Our messages of a page of Slack's, in its order."""
    for one in page.get("messages") or ():
        blocks = one.get("blocks") or [{}]
        parts = str(blocks[0].get("block_id", "")).split(APART)
        if len(parts) == 5 and parts[0] == BEGINS and parts[3].isdecimal() and parts[4].isdecimal():
            yield Message(str(one.get("ts", "")), Mark(parts[1], parts[2], (int(parts[3]), int(parts[4]))))
