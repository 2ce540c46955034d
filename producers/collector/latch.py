"""One latch per request: it opens when every record of the request is safe, or at the first that is not."""

from asyncio import AbstractEventLoop, Future

from producers.errors import SinkError

__all__ = ["Latch"]


class Latch:
    """`expect` once for each record, `release` once for each outcome. Used from one event loop."""

    __slots__ = ("_left", "_settled")

    def __init__(self, loop: AbstractEventLoop) -> None:
        self._left = 0
        self._settled: Future[SinkError | None] = loop.create_future()

    def expect(self) -> None:
        """One more record must become safe."""
        self._left += 1

    def release(self, error: SinkError | None) -> None:
        """One record became safe (None) or did not."""
        self._left -= 1
        if not self._settled.done() and (error is not None or not self._left):
            self._settled.set_result(error)

    async def wait(self) -> None:
        """Returns when all are safe. Raises SinkError."""
        error = await self._settled if self._left or self._settled.done() else None
        if error is not None:
            # A new one for each request that hears it: what is raised holds the frames that it passed, and those us.
            raise type(error)(*error.args)
