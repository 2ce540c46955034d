"""The process that Apprise lives in: `python -m streams.channels.apprise.child`, started by `process.py`.

Apprise looks names up itself, in threads of its own too: only a process that connects to no inside address, whoever
opens the socket, is sure. It reads lines of JSON, a `Setup` and then `Order`s, and writes an `Answer` for each. It ends
when its input does: a worker that was killed leaves none behind.
"""

import logging
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

from msgspec.json import decode, encode

from streams.channels.apprise.lines import THREADS, Answer, Order, Setup
from streams.channels.apprise.services import Service, services_of
from streams.outgoing.addresses import Reach
from streams.outgoing.whole_process import guard_process

__all__ = ["main", "told"]


class _Out:
    """Lines to whoever started us, whole ones, from any thread."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self._one = threading.Lock()

    def tell(self, order: Order, services: Mapping[str, Sequence[Service]]) -> None:
        answer = Answer(order.number, told(order, services))
        with self._one:
            self._out.write(encode(answer) + b"\n")
            self._out.flush()


def main() -> None:
    """Until the input ends. What hangs then is left behind."""
    out = _Out(_kept_output())
    logging.disable()  # Apprise writes who is told what
    lines = sys.stdin.buffer
    setup = decode(next(lines), type=Setup)
    services = {who: services_of(urls) for who, urls in setup.urls.items()}
    guard_process(Reach(setup.private_hosts))
    with_threads = ThreadPoolExecutor(THREADS, thread_name_prefix="apprise")
    for order in _orders(lines):
        with_threads.submit(out.tell, order, services)
    os._exit(0)


def told(order: Order, services: Mapping[str, Sequence[Service]]) -> bool:
    """Tells that service, as text. False is its no, and its bug too."""
    try:
        service = services[order.who][order.place]
        return bool(service.notify(order.body, order.title, body_format="text", timeout=order.timeout_s))
    except Exception:  # noqa: BLE001  a bug of one service is that service's no
        return False


def _orders(lines: IO[bytes]) -> Iterator[Order]:
    return (decode(line, type=Order) for line in lines)


def _kept_output() -> IO[bytes]:
    """Our output for answers alone: whatever a library prints goes where errors go."""
    kept = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return kept


if __name__ == "__main__":
    main()
