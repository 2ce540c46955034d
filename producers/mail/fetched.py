"""Whoever fetched a link or a pixel: what the request shows of it, and the mail event that tells of it.

Whether it was a person is judged later, by all that is known of the lead's mails; here stands only what nobody could
tell afterwards.
"""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from producers.mail.links import Link
from schemas.touches import MailEvent, MailKind

__all__ = ["Fetcher", "clicked", "fetcher_of", "opened", "unsubscribed"]

Headers = Mapping[bytes, bytes]
MAX_AGENT: Final = 1_024
_PREFETCHING: Final = (b"sec-purpose", b"purpose", b"x-purpose", b"x-moz")


class Fetcher(Struct, frozen=True, kw_only=True):
    """`ip` is shortened; `sign` is what proves a machine already, "" for nothing."""

    ip: str
    user_agent: str
    sign: str


def fetcher_of(method: str, headers: Headers, *, ip: str | None) -> Fetcher:
    """Who asks, as far as the request tells. `ip`: shortened."""
    agent = headers.get(b"user-agent", b"").decode("latin-1").strip()[:MAX_AGENT]
    return Fetcher(ip=ip or "", user_agent=agent, sign=_sign(method, headers, agent))


def clicked(link: Link, fetcher: Fetcher, *, at: int, chance: str) -> tuple[MailEvent, str]:
    """The event of a click, and its click id, which the destination learns. `chance`: 16 characters or more."""
    click_id = f"{link.lead_id}.{chance}"
    event = _event("clicked", link, fetcher, at=at, event_id=f"click:{chance}", click_id=click_id)
    return event, click_id


def opened(link: Link, fetcher: Fetcher, *, at: int) -> MailEvent:
    """One for each message, however often its pixel is fetched."""
    return _event("opened", link, fetcher, at=at, event_id=f"open:{link.message_id}")


def unsubscribed(link: Link, fetcher: Fetcher, *, at: int) -> MailEvent:
    """One for each message; told again it is the same, at a later time."""
    return _event("unsubscribed", link, fetcher, at=at, event_id=f"unsubscribe:{link.message_id}")


def _event(
    kind: MailKind, link: Link, fetcher: Fetcher, *, at: int, event_id: str, click_id: str = ""
) -> MailEvent:
    return MailEvent(
        to=link.lead_id, kind=kind, mail_event_id=event_id, message_id=link.message_id, at=at, link=link.number,
        click_id=click_id, sign=fetcher.sign, ip=fetcher.ip, user_agent=fetcher.user_agent,
        program_id=link.program_id,
    )  # fmt: skip


def _sign(method: str, headers: Headers, agent: str) -> str:
    if method == "HEAD":
        return "head"
    if not agent:
        return "no_user_agent"
    said = b" ".join(headers.get(name, b"") for name in _PREFETCHING).lower()
    return "prefetch" if b"prefetch" in said or b"preview" in said else ""
