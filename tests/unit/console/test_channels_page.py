"""What the console says of channels: the newest word of each worker that still speaks, on a real Valkey."""

import re
from pathlib import Path
from time import time_ns

import httpx
import pytest

from streams.channels.rest import FIRST_S, LONGEST_S
from streams.console.access.audit import entries
from streams.core.recipient.channel_state import ChannelState, TrialKind, TrialResult, WorkerChannels
from streams.readmodel.channels import SILENT_MS, ChannelBoard, spoken_lately
from streams.readmodel.keys import Keys
from streams.readmodel.trials import OLDEST_MS, TrialBoard
from streams.readmodel.writer import connected
from tests.unit.console.samples import HOSTILE
from tests.unit.console.visitor import Visitor, signed_in

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
    assert "This says what the settings make of each: leadstream channels list" in text(rep)


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


def test_queue_deadline_and_rest_are_said(rep: Visitor, board: ChannelBoard) -> None:
    resting = ChannelState(name="mail", waiting=7, resting=True, most=1_000, deadline_ms=10_000, failures=4,
                           rests_ms=12_000)  # fmt: skip
    board.tell(told("a:1", resting))
    board.tell(told("b:1", ChannelState(name="mail", waiting=1, resting=False, most=1_000, deadline_ms=10_000)))
    said = text(rep)
    assert "4 failures in a row, next attempt in 12 s 8 of 2,000" in said
    assert "none 10 s" in said
    assert f"{FIRST_S:g} s, twice as long each time, {LONGEST_S:g} s at most" in said, "as the worker does it"


def asked(rep: Visitor, channel: str = "mail", *, to: str = "") -> httpx.Response:
    return rep.post(f"/channels/{channel}/test", data={"csrf": signed_in(rep, "operator"), "to": to})


def test_a_test_is_left_for_a_worker_and_its_answer_is_shown(
    rep: Visitor, board: ChannelBoard, valkey_url: str, prefix: str, audit_log: Path
) -> None:
    board.tell(told("a:1", ChannelState(name="mail", waiting=0, resting=False)))
    answer = asked(rep)
    assert answer.status_code == 303
    waiting = rep.get(answer.headers["location"])
    assert "A worker sends the test through mail." in waiting.text
    trials = TrialBoard.connect(valkey_url, prefix=prefix)
    trial = trials.take(now=now())
    assert trial is not None
    assert (trial.channel, trial.to) == ("mail", "")
    refused = TrialResult(trial_id=trial.trial_id, channel="mail", kind="refused", said="refused with 401", status=401,
                          at=now(), worker="a:1")  # fmt: skip
    trials.tell(refused)
    page = rep.get(answer.headers["location"]).text
    assert "A worker sends the test through mail." not in page
    assert "refused with 401" in page
    assert "does not accept our credentials" in page
    assert [(one.what, one.id) for one in entries(audit_log) if one.what == "try channel"] == [("try channel", "mail")]


def test_what_no_worker_takes_is_said(rep: Visitor, board: ChannelBoard) -> None:
    board.tell(told("a:1", ChannelState(name="mail", waiting=0, resting=False)))
    page = rep.get(f"/channels?tried=mail&asked={now() - OLDEST_MS - 1}").text
    assert "No worker took the test of mail within half a minute" in page


@pytest.mark.parametrize(
    ("kind", "status", "words"),
    [
        ("taken", 0, "The receiver took it."), ("not_set_up", 0, "restart them"),
        ("no_address", 0, "Give this recipient"), ("busy", 0, "away or slow"),
        ("refused", 404, "does not exist any more"), ("refused", 400, "said no for good"),
        ("failed", 0, "log says more"),
    ],
)  # fmt: skip
def test_each_answer_says_what_to_do(
    rep: Visitor, board: ChannelBoard, valkey_url: str, prefix: str, kind: TrialKind, status: int, words: str
) -> None:
    board.tell(told("a:1", ChannelState(name="mail", waiting=0, resting=False)))
    TrialBoard.connect(valkey_url, prefix=prefix).tell(
        TrialResult(trial_id="t", channel="mail", kind=kind, said="x", status=status, at=now(), worker="a:1")
    )
    assert words in text(rep)


def test_tests_are_counted_and_so_are_those_that_wait(rep: Visitor, board: ChannelBoard) -> None:
    names = ("mail", "teams", "slack", "apprise")
    board.tell(told("a:1", *(ChannelState(name=one, waiting=0, resting=False) for one in names)))
    assert [asked(rep).status_code for _ in range(4)] == [303, 303, 303, 429]
    refused = asked(rep)
    assert "was tried three times within a minute. Try again in" in refused.text
    assert [asked(rep, one).status_code for one in ("teams", "teams", "teams", "slack", "slack")] == [303] * 5
    assert "Tests wait already" in asked(rep, "apprise").text


@pytest.mark.parametrize(
    ("channel", "to", "status"),
    [("webhook", "", 400), ("mail", "stranger@elsewhere.example", 400), ("carrier-pigeon", "", 409)],
)
def test_what_cannot_be_tried_is_refused(
    rep: Visitor, board: ChannelBoard, valkey_url: str, prefix: str, channel: str, to: str, status: int
) -> None:
    board.tell(told("a:1", *(ChannelState(name=one, waiting=0, resting=False) for one in ("mail", "webhook"))))
    assert asked(rep, channel, to=to).status_code == status
    assert TrialBoard.connect(valkey_url, prefix=prefix).take(now=now()) is None
    assert "would act on a test" in text(rep)
