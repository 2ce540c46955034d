"""A small balancer before several collectors, as one stands before them in production.

One request, one connection behind it. An instance that refuses, or breaks off before its answer, is passed over
and the request goes to the next one (HAProxy: `retry-on conn-failure empty-response`); events may arrive twice.
"""

import http.client
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Thread
from typing import Final, Self

from deploy.local.ports import HOST

__all__ = ["Balancer"]

PASSED_ON: Final = ("authorization", "content-type", "user-agent", "x-received-at")
TIMEOUT_S: Final = 10.0


class Balancer:
    """Listens on `port` while it is open."""

    def __init__(self, ports: Sequence[int]) -> None:
        turn = count()

        class Pass(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                headers = {name: self.headers[name] for name in PASSED_ON if name in self.headers}
                first = next(turn)
                for number in range(2 * len(ports)):
                    answer = _asked(ports[(first + number) % len(ports)], self.path, body=body, headers=headers)
                    if answer is not None:
                        break
                status, said = answer or (502, b"")
                self.send_response(status)
                self.send_header("content-length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)

            def log_message(self, *_: object) -> None:
                """The senders count."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

        self._server = Server((HOST, 0), Pass)
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Self:
        Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


def _asked(port: int, path: str, *, body: bytes, headers: dict[str, str]) -> tuple[int, bytes] | None:
    """Status and body; None where this instance did not answer."""
    door = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_S)
    try:
        door.request("POST", path, body=body, headers=headers)
        answer = door.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return None
    finally:
        door.close()
