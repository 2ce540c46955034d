"""Engines with one planted bug each: what the simulator must find. None of them is used anywhere else."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, Final

from faust.types import TP
from msgspec.structs import replace

from schemas.activity import Version
from schemas.posts import Edit, Receipt
from streams.core.effects import Effects, Folded
from streams.core.rows import ROWS
from streams.engine.rows.changelogs import sum_of
from streams.engine.rows.shares import Mark, Share
from streams.engine.rows.table import RowTable, Written
from streams.engine.rows.tails import Tails
from streams.engine.sending.book import SAVED, Book, Saved
from tests.simulation.broker import fetched
from tests.simulation.disk import Disk
from tests.simulation.log import Log, changelog
from tests.simulation.tables import row_table
from tests.simulation.worker import METRICS, SimWorker

__all__ = ["BROKEN_ENGINES"]


class CommitsEarly(SimWorker):
    """Commits what was read, whether or not its rows and effects are safe."""

    async def settled(self) -> None:
        """Waits for nothing."""


class CommitsRowsOnly(SimWorker):
    """Commits when what flies has landed: decisions that waited for it have not gone out."""

    async def settled(self) -> None:
        """One round instead of two."""
        await self.pump._next_turn()
        await self.sends.landed()


class _Hasty(Book[Any]):
    def put(self, key: str, row: Any) -> Saved:
        super().put(key, row)
        return SAVED


class AnnouncesEarly(SimWorker):
    """Decisions leave before their row is acknowledged."""

    def _book(self, table: Any, *, rules: bytes | None) -> Book[Any]:
        return _Hasty(table, ROWS[table.name], sends=self.sends, clock=self.clock, changed=self.bell.later,
                      metrics=METRICS, rules=rules)  # fmt: skip


class _LastRecord(RowTable):
    def _restore(self, record: Written, partition: int, share: Share) -> None:
        share.rows.pop(record.key or b"", None)
        super()._restore(record, partition, share)


class RestoresTheLast(SimWorker):
    """The last record of a key counts, not the newest version: a zombie's late row wins."""

    def _table(self, name: str) -> Any:
        return row_table(name, self.log.partitions, die=self._die, kind=_LastRecord)


class _Keeps(RowTable):
    def _drop(self, partition: int) -> None:
        """Nothing: what another worker wrote since is hidden by the old row."""


class KeepsOldRows(SimWorker):
    """A partition that comes back is not read again."""

    def _table(self, name: str) -> Any:
        return row_table(name, self.log.partitions, die=self._die, kind=_Keeps)


class _Trusts(RowTable):
    async def on_rebalance(
        self, assigned: set[TP], revoked: set[TP], newly_assigned: set[TP], generation_id: int = 0
    ) -> None:
        self._generation = generation_id - 1
        await super().on_rebalance(assigned, revoked, newly_assigned, generation_id)


class TrustsItsName(SimWorker):
    """A partition that was another's since, and that comes back before Faust saw it go, is not read again."""

    def _table(self, name: str) -> Any:
        return row_table(name, self.log.partitions, die=self._die, kind=_Trusts)


class Counts(SimWorker):
    """A row with `+= 1` in it: here the lead's own time, one millisecond later with each message."""

    def _folds(self) -> dict[str, Callable[..., Any]]:
        folds = super()._folds()
        fold = folds["touches"]

        def counting(key: str, row: Any, messages: Sequence[Any], *, version: Version) -> Folded[Any]:
            after, effects = fold(key, row, messages, version=version)
            return Folded(replace(after, as_of=after.as_of + 1), effects)

        return folds | {"touches": counting}


class ForgetsReplays(SimWorker):
    """Says nothing again when a message comes again: what a crash swallowed is lost."""

    quiet: ClassVar[Mapping[str, str]] = {"visits": "visitors", "touches": "leads", "signals": "accounts"}

    def _folds(self) -> dict[str, Callable[..., Any]]:
        folds = super()._folds()

        def muted(fold: Callable[..., Any]) -> Callable[..., Any]:
            def folded(key: str, row: Any, messages: Sequence[Any], *, version: Version) -> Folded[Any]:
                after, effects = fold(key, row, messages, version=version)
                return Folded(after, Effects() if row is not None and version <= row.version else effects)

            return folded

        return {inbox: muted(fold) if inbox in self.quiet else fold for inbox, fold in folds.items()}


