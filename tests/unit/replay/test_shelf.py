"""What is asked for is found from the newest back, and what was replayed is known."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rejected import Kept, Reason, Replayed
from streams.inbox import DoorClosed, MemoryDoor, Put
from streams.replay.patch import merge_patch
from streams.replay.readable import difference, readable
from streams.replay.shelf import LEAST, Shelf
from streams.replay.wanted import ALL, Wanted
from tests.unit.replay.made import NOW, Memory, bad, replaying

DAY = 86_400_000
TRACK = merge_patch('{"type": "track", "event": "Quote requested"}')


def filled(count: int = 1_000) -> Memory:
    memory = Memory(3)
    for n in range(count):
        reason = Reason.SCHEMA if n % 10 == 0 else Reason.UNKNOWN_TYPE
        source = "shop" if n % 7 else "site"
        record = bad(b'{"type":"x","n":%d}' % n, at=NOW + n, reason=reason, source=source)
        memory.add(n % 3, record, timestamp=NOW + n)
    return memory


def test_the_newest_are_found_without_reading_all() -> None:
    memory = filled(6_000)
    found = Shelf(memory).newest(ALL, limit=5)
    assert [one.record.at - NOW for one in found] == [5_999, 5_998, 5_997, 5_996, 5_995]
    assert memory.reads == 3 * LEAST


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        (Wanted(reasons=frozenset([Reason.SCHEMA])), 100),
        (Wanted(sources=frozenset(["site"])), 143),
        (Wanted(since=NOW + 990), 10),
        (Wanted(until=NOW + 10), 10),
        (Wanted(text='"N":77}'), 1),
        (Wanted(text="PURCHASE"), 1_000),
        (Wanted(by="agent"), 0),
        (Wanted(by="collector", reasons=frozenset([Reason.SCHEMA]), sources=frozenset(["site"])), 15),
        (Wanted(places=frozenset([(0, 0), (2, 7), (9, 9)])), 2),
    ],
)
def test_filters(wanted: Wanted, count: int) -> None:
    shelf = Shelf(filled())
    places = shelf.places(wanted)
    assert sum(map(len, places.values())) == count == len(shelf.newest(wanted, limit=2_000))
    assert all(list(offsets) == sorted(offsets) for offsets in places.values())
    assert [one.place for some in shelf.at(places) for one in some] == [
        f"{partition}:{offset}" for partition, offsets in places.items() for offset in offsets
    ]


def test_it_stops_looking_behind_since() -> None:
    memory = Memory(1)
    for n in range(20_000):
        memory.add(0, bad(at=NOW + n * 60_000), timestamp=NOW + n * 60_000)
    found = Shelf(memory).newest(Wanted(since=NOW + 19_990 * 60_000), limit=100)
    assert (len(found), memory.reads) == (10, LEAST)


@given(seed=st.integers(0, 2**32), count=st.integers(0, 1_200))
def test_a_note_hides_its_record_wherever_the_stretches_are_cut(seed: int, count: int) -> None:
    random, memory = Random(seed), Memory(2)
    known: list[Kept] = []
    noted: set[str] = set()
    for _ in range(count):
        if known and random.random() < 0.3:
            one = random.choice(known)
            noted.add(one.place)
            note = Replayed(replayed_partition=one.partition, replayed_offset=one.offset, at=NOW, actor="")
            memory.add(one.partition, note)
        else:
            kept = memory.add(random.randrange(2), bad(b"{}"))
            assert kept is not None
            known.append(kept)
    shelf = Shelf(memory)
    assert {one.place for one in shelf.newest(ALL, limit=10_000)} == {one.place for one in known} - noted
    every = shelf.newest(Wanted(replayed=True), limit=10_000)
    assert {one.place for one in every if one.replayed} == noted


def test_what_a_newer_release_wrote_is_passed_over() -> None:
    memory = filled(3)
    memory.add(0, b'{"v":9,"shape":"unknown"}')
    assert len(Shelf(memory).newest(ALL, limit=10)) == 3


class DoorToMemory(MemoryDoor):
    """Notes land where the records lie."""

    def __init__(self, memory: Memory) -> None:
        super().__init__()
        self._memory = memory

    def put(self, records: list[Put]) -> None:  # type: ignore[override]
        super().put(records)
        self._memory.put(records)


def test_a_replay_sends_what_can_be_used_and_remembers_it() -> None:
    """Twice sends nothing more; asked for again, the same bytes to the same place."""
    memory = Memory(1)
    for one in (bad(), bad(b"", reason=Reason.TOO_LARGE), bad(b'{"type":"page"}'), bad()):
        memory.add(0, one)
    door = DoorToMemory(memory)
    shelf, replay = Shelf(memory), replaying(door)

    def run(wanted: Wanted) -> list[str]:
        return [one.ended for some in shelf.at(shelf.places(wanted)) for one in replay.replay(some, TRACK)]

    assert run(ALL) == ["replayed", "not_replayable", "not_replayable", "replayed"]
    sent = [one for one in door.records if one.topic == "visits"]
    assert [one.topic for one in door.records] == ["visits"] * 2 + ["rejected"] * 2
    assert run(ALL) == ["not_replayable", "not_replayable"]
    assert len(door.records) == 4
    assert run(Wanted(replayed=True)).count("replayed") == 2
    assert [one for one in door.records if one.topic == "visits"] == sent * 2


def test_a_dry_run_and_what_would_be_rejected_again_send_nothing() -> None:
    memory, door = Memory(1), MemoryDoor()
    kept = memory.add(0, bad())
    assert kept is not None
    assert [one.ended for one in replaying(door).replay([kept])] == ["still_rejected"]
    [outcome] = replaying(door).replay([kept], TRACK, dry_run=True)
    assert (outcome.ended, door.records) == ("replayed", [])
    assert '+  "type": "track",' in difference(outcome.preview.before, outcome.preview.after)


def test_no_note_is_written_for_what_kafka_did_not_take() -> None:
    memory, door = Memory(1), MemoryDoor()
    kept = memory.add(0, bad())
    assert kept is not None
    door.closed = True
    with pytest.raises(DoorClosed):
        replaying(door).replay([kept], TRACK)
    assert door.records == []


def test_row_8_nothing_that_a_terminal_acts_upon_is_printed() -> None:
    hostile = b'{"a":"\x1b[2J\xc2\x9b2J\xe2\x80\xae\\u001b]0;x\\u0007"}'
    for raw in (hostile, hostile[:-1] + b"\x00\xff", b"\x1b]8;;http://x\x07", b"\r\nHTTP/1.1"):
        shown = readable(raw)
        assert all(c.isprintable() or c == "\n" for c in shown), shown
