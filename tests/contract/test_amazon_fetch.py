"""Amazon's certificate fetched over real TLS, from a server of our own with its name: who is believed, how long."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from producers.crm.proof import Knock
from producers.errors import NotFetched, Refused
from producers.mail.providers.amazon import MOST, client, fetch
from producers.mail.providers.sns import Certificates, prove
from tests.unit.producers.desk import NOW
from tests.unit.producers.mail_knocks import CERTIFICATE, TOPIC, pem, sns, sns_headers

AMAZON: Final = "sns.eu-west-1.amazonaws.com"
Answer = Callable[[asyncio.StreamWriter], Any]


class Authority:
    """Signs certificates of servers; `trusting`: a context that believes it and nobody else."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority of this test")])
        made = self._builder(self._name, self._key.public_key(), days=2)
        made = made.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        root = made.sign(self._key, SHA256()).public_bytes(Encoding.PEM).decode()
        self.trusting = ssl.create_default_context(cadata=root)

    def server(self, name: str, *, days: int = 1) -> ssl.SSLContext:
        """A server's side, for so many days from now; below 0: it ended."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = self._builder(subject, key.public_key(), days=days)
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        held = self._directory / "server.pem"
        held.write_bytes(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + made.sign(self._key, SHA256()).public_bytes(Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(held)
        return context

    def _builder(self, name: x509.Name, key: Any, *, days: int) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return x509.CertificateBuilder(
            self._name, name, key, x509.random_serial_number(), now - timedelta(days=9), now + timedelta(days=days)
        )


class There(httpx.AsyncHTTPTransport):
    """Leads every address to this port, and goes on asking for the name that was meant, as a resolver would."""

    def __init__(self, port: int, trusting: ssl.SSLContext) -> None:
        super().__init__(verify=trusting, trust_env=False)
        self._port = port

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.extensions["sni_hostname"] = request.url.host
        request.url = request.url.copy_with(host="127.0.0.1", port=self._port)
        return await super().handle_async_request(request)


class Server:
    """`asked` = first lines of the requests."""

    def __init__(self) -> None:
        self.port = 0
        self.asked: list[str] = []
        self.answer: Answer = partial(said, pem())
        self._heard: set[asyncio.Task[None]] = set()

    def hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._heard.add(asyncio.get_running_loop().create_task(self._hear(reader, writer)))

    async def ended(self) -> None:
        """Whoever asked has gone."""
        await asyncio.gather(*self._heard)

    async def _hear(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            if line := await reader.readline():
                self.asked.append(line.decode().strip())
                await self.answer(writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def said(body: bytes, writer: asyncio.StreamWriter, *, status: str = "200 OK", more: str = "") -> None:
    writer.write(f"HTTP/1.1 {status}\r\ncontent-length: {len(body)}\r\n{more}\r\n".encode() + body)
    await writer.drain()


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@asynccontextmanager
async def server(context: ssl.SSLContext) -> AsyncIterator[Server]:
    made = Server()
    listening = await asyncio.start_server(made.hear, "127.0.0.1", 0, ssl=context)
    made.port = listening.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        listening.close()
        await made.ended()


def fetcher(there: Server, authority: Authority, **more: Any) -> partial[Any]:
    """What the collector uses, led to this server."""
    return partial(fetch, opened=lambda: client(There(there.port, authority.trusting)), **more)


async def proven(body: bytes, certificates: Certificates) -> None:
    headers = {name.encode(): value.encode() for name, value in sns_headers(body).items()}
    knock = Knock(method="POST", uri="", headers=headers, body=body)
    await prove(knock, topics=(TOPIC,), now_ms=NOW, certificates=certificates)


async def test_a_certificate_of_amazon_s_host_proves_an_envelope_and_is_fetched_once(authority: Authority) -> None:
    async with server(authority.server(AMAZON)) as there:
        certificates = Certificates(fetcher(there, authority))
        await proven(sns("one"), certificates)
        await proven(sns("two"), certificates)
        assert there.asked == ["GET /SimpleNotificationService-0a1b2c.pem HTTP/1.1"]
        with pytest.raises(Refused, match="proof"):
            await proven(sns("three").replace(b"three", b"seven"), certificates)


@pytest.mark.parametrize(("name", "days"), [("sns.us-east-1.amazonaws.com", 1), ("evil.example", 1), (AMAZON, -1)])
async def test_a_server_that_is_not_amazon_s_is_not_believed(authority: Authority, name: str, days: int) -> None:
    """Another name, or one whose certificate ended: whoever answers in its place."""
    async with server(authority.server(name, days=days)) as there:
        with pytest.raises(NotFetched, match="ConnectError"):
            await fetcher(there, authority)(CERTIFICATE)
        assert there.asked == []


async def test_a_name_that_nobody_vouches_for_is_not_believed(authority: Authority, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    async with server(Authority(tmp_path / "other").server(AMAZON)) as there:
        with pytest.raises(NotFetched):
            await fetcher(there, authority)(CERTIFICATE)
        assert there.asked == []


async def test_by_itself_it_believes_the_authorities_of_the_web_alone(
    authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither a proxy nor a certificate that the environment names, and no server that only we vouch for."""
    async with server(authority.server("localhost")) as there:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{there.port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(authority._directory / "server.pem"))
        with pytest.raises(NotFetched):
            await fetch(f"https://localhost:{there.port}/x.pem")
        assert there.asked == []


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (partial(said, b"", status="302 Found", more="location: https://evil.example/x.pem\r\n"), "status 302"),
        (partial(said, b"gone", status="404 Not Found"), "status 404"),
        (partial(said, b"", status="500 Oops"), "status 500"),
        (partial(said, b"x" * (MOST + 1)), "more than"),
    ],
)
async def test_an_answer_that_is_no_certificate_is_none(authority: Authority, answer: Answer, why: str) -> None:
    async with server(authority.server(AMAZON)) as there:
        there.answer = answer
        with pytest.raises(NotFetched, match=why):
            await fetcher(there, authority)(CERTIFICATE)
        assert len(there.asked) == 1, "and nobody else is asked"


async def test_an_answer_that_never_ends_is_given_up(authority: Authority) -> None:
    async with server(authority.server(AMAZON)) as there:
        forever = asyncio.Event()

        async def drip(writer: asyncio.StreamWriter) -> None:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx")
            await forever.wait()

        there.answer = drip
        with pytest.raises(NotFetched, match="TimeoutError"):
            await fetcher(there, authority, deadline_s=0.2)(CERTIFICATE)
        forever.set()
