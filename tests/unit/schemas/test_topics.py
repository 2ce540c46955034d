"""The topic table: each has a name, a key, an end to what it keeps, writers and readers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.topics import TOPICS, Topic, application, partition_of, topic

INBOXES = {"visits", "touches", "signals", "posts"}
CARDS = {"leads", "accounts", "alerts", "transitions"}


@pytest.mark.parametrize("one", TOPICS, ids=lambda one: one.name)
def test_every_topic_says_who_writes_and_who_reads_and_how_long_it_keeps(one: Topic) -> None:
    assert one.writers
    assert one.readers
    assert one.full("t1-") == f"t1-leadstream.{one.name}.v1"
    assert "_" not in one.full()  # Kafka's metric names cannot tell it from a dot
    assert one.config()["cleanup.policy"] == ("compact" if one.name in CARDS else "delete")


def test_inboxes_are_those_that_rows_are_folded_from_and_the_broker_stamps_them() -> None:
    assert {one.name for one in TOPICS if one.inbox} == {one.name for one in TOPICS if one.append_time} == INBOXES
    assert {one.name for one in TOPICS} == INBOXES | CARDS | {"rejected"}


def test_names_are_unique_and_unknown_ones_are_refused() -> None:
    assert len({one.name for one in TOPICS}) == len(TOPICS)
    assert topic("visits").name == "visits"
    with pytest.raises(KeyError):
        topic("visit")


@given(key=st.text(max_size=40), partitions=st.integers(1, 64))
def test_a_key_has_one_partition(key: str, partitions: int) -> None:
    assert 0 <= partition_of(key, partitions) < partitions
    assert partition_of(key, partitions) == partition_of(key, partitions)


def test_partitions_never_change_their_meaning() -> None:
    """Rows live where this says: another answer would orphan them."""
    assert [partition_of(key, 4) for key in ("v1", "acme.example", "deal:generic:42", "김")] == [1, 3, 2, 1]


def test_each_epoch_has_topics_and_a_group_of_its_own() -> None:
    assert topic("visits").full("t.") == topic("visits").full("t.", epoch=0) == "t.leadstream.visits.v1"
    assert topic("visits").full("t.", epoch=2) == "t.leadstream.visits.v1.e2"
    assert (application("leadstream", 0), application("leadstream", 2)) == ("leadstream", "leadstream-e2")
