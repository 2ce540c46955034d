"""Buttons pressed in Slack: what Slack signed acts as the inbox does, is acknowledged at once, and hears who has it."""

import asyncio
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from time import time
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import AlertCounts
from schemas.codec import encode
from schemas.signals import AlertAction
from streams.console.app import ConsoleOptions, make_app
from streams.console.pages import slack as page
from streams.console.slack.answers import SlackAnswers
from streams.core.rules import Rules
from streams.inbox import Caused, MemoryDoor
from streams.outgoing.addresses import Reach
from streams.outgoing.client import Outgoing
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Projection
from tests.serving import served
from tests.unit.console.conftest import SECRET
from tests.unit.console.samples import ALERT_ID, Samples
from tests.unit.console.sights import sight
from tests.unit.console.visitor import Visitor, visiting
from tests.unit.core.made import RULES, example_rules

SIGNING = "8f742231b10e8888abcd99yyyzzz85a5"
PRESSED = "1700000000.123456"  # whenever this runs, it was before
SHOWN = [
    {"type": "header", "block_id": "m", "text": {"type": "plain_text", "text": "Back"}},
    {"type": "context", "elements": [{"type": "plain_text", "text": "Real-time"}]},
    {"type": "section", "text": {"type": "plain_text", "text": "Lost deal"}},
    {"type": "actions", "block_id": f"alert:{ALERT_ID}", "elements": [
        {"type": "button", "action_id": "claim"}, {"type": "button", "action_id": "snooze"},
        {"type": "button", "action_id": "open", "url": "https://c.example/"},
    ]},
]  # fmt: skip


class _Ears(BaseHTTPRequestHandler):
    heard: "Queue[dict[str, Any]]"

    def do_POST(self) -> None:
        self.heard.put(json.loads(self.rfile.read(int(self.headers["content-length"]))))  # before who asks goes on
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *args: Any) -> None:
        """Quiet."""


class Far:
    """Where response_url leads."""

    def __init__(self) -> None:
        self.heard: Queue[dict[str, Any]] = Queue()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), type("Ears", (_Ears,), {"heard": self.heard}))
        self.url = f"http://127.0.0.1:{self.server.server_port}/actions/T1/2/x"

    def next(self) -> dict[str, Any]:
        return self.heard.get(timeout=20)


@pytest.fixture
def far() -> Iterator[Far]:
    one = Far()
    with served(one.server):
        yield one


class AnsweringDoor(MemoryDoor):
    """What the agents would write is written at once."""

    def __init__(self) -> None:
        super().__init__()
        self.then: Callable[[Caused], None] = lambda _: None

    async def send(self, message: Caused) -> None:
        await super().send(message)
        self.then(message)


@pytest.fixture
def door() -> AnsweringDoor:
    return AnsweringDoor()


@pytest.fixture
def rules() -> Rules:
    return RULES


@pytest.fixture
def slack(valkey_url: str, prefix: str, door: AnsweringDoor, filled: Samples, rules: Rules) -> Iterator[Visitor]:
    """Slack itself: not signed in."""
    outgoing = Outgoing(Reach(frozenset({"127.0.0.1"})))
    answers = SlackAnswers(SIGNING, outgoing=outgoing, members={"U1": "kim@us.example"})
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver")
    app = make_app(Reader.connect(valkey_url, prefix=prefix), door, options, sight=sight(rules=rules), slack=answers)
    with visiting(app) as somebody:
        yield somebody
        somebody._portal.call(answers.close)


def body(url: str, verb: str = "claim", *, chosen: str = "", alert_id: str = ALERT_ID, user: str = "sam") -> bytes:
    act: dict[str, Any] = {"action_id": verb, "block_id": f"alert:{alert_id}", "action_ts": PRESSED, "type": "button"}
    if chosen:
        act["selected_option"] = {"text": {"type": "plain_text", "text": chosen}, "value": chosen}
    payload = {"type": "block_actions", "user": {"id": "U1", "username": user, "name": user}, "actions": [act],
               "response_url": url, "message": {"ts": "1790.1", "text": "x", "blocks": SHOWN}}  # fmt: skip
    return urlencode({"payload": json.dumps(payload)}).encode()


