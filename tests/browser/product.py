"""The whole product for a test: `leadstream up` in a home of its own, and a receiver for its webhook."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar

from standardwebhooks.webhooks import Webhook

from deploy.local.guarded import Guarded
from tests.serving import served

__all__ = ["SEEN_MS", "SEEN_S", "START_S", "Receiver", "Up", "eventually", "leadstream_up", "receiving"]

# What is waited for ends the wait: only a failure takes so long, or a machine with much else to do.
START_S = 240.0  # processes compute for seconds as they start, all at the same time
STOP_S = 60.0
SEEN_S = 45.0
SEEN_MS = 1_000 * SEEN_S
LOOK_S = 0.05
T = TypeVar("T")


def eventually(look: Callable[[], T | None], *, timeout_s: float, missing: str) -> T:
    """What `look` gives as soon as it gives something. Raises AssertionError with `missing` after that many seconds."""
    until = time.monotonic() + timeout_s
    while True:
        found = look()
        if found:
            return found
        assert time.monotonic() < until, f"{missing} within {timeout_s:.0f} s"
        time.sleep(LOOK_S)


@dataclass(frozen=True)
class Up:
    """What up.json says."""

    home: Path
    told: dict[str, Any]

    def __getattr__(self, name: str) -> Any:
        return self.told[name]


@contextmanager
def leadstream_up(home: Path, *options: str, environment: dict[str, str]) -> Iterator[Up]:
    """`leadstream up`, ready, for as long as the block lasts; then Ctrl-C, after which nothing of it may live."""
    command = [sys.executable, "-c", "from deploy.cli import main; main()", "up", "--home", str(home), *options]
    output = home / "up.log"
    home.mkdir(parents=True, exist_ok=True)
    with output.open("w") as log, Guarded() as guard:
        process = subprocess.Popen(
            command, env={**os.environ, **environment}, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        guard.add(process.pid)
        told = home / "up.json"
        try:
            eventually(
                lambda: told.exists() or process.poll() is not None, timeout_s=START_S, missing="leadstream was not up"
            )
            assert told.exists(), f"leadstream up ended: {output.read_text()[-4000:]}"
            up = Up(home, json.loads(told.read_text()))
            yield up
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                raise
    left = [name for name, pid in up.pids.items() if _lives(pid)]
    assert not left, f"still running after Ctrl-C: {left}"


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@dataclass
class Receiver:
    """Posts that came, each with its headers and its exact bytes."""

    secret: str
    url: str = ""
    posts: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def verified(self) -> list[tuple[str, dict[str, Any]]]:
        """Message id and body of each post. Raises WebhookVerificationError for a wrong signature."""
        checker = Webhook(self.secret)
        return [(headers["webhook-id"], checker.verify(body.decode(), headers)) for headers, body in self.posts]

    def real_time(self) -> list[tuple[str, dict[str, Any]]]:
        """Those of the level that tells at once; what is for the digest comes too, and earlier.

        Each once: a post whose answer came too late comes again, under its id.
        """
        return list({post: (post, body) for post, body in self.verified()
                     if body["data"].get("level") == "real_time"}.values())  # fmt: skip


@contextmanager
def receiving(secret: str) -> Iterator[Receiver]:
    """A webhook receiver that says 204 to everything."""
    receiver = Receiver(secret)

    class Requests(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.posts.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Requests)
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}/hook"
    with served(server):
        yield receiver
