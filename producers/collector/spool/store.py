"""The spool on the disk: segments that are appended to and read in order, forgotten once Kafka has what they hold.

Everything here blocks and is used by one thread. Whatever instruction a crash comes at, what `append` returned for is
found again by the next `open`; what Kafka has already may be found again too.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from producers.collector.spool.disk import VARIABLE, Disk
from producers.collector.spool.records import (
    HEADER_BYTES,
    VERSION,
    Position,
    Spooled,
    begun_at,
    framed,
    header,
    parse,
    version_of,
)
from producers.errors import BadSettings

__all__ = ["Store", "Window"]

SEGMENT_MS: Final = 60_000  # a segment takes records for so long: its age is theirs


class Window(NamedTuple):
    """Some records in order, where they end, and how many bytes wait behind them."""

    records: Sequence[Spooled]
    end: Position
    left: int
    torn: int


class _Segment:
    """`end` = bytes that are safe; `file` = -1 until it is opened."""

    __slots__ = ("begun_at", "end", "file", "start")

    def __init__(self, file: int, *, start: int, end: int, begun_at: int) -> None:
        self.file = file
        self.start = start
        self.end = end
        self.begun_at = begun_at


class Store:
    """`segment_bytes` = size at which a new segment is begun. `now_ms` tells the time in UTC milliseconds."""

    def __init__(self, disk: Disk, *, segment_bytes: int, now_ms: Callable[[], int]) -> None:
        self._disk = disk
        self._segment_bytes = segment_bytes
        self._now_ms = now_ms
        self._segments: dict[int, _Segment] = {}  # oldest first
        self._active: _Segment | None = None
        self._next = 1
        self._done = Position(0, 0)  # Kafka has what lies before it
        self.size = 0  # bytes of all segments
        self.oldest_ms: int | None = None  # when the oldest segment was begun; None: there is none

    def open(self) -> None:
        """Finds what an earlier process left. Raises BadSettings."""
        self._disk.lock()
        try:
            self._done = Position.unpacked(self._disk.noted())
            for number in self._disk.numbers():
                self._segments[number] = self._found(number)
        except OSError as error:
            raise BadSettings(f"{VARIABLE}: cannot read {self._disk.directory}: {error.strerror}") from error
        self._next = max([self._done.segment, *self._segments]) + 1  # no number comes twice: a note names one
        self.size = sum(one.end for one in self._segments.values())
        self._age()
        self.advance(self._done)

    def append(self, data: bytes) -> None:
        """Returns when these records are safe. Raises OSError: then none of them is promised."""
        active = self._active
        if active is None or self._is_over(active, len(data)):
            active = self._begin()
        try:
            self._disk.write(active.file, data)
            self._disk.sync(active.file)
        except OSError:
            self._give_up(active)
            raise
        active.end += len(data)
        self.size += len(data)

    def read(self, most: int) -> Window | None:
        """About `most` bytes of the oldest records, None where there are none. Raises OSError."""
        for number, segment in self._segments.items():
            offset = self._done.offset if number == self._done.segment else segment.start
            if offset < segment.end:
                return self._window(number, offset, most=most)
        return None

    def advance(self, to: Position) -> None:
        """Kafka has what lies before `to`: it is forgotten, and reading begins there."""
        self._done = to
        if to.segment:
            with suppress(OSError):  # then more than needed is replayed after a restart
                self._disk.note(to.packed())
        done = [n for n, one in self._segments.items() if n < to.segment or (n == to.segment and to.offset >= one.end)]
        for number in done:
            self._forget(number)

    def set_aside(self, record: Spooled) -> None:
        """Keeps what Kafka will never take. Raises OSError."""
        self._disk.set_aside(framed(record))

    def close(self) -> None:
        """Lets go of the directory; what it holds stays."""
        for one in self._segments.values():
            self._shut(one)
        self._segments.clear()
        self._active = None
        self._disk.unlock()

    def _found(self, number: int) -> _Segment:
        """Raises BadSettings for what a newer version wrote."""
        file = self._disk.open(number)
        try:
            head = self._disk.read(file, 0, most=HEADER_BYTES)
        finally:
            self._disk.close(file)
        if version_of(head) > VERSION:
            raise BadSettings(f"{VARIABLE}: {self._disk.directory} was written by a newer version: start that one")
        begun = begun_at(head)
        start = 0 if begun is None else HEADER_BYTES
        return _Segment(-1, start=start, end=self._disk.size(number), begun_at=begun or self._now_ms())

    def _is_over(self, active: _Segment, more: int) -> bool:
        full = active.end > HEADER_BYTES and active.end + more > self._segment_bytes
        return full or self._now_ms() - active.begun_at > SEGMENT_MS

    def _begin(self) -> _Segment:
        """Raises OSError, and then nothing is left behind."""
        now = self._now_ms()
        if self._active is not None:
            self._shut(self._active)  # a long outage has more segments than a process may have open
        number, self._next = self._next, self._next + 1
        segment = _Segment(self._disk.create(number), start=HEADER_BYTES, end=HEADER_BYTES, begun_at=now)
        self._segments[number] = segment
        self._active = segment
        self.size += segment.end
        self._age()
        try:
            self._disk.write(segment.file, header(now))
            self._disk.sync_names()
        except OSError:
            self._forget(number)
            raise
        return segment

    def _give_up(self, active: _Segment) -> None:
        """After a write or a sync that failed nobody knows what lies behind the end, so nothing is written there."""
        self._active = None
        with suppress(OSError):
            self._disk.cut(active.file, active.end)
        self._shut(active)
        if active.end == HEADER_BYTES:
            self._forget(next(number for number, one in self._segments.items() if one is active))

    def _window(self, number: int, offset: int, *, most: int) -> Window:
        segment = self._segments[number]
        if segment.file < 0:
            segment.file = self._disk.open(number)
        while True:
            most = min(most, segment.end - offset)
            data = self._disk.read(segment.file, offset, most=most)
            found = parse(data, final=offset + most >= segment.end)
            if found.consumed or len(data) < most:
                break
            most *= 4  # a record that is longer than what was read
        end = segment.end if len(data) < most else offset + found.consumed  # shorter than it was: somebody cut it
        behind = sum(one.end for n, one in self._segments.items() if n > number)
        return Window(found.records, Position(number, end), behind + segment.end - end, found.torn)

    def _forget(self, number: int) -> None:
        segment = self._segments.pop(number)
        self.size -= segment.end
        self._age()
        if segment is self._active:
            self._active = None
        self._shut(segment)
        with suppress(OSError):  # then it is found and replayed after a restart
            self._disk.remove(number)

    def _age(self) -> None:
        oldest = next(iter(self._segments.values()), None)
        self.oldest_ms = None if oldest is None else oldest.begun_at

    def _shut(self, segment: _Segment) -> None:
        if segment.file >= 0:
            with suppress(OSError):
                self._disk.close(segment.file)
            segment.file = -1
