import pytest
from faust.types import TP

from streams.engine.guards.exits import STOPPED
from streams.engine.reading.progress import Progress
from tests.unit.engine.conftest import Died, raising

INBOX, CARDS = TP("inbox", 0), TP("cards", 0)


@pytest.fixture
def progress() -> Progress:
    one = Progress(lambda topic: topic == "inbox", die=raising)
    one.start({INBOX: 10, CARDS: 5})
    return one


def test_what_was_worked_off_in_order_may_be_committed(progress: Progress) -> None:
    for offset in (10, 11):
        assert progress.begin(INBOX, offset)
        progress.finish(INBOX, offset)
    assert progress.positions() == {INBOX: 12, CARDS: 5}


def test_what_is_in_hand_may_not(progress: Progress) -> None:
    assert progress.begin(INBOX, 10)
    assert progress.position(INBOX) == 10


def test_nothing_behind_an_abandoned_record_is_committed(progress: Progress) -> None:
    """Stock Faust acknowledges the record that an agent failed on, and goes on."""
    progress.begin(INBOX, 10)
    progress.begin(INBOX, 11)
    progress.finish(INBOX, 11)
    assert progress.position(INBOX) == 10


def test_several_may_be_in_hand_and_are_finished_in_order(progress: Progress) -> None:
    for offset in (10, 11, 12):
        progress.begin(INBOX, offset)
    for offset in (10, 11):
        progress.finish(INBOX, offset)
    assert progress.position(INBOX) == 12


def test_a_gap_in_an_inbox_ends_the_process(progress: Progress) -> None:
    progress.begin(INBOX, 10)
    with pytest.raises(Died, match="missing"):
        progress.begin(INBOX, 12)


def test_a_compacted_topic_has_gaps(progress: Progress) -> None:
    assert progress.begin(CARDS, 9)
    progress.finish(CARDS, 9)
    assert progress.position(CARDS) == 10


def test_a_record_that_comes_again_is_left(progress: Progress) -> None:
    progress.begin(INBOX, 10)
    assert not progress.begin(INBOX, 10)
    progress.finish(INBOX, 10)
    assert not progress.begin(INBOX, 10)


def test_a_topic_that_ends_before_the_committed_offset_stops_the_worker(progress: Progress) -> None:
    """The topic was made anew: the broker answers from its beginning, and all of it would be passed over."""
    with pytest.raises(Died) as died:
        progress.begin(INBOX, 3)
    assert died.value.code == STOPPED


def test_a_partition_that_moved_away_is_forgotten(progress: Progress) -> None:
    progress.begin(INBOX, 10)
    progress.forget([INBOX])
    progress.finish(INBOX, 10)
    assert progress.position(INBOX) is None
    assert not progress.begin(INBOX, 11)