class SkipsTicks(SimWorker):
    """A clock that forgets rows which were restored."""

    def wake(self) -> int:
        if self.name != "w1":
            self.clock._heap.clear()
        return super().wake()


class SendsAfterSleep(SimWorker):
    """No guard before a send: a zombie that wakes up goes on sending."""

    def _make(self, *args: Any) -> None:
        super()._make(*args)
        self.sends._pulse._limit_s = 1e9


class LeavesCardsBehind(SimWorker):
    """The turns that a commit waits for take no more than others wait for."""

    def _make(self, *args: Any) -> None:
        super()._make(*args)
        self.bell.now = self.bell.soon  # type: ignore[method-assign]


class NeverSweeps(SimWorker):
    """What a zombie writes behind newer rows stays there."""

    def sweep(self) -> int:
        """Looks at nothing."""
        return 0


class CopiesEarly(SimWorker):
    """Rows are on the disk before their changelog has them."""

    async def kept_after(self) -> None:
        """Waits for nothing."""


class _TakesBack(RowTable):
    def overrule(self, key: bytes, value: bytes | None) -> bool:
        if key in self.data:
            return super().overrule(key, value)
        self._lane_of(key).setdefault(key, None)
        return True


class TakesBack(SimWorker):
    """What somebody wrote of a row that its owner does not have yet gets a tombstone."""

    def _table(self, name: str) -> Any:
        return row_table(name, self.log.partitions, die=self._die, kind=_TakesBack)


class _LateMarks(Disk):
    log: Log

    def _keep(self, table: str, partition: int, rows: dict[bytes, bytes], *, mark: Mark) -> None:
        tp = TP(changelog(table), partition)
        end = len(self.log.records(*tp))
        last = fetched(self.log, tp, end - 1, most=1)[0]
        super()._keep(table, partition, rows, mark=Mark(end, last.offset, sum_of(last), mark.at))


class MarksLate(SimWorker):
    """A copy claims to go as far as its changelog does when it is written, not when the rows were copied."""

    def _make(self, now: Callable[[], int], *args: Any) -> None:
        if self.disk is not None:
            self.disk = _LateMarks(self.disk.files, now=now)
            self.disk.log = self.log
        super()._make(now, *args)


class _Overtaken(Tails):
    def ours(self, tp: TP, offset: int, count: int = 1) -> None:
        self._next[tp] = offset + count


class OverlooksGaps(SimWorker):
    """What somebody wrote between two batches of ours is taken for ours."""

    def _table(self, name: str) -> Any:
        table = super()._table(name)
        table.tails = _Overtaken()
        return table


class _Deaf:
    """Says that it edited."""

    def __init__(self, inner: Any) -> None:
        self.name, self.deliver, self._now = inner.name, inner.deliver, inner._now

    async def edit(self, edit: Edit) -> Receipt:
        return Receipt(to=edit.to, post_id=edit.post_id, channel=self.name, outcome="sent", at=self._now())


class EditsInVain(SimWorker):
    """What became of an alert has its receipt and stands nowhere."""

    def _make(self, now: Callable[[], int], channels: Sequence[Any], chance: Callable[[], float]) -> None:
        super()._make(now, [_Deaf(one) for one in channels], chance)


BROKEN_ENGINES: Final = (
    CommitsEarly, CommitsRowsOnly, AnnouncesEarly, RestoresTheLast, KeepsOldRows, TrustsItsName, Counts,
    ForgetsReplays, SkipsTicks, SendsAfterSleep, LeavesCardsBehind, NeverSweeps, CopiesEarly, MarksLate,
    OverlooksGaps, TakesBack, EditsInVain,
)  # fmt: skip
