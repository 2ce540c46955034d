"""Whether Kafka answers this worker. A broker that is gone moves no offset and no lag, so nothing else would tell.

A member asks its group once a second and its inboxes several times; any answer counts. While partitions are given out
or rows restored nobody is asked, and a worker says that it waits for those.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final

import structlog

from streams.engine.guards.lease import Send

__all__ = ["AWAY_S", "Reach"]

AWAY_S: Final = 5.0
LOOK_S: Final = 1.0
SAY_S: Final = 30.0

_log = structlog.get_logger("streams.engine")


class Reach:
    """`asks()`: this worker reads its partitions, so somebody is asked. `clock` in seconds, from any thread."""

    def __init__(self, servers: str, *, asks: Callable[[], bool], clock: Callable[[], float]) -> None:
        self._servers = servers
        self._asks = asks
        self._clock = clock
        self._answered_at = clock()
        self._away_since: float | None = None
        self._said_at = 0.0

    def noted(self, send: Send) -> Send:
        """A client's `send` whose answers are noted."""

        async def noting(node_id: Any, request: Any, **options: Any) -> Any:
            response = await send(node_id, request, **options)
            self._answered_at = self._clock()
            return response

        return noting

    @property
    def silent_s(self) -> float:
        """Seconds since the last answer, 0 where nobody is asked."""
        return self._clock() - self._answered_at if self._asks() else 0.0

    def away(self) -> str:
        """What /readyz says while Kafka is away, "" while it is not."""
        silent_s = self.silent_s
        return f"Kafka at {self._servers}, silent for {silent_s:.0f} s" if silent_s > AWAY_S else ""

    async def run(self) -> None:
        """Looks for ever."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        """Says that it is away, now and then again, and that it is back."""
        now = self._clock()
        if not self._asks():
            self._answered_at = now  # counts from when somebody is asked again
            return
        silent_s = now - self._answered_at
        if silent_s <= AWAY_S:
            if self._away_since is not None:
                _log.warning("kafka_back", after_s=round(now - self._away_since))
            self._away_since = None
        elif self._away_since is None or now - self._said_at >= SAY_S:
            self._away_since = self._away_since or self._answered_at
            self._said_at = now
            _log.error("kafka_away", servers=self._servers, silent_s=round(silent_s),
                       do="bring it back: nothing is lost, and work goes on by itself")  # fmt: skip
