"""What the console says of channels: the newest word of each worker that still speaks, on a real Valkey."""

import re
from time import time_ns

import pytest

from streams.core.channel_state import ChannelState, WorkerChannels
from streams.readmodel.channels import SILENT_MS, ChannelBoard, spoken_lately
from streams.readmodel.keys import Keys
from streams.readmodel.writer import connected
from tests.unit.console.samples import HOSTILE
from tests.unit.console.visitor import Visitor

NOW = 1_795_000_000_000  # of what is compared with itself; what a page compares with its clock is `now()`


def now() -> int:
    return time_ns() // 1_000_000


@pytest.fixture
def board(valkey_url: str, prefix: str) -> ChannelBoard:
    return ChannelBoard.connect(valkey_url, prefix=prefix)


def told(worker: str, *channels: ChannelState, silent_ms: int = 0) -> WorkerChannels:
    return WorkerChannels(worker=worker, at=now() - silent_ms, channels=channels)


def text(rep: Visitor) -> str:
    page = rep.get("/channels")
    assert page.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page.text))


def test_without_a_word_it_says_what_to_do(rep: Visitor) -> None:
    assert "leadstream channels list says what the settings make of each" in text(rep)


def test_the_words_of_all_workers_are_one_line_of_a_channel(rep: Visitor, board: ChannelBoard) -> None:
    board.tell(told("a:1", ChannelState(name="mail", waiting=2, resting=True, error="former", error_at=now() - 9_000)))
    board.tell(told("b:1", ChannelState(name="mail", waiting=3, resting=False, sent_at=now() - 5_000)))
    newest = ChannelState(name="mail", waiting=4, resting=True, error="busy: 535", error_at=now() - 60_000)
    board.tell(told("a:1", newest))
    said = text(rep)
    assert "mail 2 workers Resting on 1 of 2" in said
    assert re.search(r"within a minute 7 just now busy: 535 1 min ago", said), said
    assert "former" not in said


@pytest.mark.parametrize(
    ("state", "word"),
    [
        (ChannelState(name="mail", waiting=0, resting=False), "Not used yet"),
        (ChannelState(name="mail", waiting=0, resting=False, sent_at=NOW - 5), "Works"),
        (ChannelState(name="mail", waiting=0, resting=False, sent_at=NOW - 5, error="x", error_at=NOW - 9), "Works"),
        (ChannelState(name="mail", waiting=0, resting=False, sent_at=NOW - 9, error="x", error_at=NOW - 5), "Refused"),
    ],
)
def test_a_channel_is_as_its_newest_word(rep: Visitor, board: ChannelBoard, state: ChannelState, word: str) -> None:
    board.tell(told("a:1", state))
    assert word in text(rep)


def test_a_worker_that_is_silent_is_left_out_and_forgotten(
    rep: Visitor, board: ChannelBoard, valkey_url: str, prefix: str
) -> None:
    board.tell(told("gone:1", ChannelState(name="teams", waiting=1, resting=True), silent_ms=SILENT_MS))
    assert "No worker tells of a channel" in text(rep)
    board.tell(told("a:1", ChannelState(name="mail", waiting=0, resting=False)))
    client = connected(valkey_url)
    assert client.hkeys(Keys(prefix).channels) == [b"a:1"]
    client.close()


def test_what_a_worker_of_another_release_says_takes_no_page_along() -> None:
    assert spoken_lately([b"{}", b"\xff", b"[]"], now=NOW) == []


@pytest.mark.parametrize("hostile", HOSTILE)
def test_row_39_an_error_is_text(rep: Visitor, board: ChannelBoard, hostile: str) -> None:
    board.tell(told("a:1", ChannelState(name="mail", waiting=0, resting=False, error=hostile, error_at=NOW)))
    page = rep.get("/channels").text
    assert "<img" not in page.split("<main", 1)[-1]
    assert "<script>alert" not in page
