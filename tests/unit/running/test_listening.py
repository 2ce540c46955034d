import socket

import pytest

from running.listening import own_port, own_url


class Refused(Exception):
    """As a caller names it."""


def port_of(host: str, port: int) -> int:
    return own_port(host, port, setting="HOST and PORT", refused=Refused)


def test_a_port_that_somebody_has_is_not_shared_with_them() -> None:
    """The server would: each of both would get some of the requests."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Refused, match=rf"^HOST and PORT: 127\.0\.0\.1:{port}: Address already in use$"):
            port_of("127.0.0.1", port)
    assert port_of("127.0.0.1", port) == port


def test_none_asked_for_is_a_free_one() -> None:
    with socket.create_server(("127.0.0.1", port_of("127.0.0.1", 0))) as ours:
        assert ours.getsockname()[1] not in {0, port_of("127.0.0.1", 0)}


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
@pytest.mark.parametrize("port", [0, 8080])
def test_an_address_of_another_machine_is_told(host: str, port: int) -> None:
    with pytest.raises(Refused, match=f"^HOST and PORT: {host}:{port}: "):
        port_of(host, port)


@pytest.mark.parametrize(
    ("host", "url"),
    [("127.0.0.1", "http://127.0.0.1:8080"), ("::1", "http://[::1]:8080"), ("site.example", "http://site.example:8080")],
)
def test_an_address_of_ipv6_stands_in_brackets(host: str, url: str) -> None:
    """Else a browser reads its last part as the port."""
    assert own_url(host, 8080) == url
