"""Batches of our own, read back by aiokafka as a broker would get them."""

from collections.abc import Sequence

from aiokafka.record.memory_records import MemoryRecords

from streams.engine.sending.batch import Batch, KeyValue

ROWS: Sequence[KeyValue] = [(b"ann", b"a row " * 40), (b"bob", None), (None, b"a block " * 40)]


def read(batch: Batch) -> list[KeyValue]:
    records = MemoryRecords(batch._build())
    made = records.next_batch()
    assert made is not None
    assert made.validate_crc()
    assert [record.offset for record in made] == list(range(batch.record_count()))
    assert records.next_batch() is None
    again = MemoryRecords(batch._build()).next_batch()
    assert again is not None
    return [(record.key, record.value) for record in again]


def test_what_was_filled_in_is_read_again_in_order() -> None:
    batch = Batch()
    assert batch.fill(ROWS) == 3
    assert read(batch) == list(ROWS)


def test_what_repeats_is_compressed() -> None:
    batch = Batch()
    batch.fill(ROWS * 20)
    assert len(batch._build()) < 1_000
    assert len(read(batch)) == 60


def test_what_compression_makes_no_smaller_stays_as_it_is() -> None:
    batch = Batch()
    batch.fill([(b"k", bytes(range(256)))])
    assert bytes(range(256)) in batch._build()
    assert read(batch) == [(b"k", bytes(range(256)))]


def test_a_batch_takes_what_finds_room_and_one_record_in_any_case() -> None:
    full, large = Batch(600), Batch(600)
    assert full.fill([(b"k", b"x" * 200)] * 5) == 2
    assert len(read(full)) == 2
    assert large.fill([(b"k", b"x" * 900), (b"l", b"y")]) == 1
    assert read(large) == [(b"k", b"x" * 900)]


def test_a_request_that_is_repeated_brings_the_same_bytes() -> None:
    batch = Batch()
    batch.fill(ROWS)
    assert batch._build() is batch._build()
