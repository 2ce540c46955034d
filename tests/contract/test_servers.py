"""The collector as a process, on the server that ships and on its drop-in: real HTTP, a real broker, real signals."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from deploy.local.ports import free_ports
from deploy.local.topics import apply, wanted
from tests.integration.brokers import broker
from tests.integration.bus import Bus, wait_until

pytestmark = pytest.mark.kafka
SERVERS = ("granian", "uvicorn")


class Served:
    """One collector process."""

    def __init__(self, server: str, env: dict[str, str], log: Path) -> None:
        [self.port] = free_ports(1)
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = log
        uvicorn = ["uvicorn", "--factory", "producers.collector.server:create", "--port", str(self.port)]
        command = uvicorn if server == "uvicorn" else ["producers.collector"]
        whole = {**os.environ, **env, "LEADSTREAM_COLLECTOR__PORT": str(self.port)}
        with log.open("wb") as out:
            self.child = subprocess.Popen([sys.executable, "-m", *command], env=whole, stdout=out, stderr=out)

    def answers(self, path: str) -> int:
        """Status of a GET, 0 while nobody listens."""
        try:
            return httpx.get(self.url + path, timeout=30).status_code
        except httpx.TransportError:
            return 0

    def wait(self, path: str, status: int) -> None:
        wait_until(lambda: self.answers(path) == status, within_s=60, what=f"{path} {status}", every_s=0.03)


@pytest.fixture(scope="module")
def bootstrap() -> Iterator[str]:
    with broker("embedded") as address:
        yield address


@pytest.fixture
def bus(bootstrap: str) -> Iterator[Bus]:
    prefix = f"t{uuid.uuid4().hex[:10]}."
    apply(bootstrap, wanted(4, prefix=prefix, app_id=prefix + "app"))
    bus = Bus(bootstrap, prefix=prefix, app_id=prefix + "app")
    yield bus
    bus.close()


@pytest.fixture
def serve(bus: Bus, tmp_path: Path) -> Iterator[Callable[..., Served]]:
    """Starts collectors, and ends those that still run."""
    started: list[Served] = []
    env = {
        "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": bus.bootstrap,
        "LEADSTREAM_KAFKA__TOPIC_PREFIX": bus.prefix,
        "LEADSTREAM_SECRET": "no secret, only long enough",
        "LEADSTREAM_WRITE_KEYS": "wk_site=site",
    }

    def starter(server: str, **more: str) -> Served:
        started.append(Served(server, env | more, tmp_path / f"{server}.log"))
        return started[-1]

    yield starter
    for one in started:
        one.child.kill()
        one.child.wait(60)


def post(number: int) -> dict[str, object]:
    event = {"type": "page", "messageId": f"m{number}", "anonymousId": f"browser-{number % 50}"}
    return {"batch": [event], "writeKey": "wk_site"}


def stored(bus: Bus) -> set[str]:
    """Message ids of all events in `visits`."""
    blocks = (json.loads(record.value) for record in bus.read("visits"))
    return {event["messageId"] for block in blocks for delivery in block for event in delivery["events"]}


@pytest.mark.parametrize("server", SERVERS)
def test_what_was_answered_200_lies_in_kafka_and_sigterm_ends_it(
    server: str, serve: Callable[..., Served], bus: Bus
) -> None:
    one = serve(server)
    one.wait("/readyz", 200)
    with httpx.Client(timeout=30) as http:
        answers = [http.post(f"{one.url}/v1/batch", json=post(number)).status_code for number in range(200)]
    assert answers == [200] * 200
    assert stored(bus) == {f"m{number}" for number in range(200)}
    one.child.send_signal(signal.SIGTERM)
    assert one.child.wait(60) in (0, -signal.SIGTERM)
    assert one.answers("/healthz") == 0


@pytest.mark.parametrize("server", SERVERS)
def test_row_21_a_pixel_over_real_http_is_stored_and_its_head_is_not(
    server: str, serve: Callable[..., Served], bus: Bus
) -> None:
    """Also a query that is no text, and paths that a client would have tidied up."""
    one = serve(server)
    one.wait("/readyz", 200)
    query = b"writeKey=wk_site&anonymousId=b&event=x&name=%ff&messageId=m"
    gets = [told(one, b"GET /pixel/v1/track?" + query + number) for number in (b"1", b"2")]
    head = told(one, b"HEAD /pixel/v1/track?" + query + b"3")
    for start, headers, body in gets:
        assert (start, len(body), body[:6]) == (b"HTTP/1.1 200 OK", 43, b"GIF89a")
        assert b"content-length: 43" in headers
    assert (head[0], head[2], b"content-length: 43" in head[1]) == (b"HTTP/1.1 200 OK", b"", True)
    for path in (b"//pixel/v1/track", b"/pixel/v1/%2e%2e/track", b"/pixel/v1/../v1/track", b"/PIXEL/v1/track"):
        assert told(one, b"GET " + path + b"?" + query)[0].startswith((b"HTTP/1.1 404", b"HTTP/1.1 400"))
    assert stored(bus) == {"m1", "m2"}


def told(one: Served, request: bytes) -> tuple[bytes, list[bytes], bytes]:
    """Start line, headers in lower case and body of the answer to a request of exactly these bytes."""
    with socket.create_connection(("127.0.0.1", one.port), timeout=60) as connection:
        connection.sendall(request + b" HTTP/1.1\r\nHost: c\r\nConnection: close\r\n\r\n")
        answer = b"".join(iter(lambda: connection.recv(65_536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    start, *headers = head.split(b"\r\n")
    return start, [line.lower() for line in headers], body


@pytest.mark.parametrize("ended_by", [signal.SIGKILL, signal.SIGTERM], ids=lambda one: one.name)
def test_an_end_under_load_loses_nothing_that_was_answered_and_leaves_nobody_behind(
    ended_by: signal.Signals, serve: Callable[..., Served], bus: Bus
) -> None:
    """F2, F3: the process that was started is the one that answers, so its death is one."""
    one = serve("granian")
    one.wait("/readyz", 200)
    taken: set[str] = set()

    def send(first: int) -> None:
        with httpx.Client() as http:
            for number in range(first, first + 10_000):
                try:
                    if http.post(f"{one.url}/v1/batch", json=post(number), timeout=30).status_code == 200:
                        taken.add(f"m{number}")
                except httpx.TransportError:
                    return

    threads = [threading.Thread(target=send, args=(first,)) for first in range(0, 80_000, 10_000)]
    for thread in threads:
        thread.start()
    wait_until(lambda: len(taken) > 300, within_s=60, what="300 answers", every_s=0.01)
    one.child.send_signal(ended_by)
    for thread in threads:
        thread.join(60)
    one.child.wait(60)
    assert one.answers("/healthz") == 0
    assert taken <= stored(bus)


def test_without_kafka_it_lives_is_not_ready_and_says_503(serve: Callable[..., Served]) -> None:
    [nobody] = free_ports(1)
    one = serve("granian", LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS=f"127.0.0.1:{nobody}")
    one.wait("/healthz", 200)
    assert one.answers("/readyz") == 503
    answers = [httpx.post(f"{one.url}/v1/batch", json=post(number), timeout=30) for number in range(20)]
    assert {(answer.status_code, answer.headers["retry-after"]) for answer in answers} == {(503, "2")}
    said = [line for line in map(json.loads, one.log.read_text().splitlines()) if line["event"] == "not_safe"]
    assert len({line["why"] for line in said}) == len(said), "each reason once in half a minute"


def test_without_kafka_the_spool_takes_what_comes_and_a_second_collector_is_refused(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    [nobody] = free_ports(1)
    env = {"LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{nobody}",
           "LEADSTREAM_SPOOL__DIRECTORY": str(tmp_path / "spool")}  # fmt: skip
    one = serve("granian", **env)
    one.wait("/healthz", 200)
    assert httpx.post(f"{one.url}/v1/batch", json=post(1), timeout=30).status_code == 200
    two = serve("granian", **env)
    assert two.child.wait(60) == 2
    assert "leadstream collector: LEADSTREAM_SPOOL__DIRECTORY: another collector uses" in two.log.read_text()
    one.child.send_signal(signal.SIGTERM)
    assert one.child.wait(60) == 0
    assert list((tmp_path / "spool").glob("*.spool"))


def test_a_spool_that_cannot_be_written_ends_it_with_one_clear_message(
    serve: Callable[..., Served], tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    one = serve("granian", LEADSTREAM_SPOOL__DIRECTORY=str(tmp_path / "file"))
    assert one.child.wait(60) == 2
    said = f"leadstream collector: LEADSTREAM_SPOOL__DIRECTORY: cannot write {tmp_path / 'file'}: File exists"
    assert one.log.read_text().strip() == said


@pytest.mark.parametrize("server", SERVERS)
def test_a_declared_size_over_the_cap_is_refused_before_it_is_read(server: str, serve: Callable[..., Served]) -> None:
    one = serve(server)
    one.wait("/healthz", 200)
    with socket.create_connection(("127.0.0.1", one.port), timeout=60) as wire:
        wire.sendall(b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Length: 900000000\r\n\r\n{")
        assert b" 413 " in wire.recv(200)


def test_headers_that_do_not_end_are_cut_off(serve: Callable[..., Served]) -> None:
    one = serve("granian")
    one.wait("/healthz", 200)
    with socket.create_connection(("127.0.0.1", one.port), timeout=60) as wire:
        wire.sendall(b"POST /v1/batch HTTP/1.1\r\nHost: x\r\nX-Slow: ")
        assert wire.recv(200) == b""  # it would wait for ever


def test_wrong_settings_end_it_with_one_clear_message(serve: Callable[..., Served]) -> None:
    one = serve("granian", LEADSTREAM_SECRET="short")
    assert one.child.wait(60) == 2
    said = "leadstream collector: LEADSTREAM_SECRET: value should have at least 16 items after validation, not 5"
    assert one.log.read_text().strip() == said
