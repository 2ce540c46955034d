"""What CRMs and mail providers said, in the console: what it would become is shown before anybody presses a button."""

from collections.abc import Iterator, Sequence

import pytest

from schemas.codec import encode
from schemas.rejected import Reason, Rejected
from schemas.touches import MailEvent
from streams.console.app import ConsoleOptions, make_app, one_time_link
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Projection
from streams.replay.remaking import Mapped, NotReplayable
from tests.unit.console.samples import HOSTILE, Samples
from tests.unit.console.sights import sight
from tests.unit.console.test_actions import csrf_of
from tests.unit.console.test_pages import said
from tests.unit.console.visitor import Visitor, visiting

SECRET = "a secret of the console"
HOSTILE_TOO = {"said": list(HOSTILE)}
EVENT = MailEvent(to="lead-7", kind="bounced", mail_event_id="postmark:1", message_id="spring-1", at=1_795_252_570_000)


def read(record: Rejected) -> Sequence[Mapped]:
    """Reads what says `good`, as often as it says so."""
    if b"good" not in record.raw:
        raise NotReplayable("this release cannot read it either: RecordType")
    return [Mapped("touches", "lead-7", encode(EVENT))] * record.raw.count(b"good")


@pytest.fixture
def rep(valkey_url: str, prefix: str, door: MemoryDoor, filled: Samples, projection: Projection) -> Iterator[Visitor]:
    """Signed in at a console that reads bodies. 5:0 can be read, 5:1 not, 5:2 says much, 5:4 lies in an envelope."""
    raws = (b'{"said":"good"}', b'{"said":"odd"}', b'"%s"' % (b"good " * 25), "".join(HOSTILE).encode(),
            encode({"MessageId": "1", "Message": '{"said":"odd"}'}), encode({"Message": encode(HOSTILE_TOO).decode()}))
    projection.write(rejected=[
        (f"5:{n}", encode(Rejected(at=filled.now - n, reason=Reason.MAPPING, detail="RecordType", source="postmark",
                                   raw=raw, door="mail/postmark")))
        for n, raw in enumerate(raws)
    ])  # fmt: skip
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver")
    app = make_app(Reader.connect(valkey_url, prefix=prefix), door, options, sight=sight(mapper=read))
    with visiting(app) as somebody:
        somebody.get(one_time_link(SECRET, "http://testserver", name="Ines Duarte"))
        yield somebody


def test_the_page_shows_what_it_becomes_before_the_button_and_sends_nothing(rep: Visitor, door: MemoryDoor) -> None:
    answer = rep.get("/rejected/5:0")
    text = said(answer.text)
    for words in ("It becomes 1 message", "touches", '"mail_event_id": "postmark:1"', "Nothing has changed yet"):
        assert words in text, words
    assert (answer.status_code, door.records) == (200, [])


def test_the_button_sends_it_to_its_row_and_leaves_a_note(rep: Visitor, door: MemoryDoor) -> None:
    answer = rep.post("/rejected/5:0/replay", data={"csrf": csrf_of(rep)})
    assert (answer.status_code, "Replayed. It keeps" in answer.text) == (200, True)
    sent, note = door.records
    assert (sent.topic, sent.value, note.topic) == ("touches", b"[" + encode(EVENT) + b"]", "rejected")


def test_a_patch_is_tried_with_its_difference(rep: Visitor, door: MemoryDoor) -> None:
    data = {"csrf": csrf_of(rep), "patch": '{"said": "good"}'}
    text = said(rep.post("/rejected/5:1/preview", data=data).text)
    assert ('+ "said": "good"' in text, "It becomes 1 message" in text, door.records) == (True, True, [])


def test_what_lies_as_text_in_a_body_is_shown_and_patched(rep: Visitor, door: MemoryDoor) -> None:
    page = said(rep.get("/rejected/5:4").text)
    assert ("In Message lies, as text:" in page, '"said": "odd"' in page) == (True, True)
    data = {"csrf": csrf_of(rep), "patch": '{"said": "good"}', "inside": "Message"}
    text = said(rep.post("/rejected/5:4/preview", data=data).text)
    assert ('- "said": "odd"' in text, '+ "said": "good"' in text, "It becomes 1 message" in text) == (True, True, True)
    assert door.records == []
    rep.post("/rejected/5:4/replay", data=data)
    assert [one.topic for one in door.records] == ["touches", "rejected"]


def test_what_lies_in_a_body_is_offered_first_and_the_body_may_be_chosen(rep: Visitor) -> None:
    chosen, whole = '<option value="Message" selected>', '<option value="">'
    first = rep.get("/rejected/5:4").text
    assert (chosen in first, whole in first, 'name="inside"' in rep.get("/rejected/5:1").text) == (True, True, False)
    data = {"csrf": csrf_of(rep), "patch": '{"said": "good"}', "inside": ""}
    answer = rep.post("/rejected/5:4/preview", data=data)
    assert (chosen in answer.text, '"Message": "{' in said(answer.text)) == (False, True)
    answer = rep.post("/rejected/5:4/preview", data=data | {"inside": "Nowhere"})
    assert (answer.status_code, "no text in Nowhere" in answer.text) == (422, True)


def test_what_cannot_be_read_yet_says_why_at_once(rep: Visitor, door: MemoryDoor) -> None:
    answer = rep.get("/rejected/5:1")
    assert (answer.status_code, "this release cannot read it either" in answer.text) == (200, True)
    assert rep.post("/rejected/5:1/replay", data={"csrf": csrf_of(rep)}).status_code == 422
    assert door.records == []


def test_of_very_many_messages_the_first_are_shown(rep: Visitor) -> None:
    text = said(rep.get("/rejected/5:2").text)
    assert ("It becomes 25 messages" in text, "5 more are not shown" in text) == (True, True)
    assert text.count("postmark:1") == 20


def test_row_39_hostile_bytes_of_a_body_are_text(rep: Visitor) -> None:
    for place in ("5:3", "5:5"):
        assert "<script>alert" not in rep.get(f"/rejected/{place}").text