def signed(content: bytes, *, at: int | None = None, secret: str = SIGNING) -> dict[str, str]:
    stamp = str(int(time()) if at is None else at)
    mark = hmac.new(secret.encode(), b"v0:" + stamp.encode() + b":" + content, sha256).hexdigest()
    return {"x-slack-request-timestamp": stamp, "x-slack-signature": f"v0={mark}",
            "content-type": "application/x-www-form-urlencoded"}  # fmt: skip


def press(slack: Visitor, content: bytes) -> httpx.Response:
    return slack.post("/slack/actions", content=content, headers=signed(content))


def claims(projection: Projection, samples: Samples, door: AnsweringDoor, *, winner: str = "") -> None:
    """The agents decide for `winner`, else for who asked."""

    def decide(message: Caused) -> None:
        assert isinstance(message, AlertAction)
        who = winner or message.actor
        card = replace(samples.alert(), status="claimed", claimed_by=who, version=Version(0, 413))
        projection.write(alerts=[(ALERT_ID, encode(card))])

    door.then = decide


def test_a_claim_goes_through_the_door_and_all_hear_who_has_it(
    slack: Visitor, far: Far, door: AnsweringDoor, filled: Samples, projection: Projection
) -> None:
    claims(projection, filled, door)
    answer = press(slack, body(far.url))
    assert (answer.status_code, answer.content) == (200, b"")
    edit = far.next()
    assert edit["replace_original"] is True
    named = [one.get("block_id", one["type"]) for one in edit["blocks"]]
    assert named == ["m", "context", "section", f"alert:{ALERT_ID}"]
    assert edit["blocks"][1]["elements"][0]["text"] == "sam (Slack) has it."
    assert [one["action_id"] for one in edit["blocks"][-1]["elements"]] == ["snooze", "open"]
    said = far.next()
    assert (said["text"], said["response_type"], said["thread_ts"]) == ("sam (Slack) has it.", "in_channel", "1790.1")
    assert said["replace_original"] is False
    [message] = door.messages
    assert isinstance(message, AlertAction)
    assert (message.to, message.alert_id, message.action) == ("northwind-robotics.example", ALERT_ID, "claim")
    assert (message.actor, message.at) == ("sam (Slack)", 1_700_000_000_000)


KIM = '[[rep]]\nemail = "kim@us.example"\nname = "Kim"\nlanguage = "{}"\n'


@pytest.mark.parametrize(
    ("rules", "done", "refused"),
    [
        (example_rules(routing='language = "ko"'), "sam (Slack) 님이 맡았습니다.", "Ines Duarte 님이 먼저 맡았습니다."),
        (example_rules(routing=KIM.format("ko")), "Kim (Slack) 님이 맡았습니다.", "Ines Duarte 님이 먼저 맡았습니다."),
        (example_rules(routing='language = "ko"\n' + KIM.format("en")), "Kim (Slack) has it.",
         "Ines Duarte was faster and has this already."),
    ],
)  # fmt: skip
def test_an_answer_is_in_the_language_of_who_pressed_else_of_teams(
    slack: Visitor, far: Far, door: AnsweringDoor, filled: Samples, projection: Projection, done: str, refused: str
) -> None:
    claims(projection, filled, door)
    press(slack, body(far.url))
    assert far.next()["blocks"][1]["elements"][0]["text"] == done
    assert far.next()["text"] == done
    press(slack, body(far.url, alert_id="al_claimed"))
    assert far.next()["text"] == refused


