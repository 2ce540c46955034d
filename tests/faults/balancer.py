"""A small balancer before several collectors, as one stands before them in production.

One request, one connection behind it. An instance that refuses, or breaks off before its answer, is passed over: the
request goes to the next one (HAProxy: `retry-on conn-failure empty-response`), and no other comes to it until it
says that it is ready again.
"""

import http.client
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Event, Thread
from typing import Final, Self

from deploy.local.ports import HOST

__all__ = ["Balancer"]

PASSED_ON: Final = ("authorization", "content-type", "user-agent", "x-received-at")
TIMEOUT_S: Final = 10.0
LOOK_S: Final = 0.1


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


class Balancer:
    """Listens on `port` while it is open."""

    def __init__(self, ports: Sequence[int]) -> None:
        self._ports = ports
        self._turn = count()
        self._down: set[int] = set()
        self._closed = Event()
        ask = self._ask

        class Pass(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
                status, said = ask(self.path, body, headers)
                self.send_response(status)
                self.send_header("content-length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                """The senders count."""

        self._server = _Server((HOST, 0), Pass)
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        Thread(target=self._look, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()

    def _ask(self, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        """Of the next one that is up; 502 where none is."""
        first = next(self._turn)
        for number in range(len(self._ports)):
            port = self._ports[(first + number) % len(self._ports)]
            if port not in self._down:
                answer = _answer(port, "POST", path, body=body, headers=headers)
                if answer is not None:
                    return answer
                self._down.add(port)
        return 502, b""

    def _look(self) -> None:
        while not self._closed.wait(LOOK_S):
            for port in list(self._down):
                answer = _answer(port, "GET", "/readyz", body=None, headers={})
                if answer is not None and answer[0] == 200:
                    self._down.discard(port)


def _answer(
    port: int, method: str, path: str, *, body: bytes | None, headers: dict[str, str]
) -> tuple[int, bytes] | None:
    """Status and body; None where this instance did not answer."""
    door = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_S)
    try:
        door.request(method, path, body=body, headers=headers)
        answer = door.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        door.close()
