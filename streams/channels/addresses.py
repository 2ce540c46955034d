"""Where a recipient's mail goes: as the list of reps stands now, else as the CRM names the owner of the deal."""

from collections.abc import Iterator
from email.errors import MessageError
from email.headerregistry import Address
from typing import Final

from schemas.deals import Owner
from schemas.posts import Digest, Post
from streams.channels.errors import NoAddress
from streams.core.routing import Routing

__all__ = ["Addresses", "mail_address", "unencoded"]

LONGEST: Final = 320  # 64 before the @, 255 behind it (RFC 5321)
ENCODED: Final = "=?"  # how an encoded word begins (RFC 2047)
LONGEST_NAME: Final = 100  # the email package takes seconds to fold a header of thousands of letters


class Addresses:
    """`team`: where mail of teams goes, "" = nowhere."""

    def __init__(self, routing: Routing, *, team: str) -> None:
        self._routing = routing
        self._team = team

    def of(self, post: Post | Digest) -> Address:
        """Raises NoAddress, which names no person."""
        rep = self._routing.reps.get(post.to)
        if rep is not None:
            if not rep.active:
                raise NoAddress("this rep is not active in routing.toml")
            return _made(rep.email, name=rep.name)
        if post.to.startswith("team:"):
            if not self._team:
                raise NoAddress("LEADSTREAM_MAIL__TEAM is not set")
            return _made(self._team)
        owner = next((one for one in _owners(post) if one.recipient_id == post.to), None)
        if owner is None:
            raise NoAddress("routing.toml has no such rep")
        return _made(owner.email, name=owner.name)


def mail_address(text: str, *, name: str = "") -> Address:
    """One address that can stand in a header. Raises ValueError for control characters, no domain, too long."""
    if len(text) > LONGEST or not text.isprintable() or " " in text or ENCODED in text:
        raise ValueError("no e-mail address")
    local, at, domain = text.rpartition("@")
    if not (local and at and domain):
        raise ValueError("an e-mail address has a name, an @ and a domain")
    try:
        return Address(unencoded("".join(c for c in name if c.isprintable()))[:LONGEST_NAME], addr_spec=text)
    except (MessageError, ValueError, IndexError) as error:
        raise ValueError("no e-mail address") from error


def unencoded(text: str) -> str:
    """Text for a header that no reader decodes further: `=?utf-8?Q?=0D=0ABcc...?=` would become line ends in it.

    The email package decodes such words also in what it is handed, and writes the line ends.

    >>> unencoded("=?utf-8?Q?=0D=0ABcc=3A?=")
    '= ?utf-8?Q?=0D=0ABcc=3A?='
    """
    return text.replace(ENCODED, "= ?")


def _made(text: str, *, name: str = "") -> Address:
    try:
        return mail_address(text, name=name)
    except ValueError as error:
        raise NoAddress("the recipient's e-mail address is none") from error


def _owners(post: Post | Digest) -> Iterator[Owner]:
    """Whom the alerts name as the one to be told, or as the owner of the deal."""
    posts = (post,) if isinstance(post, Post) else post.posts
    ahead = () if isinstance(post, Post) else post.ahead
    for one in posts:
        yield from (owner for owner in (one.alert.recipient, one.alert.deal.owner) if owner is not None)
    yield from (one.deal.owner for one in ahead if one.deal.owner is not None)
