"""The channel that keeps posts and digests in memory: for tests and dry runs. Like a receiver it knows them by id."""

from collections import deque
from collections.abc import Callable
from typing import Final

from schemas.posts import Digest, Edit, LeadNews, Post, Receipt
from streams.channels.errors import ChannelError

__all__ = ["MemoryChannel"]


class MemoryChannel:
    """`posts` and `news` hold what was delivered, `edits` what was edited, by post_id.

    `fail_next` plans what the next deliveries meet.
    """

    name: Final = "memory"

    def __init__(self, *, now: Callable[[], int]) -> None:
        self.posts: dict[str, Post | Digest] = {}
        self.edits: dict[str, Edit] = {}
        self.news: dict[str, LeadNews] = {}
        self._now = now
        self._planned: deque[ChannelError] = deque()

    def fail_next(self, error: ChannelError) -> None:
        """The next delivery raises this."""
        self._planned.append(error)

    async def deliver(self, post: Post | Digest) -> Receipt:
        """Raises what was planned."""
        self._meet()
        self.posts[post.post_id] = post
        return Receipt(to=post.to, post_id=post.post_id, channel=self.name, outcome="sent", at=self._now())

    async def tell(self, news: LeadNews) -> Receipt:
        """Raises what was planned."""
        self._meet()
        self.news[news.post_id] = news
        return Receipt(to=news.to, post_id=news.post_id, channel=self.name, outcome="sent", at=self._now())

    async def edit(self, edit: Edit) -> Receipt:
        """Raises what was planned."""
        self._meet()
        self.edits[edit.post_id] = edit
        return Receipt(to=edit.to, post_id=edit.post_id, channel=self.name, outcome="sent", at=self._now())

    async def close(self) -> None:
        """Nothing is held open."""

    def _meet(self) -> None:
        if self._planned:
            raise self._planned.popleft()
