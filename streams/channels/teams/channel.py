"""Microsoft Teams: a card posted to the Workflows webhook of one channel, which all recipients of alerts read.

Teams knows no ids of messages behind a webhook: a post that came through while we crashed is shown twice.
"""

from collections.abc import Callable
from typing import Final

from schemas.posts import Digest, Post, Receipt
from streams.channels.answers import posted
from streams.channels.teams.card import card_body
from streams.channels.ways import checked, way_out
from streams.channels.words.message import Words
from streams.core.routing import Routing
from streams.outgoing.client import Outgoing
from streams.settings import Settings

__all__ = ["TeamsChannel", "make_teams"]

DEADLINE_S: Final = 8.0


class TeamsChannel:
    """One webhook. Its address is a secret: it is in no log and in no receipt."""

    name: Final = "teams"

    def __init__(self, url: str, words: Words, *, outgoing: Outgoing, now: Callable[[], int]) -> None:
        self._url = url
        self._outgoing = outgoing
        self._words = words
        self._now = now

    async def deliver(self, post: Post | Digest) -> Receipt:
        """Post one card within 8 s. Raises ChannelBusy, ChannelRefused."""
        told = self._words.alert(post) if isinstance(post, Post) else self._words.digest(post)
        await posted(
            self._outgoing, self._url, card_body(told), headers={"content-type": "application/json"},
            deadline_s=DEADLINE_S, now=self._now,
        )  # fmt: skip
        return Receipt(to=post.to, post_id=post.post_id, channel=self.name, outcome="sent", at=self._now())

    async def close(self) -> None:
        """Close the connections."""
        await self._outgoing.close()


def make_teams(settings: Settings, routing: Routing, *, now: Callable[[], int]) -> TeamsChannel | None:
    """The channel, where an address is set. Raises SettingsError."""
    url = settings.teams.url.get_secret_value()
    if not url:
        return None
    checked(settings, url, variable="LEADSTREAM_TEAMS__URL")
    words = Words(routing, console_url=settings.console.public_url)
    return TeamsChannel(url, words, outgoing=way_out(settings), now=now)
