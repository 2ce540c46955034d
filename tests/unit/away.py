"""A broker that is away until a test says otherwise, and a lock that says how many asked for it."""

import threading
from concurrent.futures import Future
from typing import Any

__all__ = ["LONG_S", "Asked", "Broker"]

LONG_S = 60  # nothing here waits for so long


class Asked:
    """A lock that says how many asked for it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._count = threading.Semaphore(0)

    def acquire(self, *, blocking: bool = True) -> bool:
        self._count.release()
        return self._lock.acquire(blocking=blocking)

    def release(self) -> None:
        self._lock.release()

    def __enter__(self) -> bool:
        return self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()

    def once_more(self) -> None:
        assert self._count.acquire(timeout=LONG_S)


class Broker:
    """Connecting to it takes until a test says what comes of it: no answer, or a consumer without topics."""

    def __init__(self) -> None:
        self.tries: list[Future[Any]] = []
        self._begun = threading.Semaphore(0)

    def connected(self, _: object) -> Any:
        answer: Future[Any] = Future()
        self.tries.append(answer)
        self._begun.release()
        return answer.result(LONG_S)

    def asked(self) -> Future[Any]:
        """The next attempt to connect."""
        assert self._begun.acquire(timeout=LONG_S)
        return self.tries[-1]
