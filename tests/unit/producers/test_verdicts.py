"""The reply to a sender that asks what became of each event."""

import json
from typing import Any

import pytest

from producers.metrics import RESENT
from producers.sinks.memory import MemorySink
from tests.unit.producers.desk import NOW, desk, page

ASKED = {"x-leadstream-debug": "1"}
SENT = "2026-11-21T09:16:10.000Z"  # NOW


def verdict(index: int, message_id: Any, reason: str = "", detail: str = "") -> dict[str, Any]:
    said = "rejected" if reason else "accepted"
    return {"index": index, "message_id": message_id, "verdict": said, "reason": reason, "detail": detail}


async def test_each_event_has_its_verdict_in_the_order_of_the_request() -> None:
    events = [
        page(0, type="click"),
        page(1, timestamp=SENT),
        {"type": "page", "messageId": "m2"},
        "just text",
        {**page(4), "messageId": 4, "timestamp": "2026-11-01T00:00:00Z"},
        page(5, timestamp=SENT, properties={"url": "https://a.example/?token=t"}),
        page(6, context={"consent": False}),
        page(7),
    ]
    async with desk() as d:
        answer = await d.batch(*events, **ASKED)  # type: ignore[arg-type]
        assert answer.status_code == 200
        assert answer.json() == {
            "success": True, "ok": True, "status": 1,
            "events": [
                verdict(0, "m0", "unknown_type", "click"),
                verdict(1, "m1"),
                verdict(2, "m2", "no_id", "neither a usable anonymousId nor a usable userId"),
                verdict(3, None, "schema", "Expected `object`, got `str`"),
                verdict(4, 4, detail="time clamped: more than 7 days before it was received"),
                verdict(5, "m5", detail="stored without what its source does not keep"),
                verdict(6, "m6", "no_consent", f"page, {len(json.dumps(events[6], separators=(',', ':')))} bytes"),
                verdict(7, "m7", detail="no timestamp: when it was received counts"),
            ],
        }  # fmt: skip
        assert [event["messageId"] for event in d.events()] == ["m1", 4, "m5", "m7"]


@pytest.mark.parametrize("path", ["/v1/page", "/v1/p"])
async def test_a_single_event_has_one_too(path: str) -> None:
    async with desk() as d:
        answer = await d.http.post(path, json=page(writeKey="wk_site", originalTimestamp=SENT), headers=ASKED)
        assert answer.json()["events"] == [verdict(0, "m1")]


@pytest.mark.parametrize(
    ("timestamp", "sent_at", "own", "said"),
    [
        (SENT, SENT, None, ""),
        ("2026-11-21T09:00:00Z", "2026-11-21T09:10:00Z", "2026-11-21T09:16:10Z", "time corrected by sentAt"),
        ("2026-11-21T09:00:00Z", None, "2026-11-21T09:10:00Z", "time corrected by sentAt"),
        ("2026-11-21T09:30:00Z", None, None, "time clamped: after it was received"),
        (1_700_000_000_000_000, None, None, "time unreadable: when it was received counts"),
    ],
)
async def test_a_verdict_says_what_became_of_the_time(timestamp: Any, sent_at: Any, own: Any, said: str) -> None:
    body = {"batch": [page(timestamp=timestamp, sentAt=own)], "sentAt": sent_at, "writeKey": "wk_site"}
    async with desk() as d:
        answer = await d.http.post("/v1/batch", json=body, headers=ASKED)
        assert answer.json()["events"] == [verdict(0, "m1", detail=said)]


@pytest.mark.parametrize(
    ("event", "reason", "detail"),
    [
        (page(name=7), "schema", "Expected `str | null`, got `int` - at `$.name`"),
        ({"type": "track", "messageId": "m1", "userId": "u"}, "schema", "Object missing required field `event`"),
    ],
)
async def test_a_verdict_knows_what_the_worker_will_refuse(event: dict[str, Any], reason: str, detail: str) -> None:
    """Else a developer would look for the event in vain."""
    async with desk() as d:
        [said] = (await d.batch(event, **ASKED)).json()["events"]
        assert said == verdict(0, "m1", reason, f"{detail} (stored, not usable)")
        assert len(d.events()) == 1


@pytest.mark.parametrize("asked", [{}, {"x-leadstream-debug": "0"}, {"x-leadstream-debug": ""}])
async def test_who_does_not_ask_gets_the_bytes_that_please_all(asked: dict[str, str]) -> None:
    async with desk() as d:
        answer = await d.batch(page(1), "no event", **asked)  # type: ignore[arg-type]
        assert answer.content == b'{"success":true,"ok":true,"status":1}'


async def test_nothing_has_no_verdicts_and_what_is_not_safe_has_none() -> None:
    async with desk(MemorySink(held=True), reply_timeout_s=0.05) as d:
        assert (await d.batch(**ASKED)).json()["events"] == []
        answer = await d.batch(page(), **ASKED)
        assert (answer.status_code, answer.headers["retry-after"], "events" in answer.json()) == (503, "2", False)


@pytest.mark.parametrize(("said", "counted"), [("0", 0), ("1", 1), ("17", 1), ("x", 1), (None, 0)])
async def test_a_repetition_is_counted_and_changes_nothing(said: str | None, counted: int) -> None:
    before = RESENT._value.get()
    async with desk() as d:
        headers = {} if said is None else {"x-retry-count": said}
        answer = await d.batch(page(), **headers)
        assert (answer.content, len(d.events())) == (b'{"success":true,"ok":true,"status":1}', 1)
        [delivery] = d.deliveries()
        assert delivery.received_at == NOW
    assert RESENT._value.get() - before == counted
