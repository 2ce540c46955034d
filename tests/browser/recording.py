"""A tiny collector for the tracker's tests: serves the built tracker, and pages to walk on, and records what comes."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.serving import served

__all__ = ["STATIC", "Answer", "Event", "Recorder", "SitePages", "listening", "said", "tracker_file"]

STATIC = Path(__file__).parents[2] / "producers" / "collector" / "static"
PATIENCE_S = 60.0  # what is waited for ends the wait: only a failure takes so long
Event = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What the collector says to one batch."""

    status: int = 200
    retry_after: str | None = None


@dataclass
class Recorder:
    """The batches that came, each with what it was told, and when (monotonic seconds).

    `answers` are used up first, then everything is 200.
    """

    answers: list[Answer] = field(default_factory=list)
    batches: list[tuple[Answer, dict[str, Any]]] = field(default_factory=list)
    came_at: list[float] = field(default_factory=list)
    methods: list[str] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def take(self, body: bytes) -> Answer:
        """Writes one batch down."""
        batch = json.loads(body)
        with self.arrived:
            answer = self.answers.pop(0) if self.answers else Answer()
            self.batches.append((answer, batch))
            self.came_at.append(time.monotonic())
            self.arrived.notify_all()
        return answer

    def accepted(self) -> list[Event]:
        """The events that were told 200, in their order, copies too."""
        return [event for answer, batch in self.batches if answer.status == 200 for event in batch["batch"]]

    def wait(self, until: Callable[[list[Event]], Any], *, timeout_s: float = PATIENCE_S) -> list[Event]:
        """The accepted events as soon as they are so. Raises AssertionError with what came instead."""
        with self.arrived:
            met = self.arrived.wait_for(lambda: until(self.accepted()), timeout_s)
        assert met, f"not within {timeout_s} s: {json.dumps(self.accepted(), indent=1)}"
        return self.accepted()

    def wait_for_batches(self, count: int) -> None:
        """Until so many came, whatever they were told. Raises AssertionError."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.batches) >= count, PATIENCE_S), f"no {count} batches"


def said(events: list[Event]) -> list[Event]:
    """What people and pages said, each event once, in the order in which they said it.

    A batch that the page could not see answered comes again with its next page: the same ids, so the same events. What
    a page sends as it is left may come before what it had sent. And how long somebody looks is told by a clock: on a
    slow machine it lies anywhere among the rest.
    """
    once = {event["messageId"]: event for event in events if event.get("event") != "page_engaged"}
    return sorted(once.values(), key=lambda event: str(event["timestamp"]))


class _Requests(BaseHTTPRequestHandler):
    server: "_Server"
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        found = self.server.pages(self.path)
        status, kind, body, more = found or (404, "text/plain", b"", {})
        self._answer(status, body, {"Content-Type": kind, **more})

    def do_OPTIONS(self) -> None:
        if self.server.recorder:
            self.server.recorder.methods.append("OPTIONS")
        self._answer(204, b"", {"Access-Control-Allow-Origin": "*"})

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.server.recorder is None or self.path != "/v1/batch":
            self._answer(303, b"", {"Location": "/thanks"})
            return
        self.server.recorder.methods.append("POST")
        answer = self.server.recorder.take(body)
        headers = {"Access-Control-Allow-Origin": "*", "Access-Control-Expose-Headers": "Retry-After"}
        if answer.retry_after is not None:
            headers["Retry-After"] = answer.retry_after
        self._answer(answer.status, b'{"success":true}', headers)

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body)), "Connection": "close"}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Silent: the tests say what matters."""


Found = tuple[int, str, bytes, dict[str, str]] | None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int, pages: Callable[[str], Found], recorder: Recorder | None) -> None:
        self.pages = pages
        self.recorder = recorder
        super().__init__(("127.0.0.1", port), _Requests)


def tracker_file(path: str) -> Found:
    """What the collector serves to a GET: the built tracker."""
    if path != "/leadstream.js":
        return None
    return 200, "text/javascript", (STATIC / "leadstream.js").read_bytes(), {}


@dataclass
class SitePages:
    """A site whose every path is a page that carries the snippet; `head` and `body` are what a test adds."""

    collector_url: str
    write_key: str = "wk_test"
    head: str = ""
    body: str = "<p>Text.</p>"
    headers: dict[str, str] = field(default_factory=dict)

    def __call__(self, path: str) -> Found:
        snippet = (STATIC / "snippet.html").read_text()
        snippet = snippet.replace("COLLECTOR_URL", self.collector_url).replace("WRITE_KEY", self.write_key)
        title = path.partition("?")[0]
        text = (
            f"<!doctype html><html><head><title>{title}</title>{snippet}{self.head}</head>"
            f"<body style='height:4000px'>{self.body}</body></html>"
        )
        return 200, "text/html; charset=utf-8", text.encode(), self.headers


@contextmanager
def listening(
    pages: Callable[[str], Found] = tracker_file, *, recorder: Recorder | None = None, port: int = 0
) -> Iterator[int]:
    """A server on 127.0.0.1 for as long as the block lasts; gives its port."""
    server = _Server(port, pages, recorder)
    with served(server):
        yield server.server_address[1]
