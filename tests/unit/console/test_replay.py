"""A rejected record in the console: its bytes, a patch, a preview, the replay."""

import pytest

from schemas.codec import REPLAYED, VISITS, encode
from schemas.rejected import Envelope, Reason, Rejected, Replayed
from streams.inbox import MemoryDoor
from streams.readmodel.writer import Projection
from tests.unit.console.samples import HOSTILE, Samples
from tests.unit.console.test_actions import csrf_of
from tests.unit.console.test_pages import said
from tests.unit.console.visitor import Visitor

PATCH = '{"type": "page", "anonymousId": "v1", "properties": {"url": "https://a.example/pricing", "path": null}}'


@pytest.fixture
def known(filled: Samples, projection: Projection) -> Samples:
    """Also one of a server key that was received long ago, and more than one page of them."""
    envelope = Envelope(received_at=filled.now - 90_000, sent_at=None, trust="proven")
    raw = b'{"type":"purchase","messageId":"m%d","anonymousId":"v1"}'
    some = [
        Rejected(at=filled.now - 60_000 - n, reason=Reason.UNKNOWN_TYPE, detail=f"number {n}", source="shop",
                 raw=raw % n, envelope=envelope)
        for n in range(120)
    ]  # fmt: skip
    projection.write(rejected=[(f"1:{n}", encode(one)) for n, one in enumerate(some)])
    return filled


def test_a_preview_says_what_would_change_and_changes_nothing(rep: Visitor, known: Samples, door: MemoryDoor) -> None:
    answer = rep.post("/rejected/0:0/preview", data={"csrf": csrf_of(rep), "patch": PATCH, "language": "merge"})
    text = said(answer.text)
    assert answer.status_code == 200
    for words in ('- "type": "pageview"', '+ "type": "page"', "Verdict: Accepted", "page: pricing", "Nothing has"):
        assert words in text, words
    assert door.records == []
    assert PATCH.replace('"', "&#34;") in answer.text, "the patch is still in its field"


def test_a_replay_goes_to_the_inbox_with_its_own_time_and_trust_and_leaves_a_note(
    rep: Visitor, known: Samples, door: MemoryDoor, projection: Projection
) -> None:
    data = {"csrf": csrf_of(rep), "patch": "merge(@, {type: 'track', event: 'Buy'})", "language": "jmespath"}
    answer = rep.post("/rejected/1:7/replay", data=data)
    assert (answer.status_code, "Replayed. It keeps" in answer.text) == (200, True)
    visit, note = door.records
    [delivery], _ = VISITS.decode(visit.value)
    assert (delivery.received_at, delivery.trust, delivery.source) == (known.now - 90_000, "proven", "shop")
    assert (note.topic, note.partition) == ("rejected", 1)
    kept = REPLAYED.decode(note.value)
    assert (kept.replayed_partition, kept.replayed_offset, kept.actor, kept.patched) == (1, 7, "Ines Duarte", True)

    projection.write(rejected=[("1:200", note.value)])
    listed = said(rep.get("/rejected?text=number+7").text)
    assert ("number 7 " in listed, "number 70 " in listed) == (False, True)
    assert "replayed" in said(rep.get("/rejected/1:7").text)


@pytest.mark.parametrize(
    ("place", "fields", "status", "why"),
    [
        ("0:0", {}, 422, "neither a usable anonymousId nor a usable userId"),
        ("1:1", {}, 422, "rejected again, so it is not sent"),
        ("1:1", {"patch": "{"}, 422, "the merge patch is not JSON"),
        ("1:1", {"patch": "merge(", "language": "jmespath"}, 422, "the expression cannot be read"),
        ("1:1", {"patch": '{"messageId": "other"}'}, 422, "the patch changes messageId"),
        ("0:1", {}, 422, "needs a patch"),
        ("0:2", {"patch": "{}"}, 422, "it is what a CRM or a mail provider said"),
    ],
)
@pytest.mark.parametrize("act", ["preview", "replay"])
def test_what_cannot_be_replayed_says_why_and_sends_nothing(
    rep: Visitor, known: Samples, door: MemoryDoor, act: str, place: str, fields: dict[str, str], status: int, why: str
) -> None:
    answer = rep.post(f"/rejected/{place}/{act}", data={"csrf": csrf_of(rep), **fields})
    assert (answer.status_code, door.records) == (status, [])
    assert why in said(answer.text)


def test_without_kafka_a_replay_says_so(rep: Visitor, known: Samples, door: MemoryDoor) -> None:
    door.closed = True
    answer = rep.post("/rejected/1:1/replay", data={"csrf": csrf_of(rep), "patch": '{"type": "track", "event": "x"}'})
    assert (answer.status_code, "Kafka did not take it" in answer.text) == (503, True)


@pytest.mark.parametrize("place", ["9:9", "x", "1", "-1:2", "1:999999999999999999999"])
def test_a_place_without_a_record_is_not_found(rep: Visitor, known: Samples, place: str) -> None:
    assert rep.get(f"/rejected/{place}").status_code == 404
    assert rep.post(f"/rejected/{place}/replay", data={"csrf": csrf_of(rep)}).status_code == 404


@pytest.mark.parametrize(
    ("query", "fits", "shown"),
    [
        ("", 123, 50), ("page=3", 123, 23), ("page=9", 123, 0), ("page=x", 123, 50), ("page=0", 123, 50),
        ("source=site", 2, 2),
        ("by=agent", 1, 1), ("by=collector&source=shop", 120, 50), ("text=NUMBER+11", 11, 11),
        ("reason=json&source=shop", 0, 0), ("text=purchase&reason=unknown_type&page=2", 120, 50),
    ],
)  # fmt: skip
def test_pages_and_filters(rep: Visitor, known: Samples, query: str, fits: int, shown: int) -> None:
    answer = rep.get(f"/rejected?{query}").text
    assert answer.count('<article class="card rejected">') == shown
    if fits > 50:
        assert f"{fits} fit. Page" in said(answer)


def test_row_39_hostile_bytes_are_text_on_the_page_and_in_the_difference(
    rep: Visitor, filled: Samples, projection: Projection
) -> None:
    evil = "".join(HOSTILE).encode()
    raw = b'{"type":"purchase","anonymousId":"v1","x":' + encode(evil.decode()) + b"}"
    projection.write(rejected=[("2:5", encode(Rejected(at=filled.now, reason=Reason.UNKNOWN_TYPE, detail=evil.decode(),
                                                       source="<b>s", raw=raw)))])  # fmt: skip
    patch = encode({"type": "track", "event": evil.decode()}).decode()
    for answer in (
        rep.get("/rejected"), rep.get("/rejected/2:5"),
        rep.post("/rejected/2:5/preview", data={"csrf": csrf_of(rep), "patch": patch}),
        rep.post("/rejected/2:5/preview", data={"csrf": csrf_of(rep), "patch": evil.decode()}),
    ):
        assert answer.status_code in {200, 422}
        assert "<script>alert" not in answer.text
        assert "<img" not in answer.text.replace('<img src="/static/favicon', "")
        assert "<b>s" not in answer.text


def test_a_note_of_what_is_not_kept_any_more_is_no_row(rep: Visitor, filled: Samples, projection: Projection) -> None:
    projection.write(rejected=[("7:1", encode(Replayed(replayed_partition=7, replayed_offset=0, at=1, actor="x")))])
    assert "3" in said(rep.get("/rejected?replayed=1").text)
    assert rep.get("/rejected/7:0").status_code == 404
