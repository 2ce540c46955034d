"""Snowplow's protocol: what becomes of each type, whose it is, and what its trackers hear."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from producers.collector.protocols.pixels import GIF
from producers.collector.protocols.snowplow import POST, app_keys
from producers.collector.protocols.snowplow_events import events_of
from producers.collector.sources import Source, Sources
from producers.errors import BadSettings, Unmappable
from producers.metrics import REGISTRY
from schemas.event_time import event_time
from schemas.rejected import Reason
from tests.unit.producers.desk import Desk, desk

SOURCES = """
[site]
snowplow_app_ids = ["shop", "blog"]
snowplow_identify = ["com.acme/user"]

[other]
snowplow_app_ids = ["app"]
"""
USER = {"schema": "iglu:com.acme/user/jsonschema/2-0-0", "data": {"email": "nia.berg@quellen.example"}}


@asynccontextmanager
async def snowplow_desk(tmp_path: Path, **more: Any) -> AsyncIterator[Desk]:
    file = tmp_path / "sources.toml"
    file.write_text(SOURCES)
    async with desk(snowplow=True, sources=file, **more) as d:
        yield d


def said(**more: str) -> dict[str, str]:
    return {"e": "pv", "eid": "m1", "aid": "shop", "duid": "browser-1", "url": "https://a.example/"} | more


def described(data: Any) -> str:
    return json.dumps({"schema": "iglu:com.snowplowanalytics.snowplow/unstruct_event/jsonschema/1-0-0", "data": data})


def entities(*some: Any) -> str:
    return json.dumps({"schema": "iglu:com.snowplowanalytics.snowplow/contexts/jsonschema/1-0-1", "data": some})


def link(schema: str = "iglu:com.acme/link_click/jsonschema/1-0-1", **data: Any) -> dict[str, Any]:
    return {"schema": schema, "data": data}


async def posted(d: Desk, *events: Any, **headers: str) -> httpx.Response:
    body = {"schema": "iglu:com.snowplowanalytics.snowplow/payload_data/jsonschema/1-0-4", "data": events}
    return await d.http.post(POST, json=body, headers=headers)


def counted(route: str, status: str) -> float:
    found = REGISTRY.get_sample_value("leadstream_collector_requests_total", {"route": route, "status": status})
    return found or 0.0


def only(**more: str) -> dict[str, Any]:
    [event] = events_of(said(**more), frozenset())
    return event


def test_a_page_ping_stays_a_track_event() -> None:
    """It says neither when its page began nor how long it was looked at."""
    event = only(e="pp", page="Pricing", pp_mix="0", pp_max="0", pp_miy="10", pp_may="600")
    assert (event["type"], event["event"]) == ("track", "page_ping")
    assert event["properties"] == {
        "url": "https://a.example/", "title": "Pricing", "pp_mix": "0", "pp_max": "0", "pp_miy": "10", "pp_may": "600",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("more", "name"),
    [({"se_ca": "video", "se_ac": "play"}, "video play"), ({"se_ac": "play"}, "play"), ({"se_ca": "video"}, "video")],
)
def test_a_structured_event_is_named_by_category_and_action(more: dict[str, str], name: str) -> None:
    event = only(e="se", **more, se_va="not a number")
    assert (event["event"], event["properties"]["value"]) == (name, "not a number")


@pytest.mark.parametrize(
    "field",
    [
        {"ue_pr": described(link(a=1))},
        {"ue_px": b64encode(described(link(a=1)).encode()).decode()},
        {"ue_px": urlsafe_b64encode(described(link(a=1)).encode()).decode().rstrip("=")},
    ],
)
def test_a_self_describing_event_comes_plain_or_as_base64_of_either_kind(field: dict[str, str]) -> None:
    event = only(e="ue", **field)
    assert (event["type"], event["event"], event["properties"]) == ("track", "link_click", {"a": 1})
    assert "schema" not in event


def test_forms_and_screens_become_what_we_know_them_as() -> None:
    sent = link("iglu:com.snowplowanalytics.snowplow/submit_form/jsonschema/1-0-0", formId="demo")
    seen = link("iglu:com.snowplowanalytics.mobile/screen_view/jsonschema/1-0-0", name="Home")
    form, screen = only(e="ue", ue_pr=described(sent)), only(e="ue", ue_pr=described(seen))
    assert (form["event"], form["properties"]["form"]) == ("form_submitted", "demo")
    assert (screen["type"], screen["name"]) == ("screen", "Home")


def test_transactions_of_old_trackers_keep_their_fields() -> None:
    assert only(e="tr", tr_id="9", tr_tt="12.50")["properties"] == {"tr_id": "9", "tr_tt": "12.50"}
    assert only(e="ti", ti_id="9", ti_nm="Valve")["event"] == "transaction_item"


@pytest.mark.parametrize("encoded", [False, True])
def test_an_entity_that_says_who_it_is_becomes_an_identify_of_its_own(encoded: bool) -> None:
    text = entities(USER, link("iglu:com.acme/cart/jsonschema/1-0-0", items=3))
    sent = said(cx=urlsafe_b64encode(text.encode()).decode().rstrip("=")) if encoded else said(co=text)
    view, identify = events_of(sent, frozenset({"com.acme/user"}))
    assert view["type"] == "page"
    assert (identify["type"], identify["traits"]) == ("identify", USER["data"])
    assert (identify["messageId"], identify["anonymousId"]) == ("m1-identify-0", "browser-1")
    assert [one["schema"] for one in view["context"]["snowplow"]["entities"]] == ["com.acme/user", "com.acme/cart"]


def test_an_event_that_says_who_it_is_is_an_identify() -> None:
    [event] = events_of(said(e="ue", ue_pr=described(USER), uid="user-81"), frozenset({"com.acme/user"}))
    assert (event["type"], event["traits"], event["userId"], event["messageId"]) == (
        "identify", USER["data"], "user-81", "m1",
    )  # fmt: skip
    assert "event" not in event


def test_without_being_told_no_entity_says_who_somebody_is() -> None:
    assert len(events_of(said(co=entities(USER)), frozenset())) == 1


@pytest.mark.parametrize(
    ("more", "visitor"),
    [({}, "browser-1"), ({"duid": "", "tnuid": "t", "nuid": "n"}, "t"), ({"duid": "", "nuid": "n"}, "n")],
)
def test_the_first_party_id_goes_before_the_network_s(more: dict[str, str], visitor: str) -> None:
    assert only(**more)["anonymousId"] == visitor


@pytest.mark.parametrize(
    ("times", "at"),
    [
        pytest.param({"dtm": "1795286917616", "stm": "1795286920616"}, 1_795_286_997_000, id="3 s before it was sent"),
        pytest.param({"dtm": "1795286917616", "stm": "1795286917000"}, 1_795_287_000_000, id="stm cut to seconds"),
        pytest.param({"dtm": "1795286917616"}, 1_795_287_000_000, id="no stm"),
        pytest.param({"ttm": "1795286000000", "dtm": "1", "stm": "2"}, 1_795_286_000_000, id="a true time"),
        pytest.param({"dtm": "soon", "stm": "9" * 40}, 1_795_287_000_000, id="no times"),
    ],
)
def test_times_are_corrected_by_the_tracker_s_own_clock(times: dict[str, str], at: int) -> None:
    event = only(**times)
    found = event_time(
        event.get("timestamp"), received_at=1_795_287_000_000, sent_at=event.get("sentAt"), trust="claimed"
    )
    assert found == at


@pytest.mark.parametrize(
    "more",
    [
        {"e": ""}, {"e": "ad"}, {"e": "ue"}, {"e": "ue", "ue_pr": "{"}, {"e": "ue", "ue_pr": "[]"},
        {"e": "ue", "ue_px": "!"}, {"e": "ue", "ue_px": "AAAA"}, {"e": "ue", "ue_pr": described({"schema": 3})},
        {"co": "{"}, {"co": entities("text")}, {"cx": "%"}, {"e": "ue", "ue_pr": "[" * 100_000},
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_said(more: dict[str, str]) -> None:
    with pytest.raises(Unmappable):
        events_of(said(**more), frozenset())


async def test_a_bad_event_is_kept_as_it_came_and_its_neighbours_live(tmp_path: Path) -> None:
    async with snowplow_desk(tmp_path) as d:
        answer = await posted(d, said(), 3, said(e="ue", ue_pr="{", eid="m2"), {"e": ["pv"]}, said(eid="m3"))
        assert answer.status_code == 200
        assert [event["messageId"] for event in d.events()] == ["m1", "m3"]
        kept = d.rejected()
    assert {one.reason for one in kept} == {Reason.SCHEMA}
    assert sorted(one.raw for one in kept) == sorted([b"3", b'{"e":["pv"]}', _json(said(e="ue", ue_pr="{", eid="m2"))])


def _json(one: Any) -> bytes:
    return json.dumps(one, separators=(",", ":")).encode()


async def test_who_gets_the_events_is_said_by_the_application_id(tmp_path: Path) -> None:
    async with snowplow_desk(tmp_path) as d:
        await posted(d, said(aid="app"))
        await posted(d, said(aid="blog"))
        assert [(one.source, one.trust) for one in d.deliveries()] == [("other", "claimed"), ("site", "claimed")]


@pytest.mark.parametrize("aid", ["nobody", "", "wk_site", "snowplow:shop"])
async def test_row_23_an_unknown_application_is_401_by_post_and_counted_by_pixel(tmp_path: Path, aid: str) -> None:
    async with snowplow_desk(tmp_path) as d:
        answer = await posted(d, said(aid=aid))
        before = counted("snowplow_pixel", "401")
        shown = await d.http.get("/i?" + urlencode(said(aid=aid)))
        assert (answer.status_code, shown.content, d.sink.records) == (401, GIF, [])
        assert counted("snowplow_pixel", "401") == before + 1


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b'{"data":[' + b" " * 600_000 + b"]}", id="600 KB"),
        pytest.param(_json({"data": [said()] * 501}), id="501 events"),
        pytest.param(b"{", id="not JSON"),
        pytest.param(b'{"data":3}', id="no list"),
        pytest.param(b"[]", id="no payload_data"),
    ],
)
async def test_row_11_what_is_too_big_or_unreadable_is_400_which_trackers_drop(tmp_path: Path, content: bytes) -> None:
    """Its Python tracker would send a 413 again for ever."""
    async with snowplow_desk(tmp_path) as d:
        answer = await d.http.post(POST, content=content)
        encoded = await d.http.post(POST, json={"data": [said()]}, headers={"content-encoding": "br"})
        assert (answer.status_code, encoded.status_code, d.sink.records) == (400, 400, [])


async def test_row_11_one_event_that_is_too_big_costs_no_other(tmp_path: Path) -> None:
    async with snowplow_desk(tmp_path) as d:
        answer = await posted(d, said(), said(eid="m2", page="x" * 33_000), said(eid="m3"))
        assert (answer.status_code, [event["messageId"] for event in d.events()]) == (200, ["m1", "m3"])
        assert [(one.reason, one.raw) for one in d.rejected()] == [(Reason.TOO_LARGE, b"")]


async def test_500_events_with_entities_are_more_than_500_events_of_ours(tmp_path: Path) -> None:
    async with snowplow_desk(tmp_path) as d:
        answer = await posted(d, *(said(eid=f"m{n}", co=entities(USER)) for n in range(500)))
        assert (answer.status_code, len(d.events()), d.rejected()) == (200, 1_000, [])


@pytest.mark.parametrize("levels", [20, *range(970, 1_000), 100_000])
async def test_row_02_an_event_that_is_nested_too_deeply_costs_no_other(tmp_path: Path, levels: int) -> None:
    """Where the parser just manages what the writer does not, too."""
    deep = described({"schema": "a/b", "data": "DEEP"}).replace('"DEEP"', "[" * levels + "]" * levels)
    async with snowplow_desk(tmp_path) as d:
        answer = await posted(d, said(), said(e="ue", eid="m2", ue_pr=deep), said(eid="m3"))
        assert (answer.status_code, [event["messageId"] for event in d.events()]) == (200, ["m1", "m3"])
        assert len(d.rejected()) == 1


async def test_row_06_half_an_emoji_inside_an_event_is_replaced(tmp_path: Path) -> None:
    async with snowplow_desk(tmp_path) as d:
        text = described(link(title="MARK")).replace("MARK", "\\ud83d")
        await posted(d, said(e="ue", ue_pr=text), said(e="pv", eid="m2"))
        assert [event["messageId"] for event in d.events()] == ["m1", "m2"]
        assert d.events()[0]["properties"] == {"title": "\ufffd"}


async def test_row_07_what_is_not_utf_8_is_replaced_in_a_pixel_and_kept_in_a_body(tmp_path: Path) -> None:
    async with snowplow_desk(tmp_path) as d:
        await d.http.get("/i?e=pv&aid=shop&duid=b&page=%ff")
        answer = await d.http.post(POST, content=b'{"data":[{"e":"pv","aid":"shop","duid":"b"},{"e":"\xff"}]}')
        assert answer.status_code == 200
        assert [event.get("name") for event in d.events()] == ["\ufffd", None]
        assert [one.raw for one in d.rejected()] == [b'{"e":"\xff"}']


async def test_row_21_i_is_a_pixel_by_get_and_an_identify_by_post(tmp_path: Path) -> None:
    async with snowplow_desk(tmp_path) as d:
        head = await d.http.head("/i?" + urlencode(said()))
        assert (head.status_code, head.content, d.sink.records) == (200, b"", [])
        await d.http.post("/i", json={"anonymousId": "b", "writeKey": "wk_site"})
        assert [event["type"] for event in d.events()] == ["identify"]
        refused = await d.http.put("/i")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD, POST, OPTIONS")


async def test_they_are_off_until_they_are_turned_on() -> None:
    async with desk() as d:
        assert (await d.http.post(POST, json={"data": []})).status_code == 404
        assert (await d.http.get("/i")).status_code == 405


def test_an_application_id_has_one_source() -> None:
    sources = Sources({"a": Source(snowplow_app_ids=("x",)), "b": Source(snowplow_app_ids=("x",))})
    with pytest.raises(BadSettings, match="snowplow_app_ids"):
        app_keys(sources)


def test_without_any_application_id_the_collector_does_not_start() -> None:
    with pytest.raises(BadSettings, match="LEADSTREAM_COLLECTOR__SNOWPLOW"):
        app_keys(Sources({"site": Source()}))
