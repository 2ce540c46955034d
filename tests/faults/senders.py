"""Senders: they post a world to the collector at a steady rate, and send again what was not answered with 200.

Each visitor's requests go out one after another, the next one when the last one was accepted; different visitors at the
same time. Requests are planned: those that had to wait are caught up with, as after a real outage.
"""

import http.client
import time
from base64 import b64encode
from collections import Counter, defaultdict
from collections.abc import Sequence
from threading import Event, Lock, Thread
from typing import Final, Self
from zlib import crc32

from msgspec import Struct
from msgspec.json import Decoder

from deploy.local.ports import HOST
from schemas.delivery import Delivery
from tests.faults.collectors import KEYS
from tests.integration.scribe import iso

__all__ = ["Request", "Senders"]

LANES: Final = 12
TIMEOUT_S: Final = 8.0  # longer than the collector's own
AGAIN_S: Final = 0.5  # at least, before something is sent again
DELIVERY: Final = Decoder(Delivery)


class Request(Struct, kw_only=True):
    """One request and how it fared. `statuses`: 0 = no answer."""

    visitor_id: str
    delivery: Delivery
    statuses: list[int] = []

    @property
    def accepted(self) -> bool:
        """Answered 200 at last."""
        return self.statuses[-1:] == [200]

    @property
    def refused(self) -> bool:
        """It must not be sent again, and must not be there."""
        return bool(self.statuses) and 400 <= self.statuses[-1] < 500 and self.statuses[-1] != 429

    def body(self) -> bytes:
        """As SDKs send it."""
        sent_at = "" if self.delivery.sent_at is None else f',"sentAt":"{iso(self.delivery.sent_at)}"'
        return b'{"batch":[' + b",".join(map(bytes, self.delivery.events)) + b"]" + sent_at.encode() + b"}"

    def headers(self) -> dict[str, str]:
        """Key, user agent, and when it arrives."""
        key = b64encode(f"{KEYS[self.delivery.source]}:".encode()).decode()
        return {
            "authorization": f"Basic {key}",
            "content-type": "application/json",
            "user-agent": self.delivery.user_agent or "",
            "x-received-at": str(self.delivery.received_at),
        }


class Senders:
    """Threads that post `arrivals` (visitor, encoded delivery) to `ports` in turn. A context manager."""

    def __init__(self, arrivals: Sequence[tuple[str, bytes]], ports: Sequence[int], *, seconds: float) -> None:
        self.requests = [Request(visitor_id=who, delivery=DELIVERY.decode(raw)) for who, raw in arrivals]
        self.answers: Counter[int] = Counter()  # by status, all attempts
        self.latencies: list[float] = []  # of all attempts, in seconds
        self.pauses: list[tuple[float, float]] = []  # between two 200s longer than a second: when it began, how long
        self._ports = ports
        self._every_s = seconds / len(self.requests)
        self._lock = Lock()
        self._stopped = Event()
        self._done = 0
        self._last = 0.0
        self._threads: list[Thread] = []

    def __enter__(self) -> Self:
        lanes: defaultdict[int, list[tuple[int, Request]]] = defaultdict(list)
        for place, request in enumerate(self.requests):
            lanes[crc32(request.visitor_id.encode()) % LANES].append((place, request))
        self._begin = self._last = time.monotonic()
        self._threads = [
            Thread(target=self._lane, args=(own, self._ports[lane % len(self._ports)]), daemon=True)
            for lane, own in lanes.items()
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        for thread in self._threads:
            thread.join(2 * TIMEOUT_S)

    @property
    def share(self) -> float:
        """How much of the world is accepted, 0 to 1."""
        return self._done / len(self.requests)

    @property
    def done(self) -> bool:
        """All is answered for good."""
        return self._done == len(self.requests)

    @property
    def refused_percent(self) -> float:
        """Attempts that were not answered with 200."""
        return 100 * (1 - self.answers[200] / max(1, self.answers.total()))

    @property
    def errors(self) -> int:
        """5xx answers and broken connections."""
        return sum(count for status, count in self.answers.items() if status == 0 or status >= 500)

    def p99_s(self) -> float:
        """Of all attempts."""
        return sorted(self.latencies)[int(0.99 * len(self.latencies))] if self.latencies else 0.0

    def longest_pause_s(self) -> float:
        """The longest time in which nobody got a 200 (requests are planned far more often)."""
        return max((length for _, length in self.pauses), default=0.0)

    def _lane(self, own: Sequence[tuple[int, Request]], port: int) -> None:
        door = http.client.HTTPConnection(HOST, port, timeout=TIMEOUT_S)
        for place, request in own:
            while not self._stopped.wait(max(0.0, self._begin + place * self._every_s - time.monotonic())):
                self._attempt(door, request)
                if request.accepted or request.refused:
                    break
                self._stopped.wait(AGAIN_S)
        door.close()

    def _attempt(self, door: http.client.HTTPConnection, request: Request) -> None:
        begin = time.monotonic()
        try:
            door.request("POST", "/v1/batch", body=request.body(), headers=request.headers())
            answer = door.getresponse()
            answer.read()
            status = answer.status
        except (OSError, http.client.HTTPException):
            door.close()
            status = 0
        self._note(request, status, begin=begin)

    def _note(self, request: Request, status: int, *, begin: float) -> None:
        now = time.monotonic()
        with self._lock:
            request.statuses.append(status)
            self.answers[status] += 1
            self.latencies.append(now - begin)
            if status == 200 or request.refused:
                self._done += 1
                if now - self._last > 1.0:
                    self.pauses.append((self._last - self._begin, now - self._last))
                self._last = now
