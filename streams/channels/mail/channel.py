"""Mail by SMTP: one message to one recipient, all messages of an alert in one thread.

`Message-ID` follows from the post's id, the same on every retry: most servers show a repeat once. `References` names
the alert, so that mail programs put its messages together. A server that is away, greets with an error, refuses the
login or our own address is busy (those are ours to mend, and no alert is lost by them); what it says of the recipient
or of the message counts: 4xx is busy, 5xx is final.
"""

import asyncio
import ssl
from collections.abc import Callable
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import parseaddr
from typing import Final
from urllib.parse import quote

import aiosmtplib
from msgspec import Struct

from schemas.posts import Digest, Post, Receipt
from streams.channels.addresses import Addresses, mail_address, unencoded
from streams.channels.errors import ChannelBusy, ChannelRefused
from streams.channels.mail.form import as_html, as_text
from streams.channels.words.message import Words
from streams.core.routing import Routing
from streams.errors import SettingsError
from streams.settings import MailSettings, Settings

__all__ = ["MailChannel", "MailServer", "make_mail"]

DEADLINE_S: Final = 8.0  # of one message, from the connection to the server's word
PORTS: Final = {"starttls": 587, "tls": 465, "plain": 25}
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})
UNSPEAKABLE: Final = 553  # the server takes no such address


class MailServer(Struct, frozen=True, kw_only=True):
    """Where mail is handed in. `security`: starttls, tls or plain; `username` "" = no login.

    `trusted`: whose certificates count, None = those that the system trusts.
    """

    host: str
    port: int
    security: str = "starttls"
    username: str = ""
    password: str = ""
    trusted: ssl.SSLContext | None = None


class MailChannel:
    """One server, one sender."""

    name: Final = "mail"

    def __init__(self, server: MailServer, words: Words, *, addresses: Addresses, sender: Address,
                 now: Callable[[], int]) -> None:  # fmt: skip
        self.server = server
        self._words = words
        self._addresses = addresses
        self._sender = sender
        self._now = now

    async def deliver(self, post: Post | Digest) -> Receipt:
        """Hand in one message within 8 s. Raises ChannelBusy, ChannelRefused."""
        to = self._addresses.of(post)
        message = self.message(post, to)
        try:
            async with asyncio.timeout(DEADLINE_S):
                await self._hand_in(message, to=to.addr_spec)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _answered(error.recipients[0].code) from error
        except aiosmtplib.SMTPDataError as error:
            raise _answered(error.code) from error
        except aiosmtplib.SMTPNotSupported as error:
            raise ChannelRefused(UNSPEAKABLE) from error
        except TimeoutError as error:
            raise ChannelBusy(retry_after_s=0, detail="no answer in time") from error
        except (aiosmtplib.SMTPException, OSError) as error:
            code = getattr(error, "code", "")
            raise ChannelBusy(retry_after_s=0, detail=f"{type(error).__name__} {code}".strip()) from error
        return Receipt(to=post.to, post_id=post.post_id, channel=self.name, outcome="sent", at=self._now())

    async def close(self) -> None:
        """Nothing is held open: a connection lives as long as its message."""

    def message(self, post: Post | Digest, to: Address) -> EmailMessage:
        """Its headers refuse line ends: the email package raises ValueError for them, and encoded ones are text."""
        told = self._words.alert(post) if isinstance(post, Post) else self._words.digest(post)
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = to
        message["Subject"] = unencoded(told.subject)
        message["Date"] = datetime.fromtimestamp(self._now() / 1000, UTC)
        message["Message-ID"] = self._id(post.post_id)
        if isinstance(post, Post):
            message["References"] = message["In-Reply-To"] = self._id(post.alert.alert_id)
        message["Auto-Submitted"] = "auto-generated"
        message["X-Auto-Response-Suppress"] = "All"
        message.set_content(as_text(told))
        message.add_alternative(as_html(told), subtype="html")
        return message

    def _id(self, name: str) -> str:
        return f"<{quote(name, safe='')}@{self._sender.domain}>"

    async def _hand_in(self, message: EmailMessage, *, to: str) -> None:
        server = self.server
        client = aiosmtplib.SMTP(
            hostname=server.host, port=server.port, timeout=DEADLINE_S, use_tls=server.security == "tls",
            start_tls=server.security == "starttls", username=server.username or None,
            password=server.password or None, tls_context=server.trusted,
        )  # fmt: skip
        try:
            await client.connect()
            await client.send_message(message, sender=self._sender.addr_spec, recipients=[to])
        finally:
            client.close()  # no QUIT: a server that took the message and then hangs must not make us send it again


def make_mail(settings: Settings, routing: Routing, *, now: Callable[[], int]) -> MailChannel | None:
    """The channel, where a server is set. Raises SettingsError."""
    mail = settings.mail
    if not mail.host:
        return None
    name, address = parseaddr(mail.sender) if mail.sender.isprintable() else ("", "")
    try:
        sender = mail_address(address, name=name)
    except ValueError as error:
        raise SettingsError("LEADSTREAM_MAIL__SENDER: must be an e-mail address such as alerts@example.com") from error
    words = Words(routing, console_url=settings.console.public_url)
    return MailChannel(_server(mail), words, addresses=Addresses(routing, team=mail.team), sender=sender, now=now)


def _server(mail: MailSettings) -> MailServer:
    password = mail.password.get_secret_value() if mail.password else ""
    if mail.security == "plain" and mail.username and mail.host not in LOOPBACK:
        raise SettingsError(
            "LEADSTREAM_MAIL__SECURITY: plain would send the password readable; use starttls or tls, or no username"
        )
    try:
        trusted = ssl.create_default_context(cafile=mail.certificates) if mail.certificates else None
    except OSError as error:
        raise SettingsError(f"LEADSTREAM_MAIL__CERTIFICATES: cannot read {mail.certificates}: {error}") from error
    port = mail.port or PORTS[mail.security]
    return MailServer(
        host=mail.host, port=port, security=mail.security, username=mail.username, password=password, trusted=trusted
    )


def _answered(code: int) -> ChannelBusy | ChannelRefused:
    """What the server says of the recipient or the message: 4xx is for now, 5xx for good."""
    return ChannelRefused(code) if code >= 500 else ChannelBusy(retry_after_s=0, detail=str(code))
