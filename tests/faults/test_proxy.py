"""The network that fails on command fails as it says."""

import socket
from collections.abc import Iterator
from socketserver import StreamRequestHandler, ThreadingTCPServer

import pytest

from deploy.local.ports import HOST, free_ports
from tests.faults.proxy import PASS, Mode, Proxy
from tests.serving import served


class _Echo(StreamRequestHandler):
    def handle(self) -> None:
        try:
            while data := self.request.recv(65_536):
                self.request.sendall(data)
        except OSError:
            return


class _Server(ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    server = _Server((HOST, 0), _Echo)
    with served(server), Proxy(server.server_address[1]) as one:
        yield one


def door(proxy: Proxy) -> socket.socket:
    return socket.create_connection((HOST, proxy.port), timeout=60)


def said(one: socket.socket, data: bytes) -> bytes:
    one.sendall(data)
    back = b""
    while len(back) < len(data) and (more := one.recv(65_536)):
        back += more
    return back


def test_what_passes_comes_back_whole(proxy: Proxy) -> None:
    data = bytes(range(256)) * 2_000
    with door(proxy) as one:
        assert said(one, data) == data


def test_a_blackhole_says_nothing_and_loses_nothing(proxy: Proxy) -> None:
    with door(proxy) as one:
        assert said(one, b"before") == b"before"
        proxy.turn(Mode(kind="blackhole"))
        one.settimeout(0.2)
        with pytest.raises(TimeoutError):
            said(one, b"inside")
        proxy.turn(PASS)
        one.settimeout(60)
        assert one.recv(100) == b"inside"


def test_a_blackhole_takes_connections_and_leaves_them_silent(proxy: Proxy) -> None:
    proxy.turn(Mode(kind="blackhole"))
    with door(proxy) as one:
        one.settimeout(0.2)
        with pytest.raises(TimeoutError):
            said(one, b"hello")


def test_a_reset_breaks_what_there_is_and_what_comes(proxy: Proxy) -> None:
    with door(proxy) as one:
        assert said(one, b"before") == b"before"
        proxy.turn(Mode(kind="reset"))
        with pytest.raises(ConnectionResetError):
            said(one, b"after")
    with pytest.raises(ConnectionResetError), door(proxy) as other:
        said(other, b"hello")
    proxy.turn(PASS)
    with door(proxy) as again:
        assert said(again, b"healed") == b"healed"


def test_a_half_close_ends_one_direction(proxy: Proxy) -> None:
    with door(proxy) as one:
        assert said(one, b"before") == b"before"
        proxy.turn(Mode(kind="half_close"))
        assert one.recv(10) == b""
        one.sendall(b"still writes")


def test_a_slow_line_delays_each_byte_and_not_the_flow(proxy: Proxy) -> None:
    """20 chunks that each wait 0.2 s there and back arrive together, not one after another."""
    proxy.turn(Mode(delay_s=0.2))
    data = bytes(16_384) * 20
    with door(proxy) as one:
        one.settimeout(30)
        assert said(one, data) == data


def test_a_broker_that_is_down_refuses(proxy: Proxy) -> None:
    (nobody,) = free_ports(1)
    with Proxy(nobody) as other, pytest.raises(ConnectionResetError), door(other) as one:
        said(one, b"hello")