def test_the_second_hears_who_was_faster(
    slack: Visitor, far: Far, door: AnsweringDoor, filled: Samples, projection: Projection
) -> None:
    """Also where the console did not know it yet, and whatever the first is called."""
    claims(projection, filled, door, winner="<!channel> Ines")
    press(slack, body(far.url))
    said = far.next()
    assert said["text"] == "&lt;!channel&gt; Ines was faster and has this already."
    assert (said["response_type"], said["blocks"][0]["text"]["type"]) == ("ephemeral", "plain_text")
    press(slack, body(far.url, alert_id="al_claimed"))
    assert far.next()["text"] == "Ines Duarte was faster and has this already."
    assert len(door.messages) == 1


def test_a_request_that_comes_again_says_the_same_again(
    slack: Visitor, far: Far, door: AnsweringDoor, filled: Samples
) -> None:
    content = body(far.url, "contacted", chosen="talking")
    door.closed = False
    headers = signed(content)
    for _ in range(2):
        assert slack.post("/slack/actions", content=content, headers=headers).status_code == 200
    wait_for(lambda: len(door.messages) == 2)
    assert door.messages[0] == door.messages[1]


@pytest.mark.parametrize(
    ("verb", "chosen", "reason", "outcome"),
    [
        ("contacted", "talking", "", "talking"), ("contacted", "no", "", "no"), ("snooze", "", "", ""),
        ("dismiss", "job_seeker", "job_seeker", ""), ("reopen_deal", "", "", ""),
    ],
)  # fmt: skip
def test_each_button_is_the_action_of_the_inbox(
    slack: Visitor, far: Far, door: AnsweringDoor, filled: Samples, verb: str, chosen: str, reason: str, outcome: str
) -> None:
    assert press(slack, body(far.url, verb, chosen=chosen)).status_code == 200
    wait_for(lambda: len(door.messages) == 1)
    [message] = door.messages
    assert isinstance(message, AlertAction)
    assert (message.action, message.reason, message.outcome) == (verb, reason, outcome)


@pytest.mark.parametrize(
    ("verb", "chosen", "alert_id", "said"),
    [
        ("claim", "", "al_closed", "This alert is closed."),
        ("claim", "", "al_nobody", "This alert is not known any more."),
        ("contacted", "", ALERT_ID, "Please say whether you are talking."),
        ("dismiss", "made up", ALERT_ID, "Please say why it is dismissed."),
        ("contacted", "talking", "al_held", "Information only: no contact before"),
        ("reopen_deal", "", "al_held", "Information only: no contact before"),
    ],
)
def test_what_cannot_be_is_said_to_who_pressed(
    slack: Visitor, far: Far, door: AnsweringDoor, verb: str, chosen: str, alert_id: str, said: str
) -> None:
    assert press(slack, body(far.url, verb, chosen=chosen, alert_id=alert_id)).status_code == 200
    heard = far.next()
    assert heard["text"].startswith(said)
    assert (heard["response_type"], door.messages) == ("ephemeral", [])


def test_what_ends_an_alert_leaves_the_link_alone(
    slack: Visitor, far: Far, door: AnsweringDoor, filled: Samples, projection: Projection
) -> None:
    counts = AlertCounts(outcome="contacted", level="real_time", strongest="deal_person", rules_version="x", sent=True)
    card = replace(filled.alert(), status="done", counts=counts, version=Version(0, 413))
    door.then = lambda _: projection.write(alerts=[(ALERT_ID, encode(card))])
    press(slack, body(far.url, "contacted", chosen="talking"))
    assert [one["action_id"] for one in far.next()["blocks"][-1]["elements"]] == ["open"]
    assert far.next()["text"] == "sam (Slack) was in contact."


def test_what_another_ended_in_between_is_closed(
    slack: Visitor, far: Far, door: AnsweringDoor, filled: Samples, projection: Projection
) -> None:
    card = replace(filled.alert(), status="expired", version=Version(0, 413))
    door.then = lambda _: projection.write(alerts=[(ALERT_ID, encode(card))])
    press(slack, body(far.url, "contacted", chosen="talking"))
    assert far.next()["text"] == "This alert is closed."


