"""Slack as a server of a test: keeps messages with their threads, and misbehaves when it is told to."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from time import time
from typing import Any
from urllib.parse import parse_qs

from tests.serving import served

__all__ = ["TOKEN", "SlackStub", "slack_stub"]

TOKEN = "xoxb-1-2-abc"
READS = ("conversations.history", "conversations.replies")


class SlackStub(ThreadingHTTPServer):
    """`calls` holds (method, arguments); `planned` what the next writing calls are answered: status, headers, body."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.messages: dict[str, list[dict[str, Any]]] = {}
        self.planned: deque[tuple[int, dict[str, str], bytes]] = deque()
        self.loses_answers = 0  # so many messages are kept, and the answer is an error
        self.page = 100
        self.hang = threading.Event()
        self.hang.set()
        self.late = threading.Event()  # cleared: messages are kept, and their answers wait
        self.late.set()
        self._numbers = count(1)
        self._lock = threading.Lock()

    @property
    def api_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api/"

    def plan(self, status: int, *, retry_after: str = "", error: str = "") -> None:
        body = json.dumps({"ok": False, "error": error}).encode() if error else b""
        self.planned.append((status, {"retry-after": retry_after} if retry_after else {}, body))

    def named(self, method: str) -> list[dict[str, Any]]:
        """Arguments of the calls of one method."""
        return [arguments for name, arguments in self.calls if name == method]

    def post_ids(self, channel: str) -> list[str]:
        """Posts that stand there, threads too, in the order in which they came."""
        return [one["blocks"][0]["block_id"].split("|")[2] for one in self.messages.get(channel, [])]

    def answer(self, method: str, arguments: dict[str, Any]) -> tuple[int, dict[str, str], bytes]:
        with self._lock:
            self.calls.append((method, arguments))
            if method not in READS and self.planned:
                return self.planned.popleft()
            said = getattr(self, f"_{method.replace('.', '_').lower()}")(arguments)
            if method not in READS and self.loses_answers:
                self.loses_answers -= 1
                return 500, {}, b""
        if method not in READS:
            self.late.wait(20)
        return 200, {}, json.dumps(said).encode()

    def _chat_postmessage(self, arguments: dict[str, Any]) -> dict[str, Any]:
        ts = f"{time():.3f}{next(self._numbers):03}"
        self.messages.setdefault(arguments["channel"], []).append({**arguments, "ts": ts})
        return {"ok": True, "channel": arguments["channel"], "ts": ts}

    def _chat_update(self, arguments: dict[str, Any]) -> dict[str, Any]:
        for one in self.messages.get(arguments["channel"], []):
            if one["ts"] == arguments["ts"]:
                one.update(arguments)
                return {"ok": True, "ts": one["ts"]}
        return {"ok": False, "error": "message_not_found"}

    def _conversations_history(self, arguments: dict[str, Any]) -> dict[str, Any]:
        oldest, begins = float(arguments["oldest"]), int(arguments.get("cursor", 0))
        found = [one for one in self.messages.get(arguments["channel"], [])
                 if "thread_ts" not in one and float(one["ts"]) > oldest]  # fmt: skip
        found.reverse()
        more = {"next_cursor": str(begins + self.page)} if len(found) > begins + self.page else {"next_cursor": ""}
        return {"ok": True, "messages": found[begins : begins + self.page], "response_metadata": more}

    def _conversations_replies(self, arguments: dict[str, Any]) -> dict[str, Any]:
        there = self.messages.get(arguments["channel"], [])
        found = [one for one in there if arguments["ts"] in (one["ts"], one.get("thread_ts"))]
        return {"ok": True, "messages": found} if found else {"ok": False, "error": "thread_not_found"}

    def _hook(self, arguments: dict[str, Any]) -> dict[str, Any]:
        self.messages.setdefault("hook", []).append(arguments)
        return {"ok": True}


class _Handler(BaseHTTPRequestHandler):
    server: SlackStub
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"])).decode()
        self.server.hang.wait(10)
        method = self.path.removeprefix("/api/").lstrip("/")
        if method != "hook" and self.headers["authorization"] != f"Bearer {TOKEN}":
            status, headers, answer = 200, {}, b'{"ok":false,"error":"invalid_auth"}'
        else:
            arguments = json.loads(body) if method == "hook" else _typed(body)
            status, headers, answer = self.server.answer(method, arguments)
        self.send_response(status)
        for name, value in {"content-length": str(len(answer)), **headers}.items():
            self.send_header(name, value)
        with suppress(OSError):  # who asked may be dead
            self.end_headers()
            self.wfile.write(answer)

    def log_message(self, *args: Any) -> None:
        """Quiet."""


def _typed(body: str) -> dict[str, Any]:
    """A form; `blocks` is JSON in it."""
    form = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
    return {name: json.loads(one) if name == "blocks" else one for name, one in form.items()}


@contextmanager
def slack_stub() -> Iterator[SlackStub]:
    """It listens while the block lasts."""
    server = SlackStub()
    with served(server):
        try:
            yield server
        finally:
            server.hang.set()
            server.late.set()
