"""The channel that keeps posts and digests in memory: for tests and dry runs. Like a receiver it knows them by id."""

from collections import deque
from collections.abc import Callable
from typing import Final

from schemas.posts import Digest, Edit, Post, Receipt
from streams.channels.errors import ChannelError

__all__ = ["MemoryChannel"]


class MemoryChannel:
    """`posts` holds what was delivered, `edits` what was edited, by post_id.

    `fail_next` plans what the next deliveries meet.
    """

    name: Final = "memory"

    def __init__(self, *, now: Callable[[], int]) -> None:
        self.posts: dict[str, Post | Digest] = {}
        self.edits: dict[str, Edit] = {}
        self._now = now
        self._planned: deque[ChannelError] = deque()

    def fail_next(self, error: ChannelError) -> None:
        """The next delivery raises this."""
        self._planned.append(error)

    async def deliver(self, post: Post | Digest) -> Receipt:
        """Raises what was planned."""
        self._met()
        self.posts[post.post_id] = post
        return Receipt(to=post.to, post_id=post.post_id, channel=self.name, outcome="sent", at=self._now())

    async def edit(self, edit: Edit) -> Receipt:
        """Raises what was planned."""
        self._met()
        self.edits[edit.post_id] = edit
        return Receipt(to=edit.to, post_id=edit.post_id, channel=self.name, outcome="sent", at=self._now())

    async def close(self) -> None:
        """Nothing is held open."""

    def _met(self) -> None:
        if self._planned:
            raise self._planned.popleft()
