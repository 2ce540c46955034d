"""Nothing that leaves goes inside: at the check of a setting and at the connection, on a real server that counts."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from subprocess import run

import pytest
import pytest_asyncio

from streams.outgoing import addresses
from streams.outgoing.addresses import Reach, is_public
from streams.outgoing.client import LARGEST_ANSWER, MOST_CONNECTIONS, Outgoing
from streams.outgoing.errors import Forbidden, OutgoingError, Unreached

ODD_SPELLINGS = [
    "127.1", "127.0.1", "2130706433", "0x7f.1", "0x7f000001", "017700000001", "0177.0.0.1", "0", "0.0.0.0", "127.0.0.1",
    "127.255.255.254", "localhost", "LOCALHOST", "localhost.", "[::1]", "[::]", "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[0:0:0:0:0:ffff:127.0.0.1]", "[::ffff:0:127.0.0.1]",
]  # fmt: skip
INSIDE = [
    "0.0.0.1", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.127.255.254", "127.0.0.2", "169.254.0.1",
    "169.254.169.254", "172.16.0.1", "172.31.255.254", "192.0.0.1", "192.0.0.8", "192.0.0.9", "192.0.0.10",
    "192.0.0.170", "192.0.2.1", "192.88.99.1", "192.168.0.1", "198.18.0.1", "198.19.255.254", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.255", "240.0.0.1", "255.255.255.255", "::", "::1", "::7f00:1",
    "::ffff:10.0.0.1", "::ffff:169.254.169.254", "::ffff:100.64.0.1", "::ffff:224.0.0.1", "64:ff9b::7f00:1",
    "64:ff9b::808:808", "64:ff9b:1::1", "100::1", "2001::1", "2001:0:7f00:1::", "2001:2::1", "2001:10::1", "2001:20::1",
    "2001:db8::1", "2002:7f00:1::", "2002:a9fe:a9fe::", "3fff::1", "5f00::1", "fc00::1", "fd00:ec2::254", "fe80::1",
    "fe80::1%1", "fec0::1", "ff02::1", "ff0e::1",
]  # fmt: skip
OUTSIDE = ["1.1.1.1", "8.8.8.8", "93.184.215.14", "172.32.0.1", "100.128.0.1", "::ffff:8.8.8.8", "2606:4700::1111"]


class Far:
    """Counts connections and requests, and answers as told: each piece after `pause_s`."""

    def __init__(self) -> None:
        self.connections = 0
        self.requests = 0
        self.sent = 0
        self.head = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n"
        self.pieces: tuple[bytes, int] = (b"ok", 1)
        self.pause_s = 0.0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.requests += 1
            assert b"content-length: 2" in head.lower()
            writer.write(self.head)
            piece, times = self.pieces
            for _ in range(times):
                writer.write(piece)
                await writer.drain()
                self.sent += len(piece)
                await asyncio.sleep(self.pause_s)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


@pytest_asyncio.fixture
async def far(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Far]:
    """Its port is open: only the look at the address stands before it."""
    one = Far()
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    monkeypatch.setattr(addresses, "PORTS", (one.port,))
    yield one
    server.close()


class Names:
    """A resolver that gives one answer after the other, then the last one for ever."""

    def __init__(self, *answers: Sequence[str]) -> None:
        self.answers = list(answers)
        self.asked = 0

    async def __call__(self, host: str, port: int) -> Sequence[str]:
        self.asked += 1
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


def private(far: Far) -> tuple[Outgoing, str]:
    return Outgoing(Reach(frozenset({"127.0.0.1"}))), f"http://127.0.0.1:{far.port}/"


async def post(outgoing: Outgoing, url: str, *, deadline_s: float = 60) -> object:
    return await outgoing.post(url, b"{}", headers={}, deadline_s=deadline_s)


@pytest.mark.parametrize("host", ODD_SPELLINGS)
async def test_row_42_an_odd_spelling_of_an_inside_address_is_refused_at_check_and_at_send(far: Far, host: str) -> None:
    outgoing = Outgoing(Reach())
    url = f"https://{host}:{far.port}/"
    with pytest.raises(OutgoingError):
        await outgoing.check(url)
    with pytest.raises(OutgoingError):
        await post(outgoing, url)
    assert far.connections == 0


@pytest.mark.parametrize("address", INSIDE)
async def test_row_43_an_inside_address_behind_a_name_is_refused_at_check_and_at_send(far: Far, address: str) -> None:
    """Also where it is only one of several."""
    assert not is_public(address)
    for found in ([address], ["8.8.8.8", address], [address, "8.8.8.8"]):
        outgoing = Outgoing(Reach(), resolve=Names(found))
        url = f"https://hooks.example:{far.port}/"
        with pytest.raises(Forbidden, match="LEADSTREAM_OUTGOING__PRIVATE_HOSTS"):
            await outgoing.check(url)
        with pytest.raises(Forbidden):
            await post(outgoing, url)
    assert far.connections == 0


@pytest.mark.parametrize("address", OUTSIDE)
async def test_an_address_of_the_open_internet_is_let_through(address: str) -> None:
    assert is_public(address)
    await Outgoing(Reach(), resolve=Names([address])).check("https://hooks.example:8443/x")


async def test_row_44_a_name_that_changes_its_mind_after_the_check_is_refused_at_the_connection(far: Far) -> None:
    outgoing = Outgoing(Reach(), resolve=Names(["8.8.8.8"], ["127.0.0.1"]))
    url = f"https://hooks.example:{far.port}/"
    await outgoing.check(url)
    with pytest.raises(Forbidden):
        await post(outgoing, url)
    assert far.connections == 0


async def test_row_44_the_name_is_asked_once_and_that_very_address_is_connected_to(far: Far) -> None:
    names = Names(["127.0.0.1"], ["8.8.8.8"])
    outgoing = Outgoing(Reach(frozenset({"hooks.example"})), resolve=names)
    await post(outgoing, f"http://hooks.example:{far.port}/")
    assert (names.asked, far.requests) == (1, 1)


async def test_row_44_a_redirect_to_the_inside_is_not_followed(far: Far) -> None:
    far.head = f"HTTP/1.1 302 Found\r\nlocation: http://127.0.0.1:{far.port}/\r\ncontent-length: 2\r\n\r\n".encode()
    outgoing, url = private(far)
    answer = await outgoing.post(url, b"{}", headers={})
    assert (answer.status, far.connections, far.requests) == (302, 1, 1)


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example:6379/", "https://hooks.example:80/", "https://hooks.example:22/", "http://hooks.example/",
        "ftp://hooks.example/", "file:///etc/passwd", "gopher://hooks.example/", "//hooks.example/", "hooks.example",
        "https://", "https:///x", "https://user:word@hooks.example/", "https://hooks.example@127.0.0.1/",
        "https://hooks.example\\@127.0.0.1/", "https://hooks.example/\r\nhost: x", "https://hooks.example:port/",
        "https://hooks.example:99999/", "https://①②⑦.0.0.1/", "",
    ],
)  # fmt: skip
async def test_row_44_only_https_and_two_ports_leave(url: str) -> None:
    outgoing = Outgoing(Reach(), resolve=Names(["8.8.8.8"]))
    with pytest.raises(Forbidden):
        await outgoing.check(url)
    with pytest.raises(Forbidden):
        await post(outgoing, url)


async def test_row_44_of_an_answer_of_a_gigabyte_64_kilobytes_are_read(far: Far) -> None:
    far.head = b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n"
    far.pieces = (b"x" * 65_536, 15_258)
    outgoing, url = private(far)
    with pytest.raises(Unreached, match=str(LARGEST_ANSWER)):
        await post(outgoing, url)
    assert far.sent < 50_000_000  # what the sockets of both sides took in


async def test_row_44_an_answer_that_drips_ends_at_the_total_deadline(far: Far) -> None:
    far.head = b"HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n"
    far.pieces, far.pause_s = (b"x", 10_000), 0.02
    outgoing, url = private(far)
    async with asyncio.timeout(30):
        with pytest.raises(Unreached, match="no answer in time"):
            await post(outgoing, url, deadline_s=3)
    assert 1 < far.sent < 1_000


async def test_a_crowd_that_gave_up_on_a_receiver_that_hangs_leaves_its_places_to_others(far: Far) -> None:
    answer, far.head, far.pause_s = far.head, b"", 3_600
    outgoing, url = private(far)
    for _ in range(3):
        crowd = (post(outgoing, url, deadline_s=0.2) for _ in range(2 * MOST_CONNECTIONS))
        assert {str(one) for one in await asyncio.gather(*crowd, return_exceptions=True)} == {"no answer in time"}
    far.head, far.pause_s = answer, 0
    assert all(await asyncio.gather(*(post(outgoing, url) for _ in range(2 * MOST_CONNECTIONS))))


async def test_no_proxy_is_taken_from_the_environment(far: Far, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    outgoing, url = private(far)
    await post(outgoing, url)
    assert far.requests == 1


async def test_nobody_there_and_no_such_name_are_unreached() -> None:
    outgoing = Outgoing(Reach(frozenset({"127.0.0.1"})))
    with pytest.raises(Unreached, match="ConnectError"):
        await post(outgoing, "http://127.0.0.1:1/")
    with pytest.raises(Unreached, match="no address"):
        await post(Outgoing(Reach(), resolve=Names([])), "https://nobody.example/")


@pytest.fixture
def certified(tmp_path: Path) -> tuple[Path, Path]:
    """Key and certificate of hooks.example."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
         "-subj", "/CN=hooks.example", "-addext", "subjectAltName=DNS:hooks.example", "-keyout", str(key),
         "-out", str(certificate)], check=True, capture_output=True)  # fmt: skip
    return key, certificate


async def test_the_certificate_must_be_that_of_the_name_though_an_address_is_connected_to(
    certified: tuple[Path, Path],
) -> None:
    key, certificate = certified
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    far = Far()
    server = await asyncio.start_server(far.serve, "127.0.0.1", 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    hosts = frozenset({"hooks.example", "other.example"})
    outgoing = Outgoing(Reach(hosts), resolve=Names(["127.0.0.1"]),
                        trusted=ssl.create_default_context(cafile=str(certificate)))  # fmt: skip
    await post(outgoing, f"https://hooks.example:{port}/")
    with pytest.raises(Unreached, match="ConnectError"):
        await post(outgoing, f"https://other.example:{port}/")
    assert far.requests == 1
    await outgoing.close()
    server.close()
