"""Recorded requests of unchanged SDKs: each gets the answer that it needs, and its events come out as they went in."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from producers.collector.door.addresses import shortened
from schemas.codec import EVENT
from tests.unit.producers.desk import Desk, desk

RECORDED = sorted(Path(__file__).with_name("recorded").glob("*.json"))
KEY = "wk_test"


def requests() -> list[Any]:
    """One test per request, named after its SDK."""
    return [
        pytest.param(request, id=f"{path.stem}-{request['method']}{request['path'].replace('/', '_')}-{number}")
        for path in RECORDED
        for number, request in enumerate(json.loads(path.read_text("utf-8"))["requests"])
    ]


def events_of(body: dict[str, Any]) -> list[dict[str, Any]]:
    return list(body["batch"]) if "batch" in body else [body]


@pytest.mark.parametrize("request_", requests())
async def test_a_recorded_request_is_understood(request_: dict[str, Any]) -> None:
    async with desk(jitsu=True) as d:
        await CHECKS[request_["method"]](d, request_)


async def posted(d: Desk, recorded: dict[str, Any]) -> None:
    """200 with the body that pleases all, and every event in `visits` with its id."""
    content = json.dumps(recorded["body"]).encode()
    answer = await d.http.post(
        recorded["path"],
        content=gzip.compress(content) if recorded["gzip"] else content,
        headers=recorded["headers"],
    )
    assert (answer.status_code, answer.json()) == (200, {"success": True, "ok": True, "status": 1})
    assert d.rejected() == []
    sent = {event["messageId"]: event for event in events_of(recorded["body"])}
    for event in sent.values():
        if ip := event.get("context", {}).get("ip"):  # nobody's whole address is written
            event["context"]["ip"] = shortened(ip)
    assert {event["messageId"]: event for event in d.events()} == sent
    for delivery in d.deliveries():
        assert (delivery.source, delivery.trust) == ("site", "claimed")
        assert delivery.sent_at is not None
        for raw in delivery.events:
            EVENT.decode(raw)


async def preflight(d: Desk, recorded: dict[str, Any]) -> None:
    """Everything that the browser asked for is allowed."""
    answer = await d.http.options(recorded["path"], headers=recorded["headers"])
    asked = recorded["headers"]
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == asked["origin"]
    assert answer.headers["access-control-allow-headers"] == asked["access-control-request-headers"]
    assert asked["access-control-request-method"] in answer.headers["access-control-allow-methods"]


async def settings(d: Desk, recorded: dict[str, Any]) -> None:
    """Our own host is named, or the SDK would send the data elsewhere; no destination is, or it would send it on."""
    answer = await d.http.get(recorded["path"], headers=recorded["headers"])
    told = answer.json()
    if recorded["path"].startswith("/sourceConfig"):
        assert (told["source"]["writeKey"], told["source"]["enabled"]) == (KEY, True)
        assert (told["source"]["destinations"], told["source"]["config"]["statsCollection"]["metrics"]) == (
            [], {"enabled": False},
        )  # fmt: skip
    else:
        assert told["integrations"]["Segment.io"]["apiKey"] == KEY
    assert answer.headers["access-control-allow-origin"] == recorded["headers"]["origin"]


CHECKS = {"POST": posted, "OPTIONS": preflight, "GET": settings}
