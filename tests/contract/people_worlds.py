"""Channels for people, each with its far end: mail, Teams, Apprise."""

import json
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import time_ns
from typing import Any

from schemas.posts import Digest, Post
from streams.channels.addresses import Addresses, mail_address
from streams.channels.apprise.channel import AppriseChannel
from streams.channels.apprise.lines import Setup
from streams.channels.apprise.process import AppriseProcess
from streams.channels.apprise.services import listed_of
from streams.channels.mail.channel import MailChannel, MailServer
from streams.channels.teams.channel import TeamsChannel
from streams.channels.words.message import Words
from streams.outgoing.addresses import Reach
from streams.outgoing.client import Outgoing
from tests.contract.smtp_stub import SmtpStub
from tests.serving import served
from tests.unit.core.made import NAMING, example_rules

ROUTING = example_rules(routing='[[rep]]\nemail = "kim@us.example"\nname = "Kim Sør"').routing
KIM = NAMING.recipient_of("kim@us.example")
WORDS = Words(ROUTING, console_url="https://c.example/")
REACH = Reach(frozenset({"127.0.0.1"}))


def outgoing() -> Outgoing:
    """What may go to this machine."""
    return Outgoing(REACH)


def now() -> int:
    return time_ns() // 1_000_000


class Http(ThreadingHTTPServer):
    """Answers POSTs as planned and keeps the bodies of those it took. `hang` cleared: it does not answer."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.planned: deque[tuple[int, dict[str, str]]] = deque()
        self.bodies: list[Any] = []
        self.requests = 0
        self.hang = threading.Event()
        self.hang.set()


class _Handler(BaseHTTPRequestHandler):
    server: Http
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.server.requests += 1
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.hang.wait(10)
        status, headers = self.server.planned.popleft() if self.server.planned else (202, {})
        if status < 300:
            self.server.bodies.append(json.loads(body))
        self.send_response(status)
        for name, value in {"content-length": "0", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Quiet."""


@contextmanager
def http() -> Iterator[Http]:
    server = Http()
    with served(server):
        try:
            yield server
        finally:
            server.hang.set()


def mail_channel(stub: SmtpStub, **how: Any) -> MailChannel:
    server = MailServer(**({"host": "127.0.0.1", "port": stub.port, "security": "plain"} | how))
    sender = mail_address("alerts@us.example", name="Leadstream")
    return MailChannel(server, WORDS, addresses=Addresses(ROUTING, team="sales@us.example"), sender=sender, now=now)


def apprise_channel(listed: str, *, reach: Reach = REACH, command: Sequence[str] = ()) -> AppriseChannel:
    urls = listed_of(listed, NAMING, reach)
    process = AppriseProcess(Setup(urls=urls, private_hosts=reach.private_hosts), command=command)
    return AppriseChannel(urls, WORDS, process=process, now=now)


def card_of(body: Any) -> Any:
    (attachment,) = body["attachments"]
    return attachment["content"]


class MailWorld:
    """SMTP has no word for when to come again; 550 is its final no."""

    tells_when = False

    def __init__(self, stub: SmtpStub) -> None:
        self.stub = stub
        self.channel = mail_channel(stub)

    def plan(self, status: int, *, retry_after: str = "") -> int:
        code = 451 if status >= 429 else 550
        self.stub.plan("RCPT", code)
        return code

    def received(self) -> list[str]:
        ids = [str(one["Message-ID"]).strip("<>").partition("@")[0] for one in self.stub.messages]
        return list(dict.fromkeys(ids))


class TeamsWorld:
    tells_when = True

    def __init__(self, far: Http) -> None:
        self.far = far
        self.channel = TeamsChannel(f"http://127.0.0.1:{far.server_port}/flow", WORDS, outgoing=outgoing(), now=now)

    def plan(self, status: int, *, retry_after: str = "") -> int:
        self.far.planned.append((status, {"retry-after": retry_after} if retry_after else {}))
        return status

    def received(self) -> list[str]:
        return list(dict.fromkeys(card_of(body)["body"][0]["id"] for body in self.far.bodies))


class AppriseWorld:
    """Apprise says yes or no only, and shows no id: what arrives is told apart by its title."""

    tells_when = False

    def __init__(self, far: Http, *known: Post | Digest) -> None:
        self.far = far
        urls = f'"*" = ["json://127.0.0.1:{far.server_port}/"]'
        self.channel = apprise_channel(urls)
        self._titles = {_title(one): one.post_id for one in known}

    def plan(self, status: int, *, retry_after: str = "") -> int:
        self.far.planned.append((status, {}))
        return status

    def received(self) -> list[str]:
        return [self._titles[body["title"]] for body in self.far.bodies]


def _title(post: Post | Digest) -> str:
    return (WORDS.alert(post) if isinstance(post, Post) else WORDS.digest(post)).subject
