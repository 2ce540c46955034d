"""What a channel is: one way out for posts and digests. Queue, retry and breaker belong to the recipients agent.

One that can show what became of an alert where it told of it edits too.
"""

from typing import Protocol, runtime_checkable

from schemas.posts import Digest, Edit, LeadNews, Post, Receipt

__all__ = ["Channel", "Editor", "TellsOfLeads"]


class Channel(Protocol):
    """One way out."""

    @property
    def name(self) -> str:
        """What routing rules and receipts call it."""
        ...

    async def deliver(self, post: Post | Digest) -> Receipt:
        """Deliver one post or digest; one that comes again carries the same id, so that twice is once at the receiver.

        Raises ChannelBusy, ChannelRefused. Answers within its own deadline.
        """
        ...

    async def close(self) -> None:
        """Give back what it holds open."""
        ...


@runtime_checkable
class Editor(Protocol):
    """A channel that can edit."""

    async def edit(self, edit: Edit) -> Receipt:
        """Show the newest card where the alert stands; where it stands nowhere any more, nothing. Notifies nobody.

        Raises ChannelBusy, ChannelRefused. Answers within its own deadline.
        """
        ...


@runtime_checkable
class TellsOfLeads(Protocol):
    """A channel that can also tell of leads: to programs, not to people."""

    async def tell(self, news: LeadNews) -> Receipt:
        """As `deliver`."""
        ...
