"""A webhook receiver of a test: notes which posts arrived, how often, and misbehaves when it is told to."""

import threading
from collections import Counter
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any, Final, Literal, Self, TypeAlias

__all__ = ["MOODS", "Mood", "Receiver"]

Mood: TypeAlias = Literal["takes", "hangs", "drips", "fails", "limits", "resets"]
MOODS: Final[tuple[Mood, ...]] = ("hangs", "drips", "fails", "limits", "resets")
PATIENCE_S: Final = 60.0


class Receiver:
    """Listens on 127.0.0.1 while it is open. `seen` counts what it took by `webhook-id`, `asked` all attempts."""

    def __init__(self) -> None:
        self.seen: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.mood: Mood = "takes"
        self.over = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Request, self))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hook"

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._server.server_close()


class _Request(BaseHTTPRequestHandler):
    def __init__(self, receiver: Receiver, *server: Any) -> None:
        self.receiver = receiver
        super().__init__(*server)

    def do_POST(self) -> None:
        """What the mood says."""
        name = self.headers.get("webhook-id", "")
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.receiver.asked[name] += 1
        match self.receiver.mood:
            case "takes":
                self.receiver.seen[name] += 1
                self._answer(204)
            case "fails":
                self._answer(500)
            case "limits":
                self._answer(429, retry_after="1")
            case "drips":
                self._drip()
            case "hangs":
                self.receiver.over.wait(PATIENCE_S)
            case "resets":
                self.connection.close()

    def _answer(self, status: int, *, retry_after: str = "") -> None:
        self.send_response(status)
        self.send_header("content-length", "0")
        if retry_after:
            self.send_header("retry-after", retry_after)
        self.end_headers()

    def _drip(self) -> None:
        """A byte of the status line now and then: no read times out, only the whole does."""
        for byte in b"HTTP/1.1 204 No Content":
            self.wfile.write(bytes([byte]))
            if self.receiver.over.wait(0.9):
                return

    def log_message(self, *_: object) -> None:
        """The test says what matters."""

    def handle_one_request(self) -> None:
        """What hangs up in the middle is what was asked for."""
        try:
            super().handle_one_request()
        except (OSError, ValueError):
            self.close_connection = True
