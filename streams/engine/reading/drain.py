"""From the fetcher into the inboxes, a whole fetch at a time.

Stock Faust starts two tasks for each record, hands it through the conductor and a queue to a stream, and keeps a list
of acknowledgements. `Progress` decides what may be committed, so none of that is needed; it cost about 60 us a record,
and an event makes records on four hops. Group, assignment, pausing, recovery and commits stay Faust's.

When partitions move, the flow is stopped first: that empties the inboxes, and what is still ours afterwards is read
again from its committed offset. What restores rows does not come this way (`restoring.py`).
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final

import structlog
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.engine.reading.intake import Intake, Load

__all__ = ["DrainingConsumer", "Open"]

FETCH_S: Final = 1.0  # the longest wait for records
SHORT_S: Final = 0.1  # while a full partition waits to be let in again
# While enough lies ready: a fetch crosses two threads and costs the same whatever it brings.
REST_S: Final[Mapping[Load, float]] = {"busy": 0.005, "behind": 0.02}
PAUSED_S: Final = 0.05  # stock sleeps a second where all partitions are paused or full

_log = structlog.get_logger("streams.engine")


class Open:
    """Partitions that may be read: assigned and not paused, as the set is when it is asked, and not full."""

    def __init__(self, active: set[TP], full: set[TP]) -> None:
        self._active = active
        self._full = full

    def __bool__(self) -> bool:
        return any(tp not in self._full for tp in list(self._active))

    def __contains__(self, tp: object) -> bool:
        return tp in self._active and tp not in self._full


class DrainingConsumer(driver.Consumer):
    """Faust's consumer with another last step."""

    app: Any

    def stop_flow(self) -> None:
        """Partitions are about to move: what was fetched and not begun is forgotten, before anything is committed."""
        super().stop_flow()
        self._intake.clear()

    async def wait_empty(self) -> None:
        """Commits what was worked off. What lies in the inboxes was not begun; folds are never under way here."""
        self._intake.clear()
        await super().wait_empty()

    @property
    def _intake(self) -> Intake:
        intake: Intake = self.app.intake
        return intake

    async def _drain_messages(self, fetcher: Any) -> None:
        try:
            while not (self._stopped.is_set() or fetcher._stopped.is_set()):
                await self._drain()
        except asyncio.CancelledError:
            if not self.app.should_stop:
                raise
        except self.consumer_stopped_errors:
            if not self.app.should_stop:
                raise

    async def _drain(self) -> None:
        if not self.flow_active:
            await self.wait(self.can_resume_flow)  # type: ignore[arg-type]
        if rest_s := REST_S.get(self._intake.load):
            await self.sleep(rest_s)
        active = self._get_active_partitions()
        may = Open(active, self._intake.full)
        if not may:
            await self.sleep(PAUSED_S)
            return
        timeout = SHORT_S if self._intake.full else FETCH_S
        records = await self._getmany(active_partitions=may, timeout=timeout)  # type: ignore[arg-type]
        if self.should_stop:
            return
        if self.flow_active:
            self._lay_down(records, active)
        else:
            await self._seek_back()

    def _lay_down(self, fetched: Mapping[TP, Sequence[Any]], active: set[TP]) -> None:
        for partition, records in fetched.items():
            tp = TP(partition.topic, partition.partition)
            if tp not in active:
                continue
            self._intake.put(tp, records)
            self._read_offset[tp] = records[-1].offset

    async def _seek_back(self) -> None:
        try:
            await self.perform_seek()
        except Exception as error:  # noqa: BLE001  what is restored next seeks again
            _log.warning("seek_failed", error=repr(error))
