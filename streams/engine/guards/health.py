"""A small thread that answers /healthz, /readyz and /metrics, also when the event loop does not.

Live: the loop answered lately. Ready: this worker reads its partitions.
"""

import sys
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from msgspec.json import encode

__all__ = ["Health"]

NO_BEAT_S: Final = 10.0


class _Server(ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A probe that gave up is no news; a traceback of it would be."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Health:
    """`age_s`: seconds since the loop's last beat; `ready`: why not, "" = it is; `exposed`: the metrics."""

    def __init__(self, *, age_s: Callable[[], float], ready: Callable[[], str], exposed: Callable[[], bytes]) -> None:
        self._age_s = age_s
        self._ready = ready
        self._exposed = exposed

    def serve(self, host: str, port: int) -> int:
        """Starts the thread; the port, which is a free one where 0 was asked for. Raises OSError."""
        server = _Server((host, port), self._handler())
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, name="health", daemon=True).start()
        return int(server.server_address[1])

    def answer(self, path: str) -> tuple[int, str, bytes]:
        """Status, content type and body."""
        match path.partition("?")[0]:
            case "/healthz":
                age_s = self._age_s()
                alive = age_s < NO_BEAT_S
                return (
                    200 if alive else 503,
                    "application/json",
                    encode({"alive": alive, "loop_age_s": round(age_s, 1)}),
                )
            case "/readyz":
                why = self._ready()
                return 503 if why else 200, "application/json", encode({"ready": not why, "waiting_for": why})
            case "/metrics":
                return 200, "text/plain; version=0.0.4; charset=utf-8", self._exposed()
            case _:
                return 404, "application/json", b'{"error":"not found"}'

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        answer = self.answer

        class Handler(BaseHTTPRequestHandler):
            timeout = 10

            def do_GET(self) -> None:
                status, kind, body = answer(self.path)
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: Any) -> None:
                """Health checks are not worth a line."""

        return Handler
