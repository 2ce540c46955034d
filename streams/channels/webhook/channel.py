"""The generic webhook: a POST signed as Standard Webhooks says (https://www.standardwebhooks.com).

`webhook-id` is the post's id (it follows from alert, level and recipient; an edit's from the card's version), the same
on every retry: the receiver's idempotency key. While a secret is exchanged each POST has a signature of both. It leaves
through the guarded client, and the answer's body is never read.
"""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Final
from urllib.parse import quote

from standardwebhooks.webhooks import Webhook

from schemas.cards import AlertCard
from schemas.codec import encode
from schemas.posts import Digest, Edit, LeadNews, Post, Receipt
from schemas.webhooks import AlertChanged, AlertDigest, AlertRaised, ChangedData, DigestData, RaisedData
from streams.channels.answers import posted
from streams.channels.webhook.leads import told_of, written
from streams.outgoing.client import Outgoing

__all__ = ["WebhookChannel"]

DEADLINE_S: Final = 5.0
CLOSED: Final = ("done", "dismissed", "expired")


class WebhookChannel:
    """One receiver. `secrets`: one, or more while they are exchanged; each begins with `whsec_`.

    `console_url` "" = no link in the body. `outgoing` is closed with it.
    """

    name: Final = "webhook"

    def __init__(self, url: str, secrets: Sequence[str], *, outgoing: Outgoing, now: Callable[[], int],
                 console_url: str = "") -> None:  # fmt: skip
        self._url = url
        self._outgoing = outgoing
        self._signers = [Webhook(secret) for secret in secrets]
        self._now = now
        self._console_url = console_url.rstrip("/")

    async def deliver(self, post: Post | Digest) -> Receipt:
        """POST one post or digest within 5 s. Raises ChannelBusy, ChannelRefused."""
        return await self._posted(post, encode(self._told(post)))

    async def edit(self, edit: Edit) -> Receipt:
        """The same of what became of an alert."""
        return await self._posted(edit, encode(AlertChanged(
            type="alert.closed" if edit.alert.status in CLOSED else "alert.updated", timestamp=written(edit.at),
            data=ChangedData(url=self._link(edit.alert), alert=edit.alert),
        )))  # fmt: skip

    async def tell(self, news: LeadNews) -> Receipt:
        """The same of a lead."""
        return await self._posted(news, encode(told_of(news)))

    async def close(self) -> None:
        """Close the connections."""
        await self._outgoing.close()

    async def _posted(self, post: Post | Digest | LeadNews | Edit, body: bytes) -> Receipt:
        await posted(
            self._outgoing, self._url, body, headers=self._headers(post.post_id, body), deadline_s=DEADLINE_S,
            now=self._now,
        )  # fmt: skip
        return Receipt(to=post.to, post_id=post.post_id, channel=self.name, outcome="sent", at=self._now())

    def _headers(self, post_id: str, body: bytes) -> dict[str, str]:
        at = datetime.fromtimestamp(self._now() / 1000, UTC)
        return {
            "content-type": "application/json",
            "webhook-id": post_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": " ".join(signer.sign(post_id, at, body.decode()) for signer in self._signers),
        }

    def _told(self, post: Post | Digest) -> AlertRaised | AlertDigest:
        timestamp = written(post.at)
        if isinstance(post, Post):
            return AlertRaised(timestamp=timestamp, data=self._raised(post))
        alerts = tuple(self._raised(one) for one in post.posts)
        data = DigestData(post_id=post.post_id, alerts=alerts, ahead=post.ahead, waiting=post.waiting)
        return AlertDigest(timestamp=timestamp, data=data)

    def _raised(self, post: Post) -> RaisedData:
        return RaisedData(
            post_id=post.post_id, level=post.level, url=self._link(post.alert), alert=post.alert,
            occasion=post.occasion, detail=post.detail,
        )  # fmt: skip

    def _link(self, alert: AlertCard) -> str:
        return f"{self._console_url}/alerts/{quote(alert.alert_id, safe='')}" if self._console_url else ""
