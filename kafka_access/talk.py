"""One connection to one broker, spoken by hand, to hear why it does not let us in: clients keep that to themselves.

Four requests of Kafka's protocol in old forms: which versions, which brokers, which mechanisms, a step of one.
"""

import socket
import ssl
import struct
from typing import Final, NamedTuple, Self

__all__ = ["ILLEGAL_STATE", "OTHER_MECHANISM", "Mechanisms", "Step", "Talk"]

BROKERS: Final = 3
VERSIONS: Final = 18
MECHANISMS: Final = 17
STEP: Final = 36
OTHER_MECHANISM: Final = 33  # UNSUPPORTED_SASL_MECHANISM
ILLEGAL_STATE: Final = 34  # ILLEGAL_SASL_STATE: this port asks nobody
MOST: Final = 1 << 20  # bytes of an answer; more is no Kafka
CLIENT: Final = b"leadstream-asks"
ASKED: Final = b"\0\0\0\1"  # by what an answer is known to be ours


class Mechanisms(NamedTuple):
    """What a port says of its ways to tell a user; the code is Kafka's."""

    code: int
    names: tuple[str, ...]


class Step(NamedTuple):
    """What a port says to one step of a mechanism."""

    code: int
    message: str
    token: bytes


class Talk:
    """A context manager. Every call may raise OSError, ssl.SSLError, or EOFError where no answer came."""

    def __init__(self, host: str, port: int, *, context: ssl.SSLContext | None, timeout_s: float) -> None:
        self._whom = host, port, timeout_s
        self._socket: socket.socket = socket.create_connection((host, port), timeout=timeout_s)
        if context is None:
            return
        try:
            self._socket = context.wrap_socket(self._socket, server_hostname=host)
        except BaseException:
            self._socket.close()
            raise

    def again(self, context: ssl.SSLContext | None) -> "Talk":
        """Another one with the same broker."""
        host, port, timeout_s = self._whom
        return Talk(host, port, context=context, timeout_s=timeout_s)

    def versions(self) -> None:
        """Returns once it has answered: it speaks Kafka, and as we do."""
        self._ask(VERSIONS, 0, b"")

    def brokers(self) -> None:
        """Returns once it has answered: it asks nobody who we are."""
        self._ask(BROKERS, 4, struct.pack(">i?", 0, False))  # of no topic, and none is to be made

    def mechanisms(self, name: str) -> Mechanisms:
        """Begins with that one."""
        answer = self._ask(MECHANISMS, 1, _text(name))
        code, many = struct.unpack_from(">hi", answer)
        names, at = [], 6
        for _ in range(max(0, many)):
            (length,) = struct.unpack_from(">h", answer, at)
            names.append(answer[at + 2 : at + 2 + length].decode())
            at += 2 + length
        return Mechanisms(code, tuple(names))

    def step(self, token: bytes) -> Step:
        """One step of it."""
        answer = self._ask(STEP, 0, struct.pack(">i", len(token)) + token)
        code, length = struct.unpack_from(">hh", answer)
        at = 4 + max(0, length)
        (size,) = struct.unpack_from(">i", answer, at)
        return Step(code, answer[4:at].decode(), answer[at + 4 : at + 4 + max(0, size)])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def _ask(self, api: int, version: int, body: bytes) -> bytes:
        head = struct.pack(">hh", api, version) + ASKED + struct.pack(">h", len(CLIENT)) + CLIENT
        self._socket.sendall(struct.pack(">i", len(head) + len(body)) + head + body)
        (size,) = struct.unpack(">i", self._read(4))
        if not 4 <= size <= MOST:
            raise EOFError
        answer = self._read(size)
        if answer[:4] != ASKED:
            raise EOFError
        return answer[4:]

    def _read(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            more = self._socket.recv(size - len(found))
            if not more:
                raise EOFError
            found += more
        return found


def _text(value: str) -> bytes:
    raw = value.encode()
    return struct.pack(">h", len(raw)) + raw