def test_a_closed_door_is_said(slack: Visitor, far: Far, door: AnsweringDoor) -> None:
    door.closed = True
    assert press(slack, body(far.url)).status_code == 200
    assert "Kafka does not answer" in far.next()["text"]


def test_slack_does_not_wait_for_kafka(slack: Visitor, far: Far, door: AnsweringDoor) -> None:
    """The acknowledgement is here while the door still hangs."""
    hanging = threading.Event()

    async def send(_: Caused) -> None:
        hanging.set()
        await asyncio.Future()

    door.send = send  # type: ignore[method-assign]
    assert press(slack, body(far.url)).status_code == 200
    assert hanging.wait(20)


def test_where_the_card_does_not_come_that_is_said(
    slack: Visitor, far: Far, door: AnsweringDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "PATIENCE_S", 0.1)
    press(slack, body(far.url))
    heard = far.next()
    assert heard["text"].startswith("Noted.")
    assert heard["response_type"] == "ephemeral"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(lambda it: {}, id="none"),
        pytest.param(lambda it: signed(it, secret="another"), id="another secret"),
        pytest.param(lambda it: signed(it, at=int(time()) - 301), id="older than five minutes"),
        pytest.param(lambda it: signed(it, at=int(time()) + 360), id="of the future"),
        pytest.param(lambda it: signed(it + b" "), id="other bytes"),
        pytest.param(lambda it: signed(it) | {"x-slack-request-timestamp": "soon"}, id="no time"),
        pytest.param(lambda it: signed(it) | {"x-slack-request-timestamp": "9" * 5_000}, id="a long time"),
        pytest.param(lambda it: signed(it) | {"x-slack-signature": "v0="}, id="no signature"),
        pytest.param(lambda it: signed(it) | {"x-slack-signature": "v1=" + "0" * 64}, id="another version"),
    ],
)
def test_what_slack_did_not_sign_is_refused(
    slack: Visitor, far: Far, door: AnsweringDoor, headers: Callable[[bytes], dict[str, str]]
) -> None:
    content = body(far.url)
    assert slack.post("/slack/actions", content=content, headers=headers(content)).status_code == 403
    assert door.messages == []
    assert far.heard.empty()


@pytest.mark.parametrize(
    ("content", "status"),
    [
        pytest.param(b"", 400, id="empty"),
        pytest.param(b"payload=%7B", 400, id="half"),
        pytest.param(b"payload=[]", 400, id="a list"),
        pytest.param(b"\xff\xfe", 400, id="no text"),
        pytest.param(b"x" * 300_000, 413, id="too large"),
        pytest.param(urlencode({"payload": '{"type":"view_submission"}'}).encode(), 200, id="another kind"),
        pytest.param(body("https://x.example", "open"), 200, id="a link"),
        pytest.param(urlencode({"payload": '{"type":"block_actions","actions":[]}'}).encode(), 200, id="no action"),
    ],
)
def test_what_cannot_be_read_or_needs_no_answer(
    slack: Visitor, door: AnsweringDoor, content: bytes, status: int
) -> None:
    assert press(slack, content).status_code == status
    assert door.messages == []


def test_row_44_an_answer_to_the_inside_is_not_sent(valkey_url: str, prefix: str, far: Far, filled: Samples) -> None:
    answers = SlackAnswers(SIGNING, outgoing=Outgoing(Reach()))
    app = make_app(Reader.connect(valkey_url, prefix=prefix), MemoryDoor(), ConsoleOptions(secret=SECRET),
                   sight=sight(), slack=answers)  # fmt: skip
    with visiting(app) as slack:
        slack._portal.call(partial(answers.say, far.url, "hello"))
        slack._portal.call(answers.close)
    assert far.heard.empty()


def wait_for(condition: Callable[[], bool]) -> None:
    """Until it is so."""
    until = time() + 20
    while not condition():
        assert time() < until
        threading.Event().wait(0.01)
