"""Why a broker refuses us, where no broker is needed: who is no Kafka says nothing wrong of it. `F2`: nor who hangs."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from aiokafka.errors import KafkaConnectionError
from kafka.errors import GroupAuthorizationFailedError

from deploy.local.embedded import embedded_broker
from kafka_access import refusals
from kafka_access.access import Access
from kafka_access.refusals import because, refusal
from tests.integration.certificates import Authority
from tests.patience import PATIENCE_S

TLS = {"security_protocol": "SSL"}
USER = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "username": "ann", "password": "x" * 16}


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """In production it is 2 s; who hangs sets its own."""
    monkeypatch.setattr(refusals, "TIMEOUT_S", PATIENCE_S)


@pytest.fixture
def answering() -> Iterator[Callable[[bytes], str]]:
    """A port that answers every request with these bytes, and then hangs up; b"" = at once."""
    stop = threading.Event()
    threads = []

    def listen(answer: bytes) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        server.settimeout(0.05)

        def serve() -> None:
            with server:
                while not stop.is_set():
                    try:
                        client, _ = server.accept()
                    except TimeoutError:
                        continue
                    with client:
                        if answer:
                            client.recv(4096)
                            client.sendall(answer)

        threads.append(threading.Thread(target=serve))
        threads[-1].start()
        return f"127.0.0.1:{server.getsockname()[1]}"

    yield listen
    stop.set()
    for one in threads:
        one.join()


@pytest.mark.parametrize("access", [{}, TLS, USER], ids=["plain", "tls", "user"])
@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\0\0\0\0", b"\xff\xff\xff\xff", b"\0\0\0\x05\0\0\0\7\0"],
    ids=["hangs up", "speaks HTTP", "nothing in it", "a negative size", "another's answer"],
)  # fmt: skip
def test_who_speaks_no_kafka_is_not_blamed_for_it(
    answering: Callable[[bytes], str], access: dict[str, str], answer: bytes
) -> None:
    assert refusal(Access(bootstrap_servers=answering(answer), **access)) == ""


def test_the_embedded_broker_lets_us_in_and_asks_nobody() -> None:
    """It takes a user too, and answers as a port that asks for one."""
    with embedded_broker() as where:
        assert refusal(where) == ""


def test_who_hangs_is_away_and_costs_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(refusals, "TIMEOUT_S", 0.2)
    began = time.monotonic()
    with socket.create_server(("127.0.0.1", 0)) as server:
        where = f"127.0.0.1:{server.getsockname()[1]}"
        assert because(where, KafkaConnectionError()) == "KafkaConnectionError"
    assert time.monotonic() - began < 10


def test_a_name_that_nobody_knows_and_a_port_without_anybody_leave_the_clients_word() -> None:
    assert because("nowhere.invalid:9092,127.0.0.1:1", KafkaConnectionError(), otherwise="as it said") == "as it said"


def test_a_right_that_is_missing_names_the_user_and_the_list() -> None:
    access = Access(**USER)
    said = because(access, GroupAuthorizationFailedError())
    assert said.startswith("GroupAuthorizationFailedError: the user ann may not do this")
    assert "docs/how-to/secured-kafka.md" in said


@pytest.fixture
def certified(tmp_path: Path) -> Iterator[tuple[Authority, int]]:
    """Who signed the certificate for 127.0.0.1 that a port shows; and the port."""
    authority, context = Authority(tmp_path), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.signed("broker"))
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = server.accept()
                with suppress(OSError), context.wrap_socket(client, server_side=True) as told:
                    told.recv(4096)

    thread = threading.Thread(target=serve)
    thread.start()
    yield authority, server.getsockname()[1]
    server.shutdown(socket.SHUT_RDWR)
    thread.join()
    server.close()


def test_a_certificate_of_somebody_else_names_whom_we_trust(certified: tuple[Authority, int], tmp_path: Path) -> None:
    other = Authority(tmp_path / "other", "other").ca
    said = refusal(Access(bootstrap_servers=f"127.0.0.1:{certified[1]}", security_protocol="SSL", ca=other))
    assert "shows a certificate that we do not trust" in said
    assert f"{other} (LEADSTREAM_KAFKA__CA)" in said


def test_a_certificate_for_another_name_says_so_and_may_be_let_pass(certified: tuple[Authority, int]) -> None:
    authority, port = certified
    told = {"bootstrap_servers": f"localhost:{port}", "security_protocol": "SSL", "ca": authority.ca}
    assert "is not for localhost" in refusal(Access(**told))
    assert refusal(Access(**told, check_hostname=False)) == ""  # it hangs up then, which is no refusal


def test_a_port_with_tls_tells_who_comes_by_plain_text(certified: tuple[Authority, int]) -> None:
    assert "speaks TLS: set LEADSTREAM_KAFKA__SECURITY_PROTOCOL=SSL" in refusal(f"127.0.0.1:{certified[1]}")
