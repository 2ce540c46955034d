"""A collector as a process of its own, spoken to over plain sockets: what a sender really gets, byte by byte.

It has a spool and no Kafka, so it needs no broker and answers as fast as its disk.
"""

import json
import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from deploy.local.ports import free_ports
from tests.integration.bus import wait_until

__all__ = ["BODY", "Answer", "CollectorProcess", "collector_process"]

BODY = b'{"batch":[{"type":"page","messageId":"m1","anonymousId":"browser-1"}],"writeKey":"wk_site"}'


class Answer:
    """One HTTP answer, and whether the connection ended behind it."""

    def __init__(self, raw: bytes, *, ended: bool) -> None:
        head, _, body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split(" ")[1]) if raw else 0
        self.headers = [(name.lower(), value) for name, _, value in (line.partition(": ") for line in lines[1:])]
        self.body = body
        self.ended = ended

    def header(self, name: str) -> str | None:
        return dict(self.headers).get(name)

    def reason(self) -> Any:
        return json.loads(self.body)["reason"]


class CollectorProcess:
    """`ask` says bytes and hears one answer."""

    def __init__(self, port: int, child: "subprocess.Popen[bytes]", place: Path) -> None:
        self.port = port
        self.child = child
        self.log = place / "log"
        self.spool = place / "spool"

    def connect(self, *, timeout: float = 60) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=timeout)

    def ask(self, *parts: bytes, half_closed: bool = False) -> Answer:
        with closing(self.connect()) as wire:
            for part in parts:
                wire.sendall(part)
            if half_closed:
                wire.shutdown(socket.SHUT_WR)
            return heard(wire)

    def post(self, body: bytes = BODY, *headers: str, path: str = "/v1/batch") -> Answer:
        lines = [f"POST {path} HTTP/1.1", "Host: collector", f"Content-Length: {len(body)}", *headers]
        return self.ask("\r\n".join([*lines, "", ""]).encode("latin-1") + body)

    def get(self, path: str) -> bytes:
        return self.ask(f"GET {path} HTTP/1.1\r\nHost: collector\r\n\r\n".encode()).body

    def counted(self, sample: str) -> float:
        """A sample of /metrics with its labels, 0 where there is none yet."""
        found = re.search(rf"^{re.escape(sample)} (\S+)$", self.get("/metrics").decode(), re.MULTILINE)
        return float(found[1]) if found else 0.0

    def most_memory(self) -> int:
        """The most bytes of memory that the process ever had."""
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{self.child.pid}/status").read_text())
        assert found is not None
        return int(found[1]) * 1024

    def written(self) -> bytes:
        """All that it wrote anywhere: spool and log."""
        return b"".join(path.read_bytes() for path in (self.log, *self.spool.glob("*.spool")))


def heard(wire: socket.socket) -> Answer:
    """One answer by its Content-Length, then whether the sender's connection ends at once."""
    raw = b""
    while True:
        try:
            more = wire.recv(65_536)
        except ConnectionError:
            more = b""
        raw += more
        head, found, body = raw.partition(b"\r\n\r\n")
        length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
        if not more:
            return Answer(raw, ended=True)
        if found and length and len(body) >= int(length[1]):
            return Answer(raw, ended=_ends(wire, head))


def _ends(wire: socket.socket, head: bytes) -> bool:
    if b"connection: close" not in head.lower():
        return False
    try:
        return wire.recv(1) == b""
    except ConnectionError:
        return True


@contextmanager
def collector_process(place: Path, *, open_files: int | None = None, **env: str) -> Iterator[CollectorProcess]:
    """Started, answering, and ended behind the block. `open_files`: the most that it may open."""
    port, nobody = free_ports(2)
    place.mkdir(parents=True, exist_ok=True)
    whole = {
        **os.environ,
        "LEADSTREAM_COLLECTOR__PORT": str(port),
        "LEADSTREAM_SECRET": "no secret, only long enough",
        "LEADSTREAM_WRITE_KEYS": "wk_site=site",
        "LEADSTREAM_SERVER_KEYS": "sk_crm=crm",
        "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": f"127.0.0.1:{nobody}",
        "LEADSTREAM_SPOOL__DIRECTORY": str(place / "spool"),
        **env,
    }
    with (place / "log").open("wb") as out:
        limit = [] if open_files is None else ["prlimit", f"--nofile={open_files}:{open_files}"]
        command = [*limit, sys.executable, "-m", "producers.collector"]
        child = subprocess.Popen(command, env=whole, stdout=out, stderr=out)
    one = CollectorProcess(port, child, place)
    try:
        wait_until(lambda: _answers(one), within_s=60, what="the collector to answer", every_s=0.03)
        yield one
    finally:
        child.kill()
        child.wait(60)


def _answers(one: CollectorProcess) -> bool:
    assert one.child.poll() is None, one.log.read_text()
    try:
        return b"alive" in one.get("/healthz")
    except OSError:
        return False
