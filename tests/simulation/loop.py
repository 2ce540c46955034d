"""An event loop without a machine under it: time stands still until the simulation moves it."""

import asyncio
from asyncio.events import _set_running_loop
from collections.abc import Callable, Coroutine
from typing import Any

__all__ = ["VirtualLoop"]


class _Nothing:
    """A selector of no sockets."""

    def select(self, timeout: float | None) -> list[Any]:
        return []


class VirtualLoop(asyncio.BaseEventLoop):
    """`settle` runs whatever can run at this time. `broke` keeps what tasks raised."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = _Nothing()
        self._now = 0.0
        self.broke: list[BaseException] = []

    def time(self) -> float:
        return self._now

    def move(self, to: float) -> None:
        """It is later now."""
        self._now = max(self._now, to)

    def begin(self, work: Coroutine[Any, Any, Any]) -> "asyncio.Task[Any]":
        """A task that may be abandoned like the process that it lives in; what it raises is kept."""
        task = self.create_task(work)
        task._log_destroy_pending = False  # type: ignore[attr-defined]
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        if not task.cancelled() and (error := task.exception()) is not None:
            self.broke.append(error)

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> "asyncio.Future[Any]":  # type: ignore[override]
        """What would block is done at once: threads are no part of a seed."""
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001  whoever awaits it gets it
            future.set_exception(error)
        return future

    def settle(self) -> None:
        """Runs until everybody waits."""
        _set_running_loop(self)
        try:
            while self._ready or (self._scheduled and self._scheduled[0].when() <= self._now):  # type: ignore[attr-defined]
                self._run_once()  # type: ignore[attr-defined]
        finally:
            _set_running_loop(None)

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        """A task of a crashed process that never ends is no news; what it raised is."""
        if isinstance(error := context.get("exception"), BaseException):
            self.broke.append(error)

    def _process_events(self, event_list: Any) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps."""

    def __del__(self) -> None:
        """A process that was killed closes nothing."""
