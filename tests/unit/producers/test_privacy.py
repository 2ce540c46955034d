"""What a source keeps of people, as it shows in what was written."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from producers.collector.privacy.cookieless import DAY_MS, DailySalt
from producers.collector.privacy.edge import may_recognise
from producers.collector.privacy.redaction import Redaction
from producers.collector.privacy.urls import URL_PARAMETERS, Urls
from producers.collector.sources import Source
from schemas.rejected import Reason
from tests.unit.producers.desk import NOW, Desk, desk, page

Written = Callable[[str], Path]
YES = {"consent": {"categoryPreferences": {"Analytics": True, "Advertising": False}}}
NO = {"consent": {"categoryPreferences": {"Analytics": False, "Advertising": True}}}
IDENTIFY = {
    "type": "identify", "messageId": "i", "anonymousId": "browser-1", "userId": "u1", "traits": {"email": "a@b.c"},
}  # fmt: skip


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """The file of sources that says this of `site`."""

    def write(text: str) -> Path:
        file = tmp_path / "sources.toml"
        file.write_text(f"[site]\n{text}\n")
        return file

    return write


def everything(d: Desk) -> bytes:
    """All bytes that were written, raw bytes of rejected events included."""
    return b"".join(record.value for record in d.sink.records) + b"".join(one.raw for one in d.rejected())


GIVEN_OR_NOT = [
    pytest.param(YES, True, False, id="Segment and Jitsu: yes"),
    pytest.param(NO, False, True, id="Segment and Jitsu: no"),
    pytest.param({"consent": {"categoryPreferences": {"Advertising": False}}}, False, True, id="no to all asked"),
    pytest.param({"consent": {"categoryPreferences": {"Advertising": True}}}, False, False, id="asked something else"),
    pytest.param({"consent": False}, False, True, id="a bare no"),
    pytest.param({"consentManagement": {"allowedConsentIds": ["Analytics"]}}, True, False, id="RudderStack: yes"),
    pytest.param(
        {"consentManagement": {"allowedConsentIds": ["x"], "deniedConsentIds": ["analytics"]}}, False, True,
        id="RudderStack: no",
    ),
    pytest.param({"consentManagement": {"deniedConsentIds": ["C4"]}}, False, True, id="RudderStack: no to all"),
    pytest.param({"consent": "yes", "consentManagement": [1]}, False, False, id="shapes that nobody sends"),
    pytest.param(None, False, False, id="nothing said"),
]  # fmt: skip


@pytest.mark.parametrize(("context", "given", "denied"), GIVEN_OR_NOT)
@pytest.mark.parametrize("mode", ["off", "opt_out", "opt_in", "cookieless"])
async def test_consent_by_mode(written: Written, mode: str, context: Any, *, given: bool, denied: bool) -> None:
    """A no is a no everywhere; where people must agree, nothing but a yes is one."""
    taken = given if mode == "opt_in" else not denied
    async with desk(sources=written(f'consent = "{mode}"')) as d:
        answer = await d.batch(page(context=context, properties={"secret": "of-a-person"}))
        assert answer.status_code == 200
        assert len(d.events()) == taken
        assert [one.reason for one in d.rejected()] == ([] if taken else [Reason.NO_CONSENT])
        assert (b"of-a-person" in everything(d)) == taken


async def test_who_did_not_agree_is_counted_and_not_kept(written: Written) -> None:
    """Neither bytes nor ids: kind and size are all that is left."""
    async with desk(sources=written('consent = "opt_in"')) as d:
        by_consent = {"type": "page", "context": YES, "kept": "by-consent"}
        await d.batch(IDENTIFY, page(7, context=YES), "no event", by_consent)  # type: ignore[arg-type]
        odd, refused, nobody = d.rejected()
        assert [event["messageId"] for event in d.events()] == ["m7"]
    assert (refused.raw, refused.reason) == (b"", Reason.NO_CONSENT)
    assert refused.detail.startswith("identify, ")
    assert (odd.raw, odd.reason) == (b"", Reason.SCHEMA)
    assert (b"by-consent" in nobody.raw, nobody.reason) == (True, Reason.NO_ID)


async def test_a_single_event_is_asked_as_well(written: Written) -> None:
    body = {"anonymousId": "b", "event": "x", "context": NO}
    async with desk(sources=written("")) as d:
        answer = await d.http.post("/v1/track?writeKey=wk_site", json=body)
        [refused] = d.rejected()
    assert (answer.status_code, refused.raw, refused.reason) == (200, b"", Reason.NO_CONSENT)
    assert refused.detail.startswith("one event, ")


async def test_purposes_are_the_operators_names(written: Written) -> None:
    text = 'consent = "opt_in"\nconsent_purposes = ["C0002", "Marketing"]'
    async with desk(sources=written(text)) as d:
        await d.batch(page(1, context={"consentManagement": {"allowedConsentIds": ["c0002"]}}), page(2, context=YES))
        assert [event["messageId"] for event in d.events()] == ["m1"]


async def test_an_opt_out_of_the_browser_takes_the_person_out() -> None:
    """Sec-GPC in opt_out: a visit of nobody, on a day of its own."""
    event = page(userId="u1", traits={"a": 1}, context={"traits": {"email": "a@b.c"}, "ip": "203.0.113.9"})
    async with desk() as d:
        await d.batch(event, IDENTIFY, **{"sec-gpc": "1"})
        [kept] = d.events()
        [refused] = d.rejected()
        [delivery] = d.deliveries()
        assert b"browser-1" not in everything(d)
        assert b"u1" not in everything(d)
    assert set(kept) == {"type", "messageId", "properties", "context", "anonymousId"}
    assert kept["context"] == {}
    assert (refused.reason, refused.raw) == (Reason.NO_CONSENT, b"")
    assert delivery.ip is None


async def test_an_opt_out_of_the_browser_is_a_no_where_people_must_agree(written: Written) -> None:
    async with desk(sources=written('consent = "opt_in"')) as d:
        await d.batch(page(context=YES), **{"sec-gpc": "1"})
        assert (d.events(), [one.reason for one in d.rejected()]) == ([], [Reason.NO_CONSENT])


@pytest.mark.parametrize(("mode", "said"), [("off", "1"), ("opt_out", "0"), ("opt_out", "yes")])
async def test_without_an_opt_out_nothing_changes(written: Written, mode: str, said: str) -> None:
    async with desk(sources=written(f'consent = "{mode}"')) as d:
        await d.batch(IDENTIFY, **{"sec-gpc": said})
        assert d.events() == [IDENTIFY]


async def test_snowplows_anonymous_senders_leave_no_address() -> None:
    async with desk() as d:
        await d.batch(page(context={"ip": "203.0.113.9", "locale": "ko"}), **{"sp-anonymous": "*"})
        assert (d.deliveries()[0].ip, d.events()[0]["context"]) == (None, {"ip": None, "locale": "ko"})


@pytest.mark.parametrize(
    ("mode", "headers", "may"),
    [
        ("off", {}, True), ("off", {b"sec-gpc": b"1"}, True), ("off", {b"sp-anonymous": b"*"}, False),
        ("opt_out", {}, True), ("opt_out", {b"sec-gpc": b"1"}, False), ("opt_out", {b"sp-anonymous": b"*"}, False),
        ("opt_in", {}, False), ("cookieless", {}, False),
    ],
)  # fmt: skip
def test_who_may_be_given_a_cookie(mode: Any, headers: dict[bytes, bytes], *, may: bool) -> None:
    assert may_recognise(Source(consent=mode), headers) == may


async def test_an_address_in_an_event_is_shortened_like_the_senders() -> None:
    async with desk() as d:
        await d.batch(page(context={"ip": "203.0.113.9"}), page(2, context={"ip": "203.0.113.9, 10.0.0.1"}))
        assert [event["context"]["ip"] for event in d.events()] == ["203.0.0.0", None]


async def test_without_cookies_a_visitor_is_one_for_a_day_and_nobody_is_named(written: Written) -> None:
    """The same address and browser is the same visitor, whatever ids were sent; another browser is another one."""
    url = "https://acme.example/pricing?utm_source=x&gclid=g&ls_click=c"
    events = [
        page(1, userId="u1", properties={"url": url, "mail": "write to ann@acme.example", "plan": "team"}),
        {"type": "track", "event": "x", "messageId": "m2", "anonymousId": "other", "context": {"userAgent": "B/1"}},
    ]
    async with desk(sources=written('consent = "cookieless"'), proxy_hops=1) as d:
        for agent in ("B/1", "B/2"):
            await d.batch(*events, **{"user-agent": agent, "x-forwarded-for": "203.0.113.9"})
        first, second, third, _ = d.events()
        assert {delivery.ip for delivery in d.deliveries()} == {None}
        assert b"ann@" not in everything(d)
        assert b"u1" not in everything(d)
    assert first["properties"] == {"url": "https://acme.example/pricing?utm_source=x", "mail": "", "plan": "team"}
    assert first["anonymousId"] == second["anonymousId"] != third["anonymousId"]
    assert second["context"] == {"userAgent": "B/1"}


async def test_without_cookies_a_server_says_whose_address_it_was(written: Written, tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text('[crm]\nconsent = "cookieless"\n')
    async with desk(sources=file) as d:
        for context in ({"ip": "203.0.113.9", "userAgent": "B/1"}, {}):
            await d.http.post("/v1/page", json=page(context=context), auth=("sk_crm", ""))
        assert len(d.events()) == 1
        assert [(one.reason, one.raw) for one in d.rejected()] == [(Reason.NO_ID, b"")]
        assert b"203.0" not in everything(d)


async def test_a_days_salt_is_another_one_the_next_day_and_in_each_process() -> None:
    now = [NOW]
    one, other = DailySalt(lambda: now[0]), DailySalt(lambda: now[0])

    def visitor(salt: DailySalt, **more: str) -> str:
        return salt.visitor(**{"source": "site", "address": "203.0.113.9", "user_agent": "B/1"} | more)  # type: ignore[arg-type]

    today = visitor(one)
    assert visitor(one) == today
    others = {visitor(other), visitor(one, source="b"), visitor(one, address="::1"), visitor(one, user_agent="")}
    assert len(others | {today}) == 5
    one._forget(NOW // DAY_MS)
    assert one._salt == b""
    now[0] += DAY_MS
    assert visitor(one) != today
    tomorrow = visitor(one)
    one._forget(NOW // DAY_MS)  # a timer that comes late
    assert visitor(one) == tomorrow


URLS = [
    ("https://acme.example/p?utm_source=x&token=y", "https://acme.example/p?utm_source=x"),
    ("https://ann:pw@acme.example/p?token=y", "https://acme.example/p"),
    ("https://acme.example/p#access_token=y", "https://acme.example/p"),
    ("https://acme.example/?GCLID=1&email=a@b.c", "https://acme.example/?GCLID=1"),
    ("https://acme.example?email=ann@b.example", "https://acme.example"),
    ("https://acme.example/#/cart?step=2&utm_term=z", "https://acme.example/#/cart?utm_term=z"),
    ("https://acme.example/p?%74oken=y;ls_click=a", "https://acme.example/p?ls_click=a"),
    ("/p?utm_source=a&q=ann", "/p?utm_source=a"),
    ("?q=ann", ""),
    ("See https://acme.example/p?q=ann and go", "See https://acme.example/p and go"),
    ("Who? Me & you #1", "Who? Me & you #1"),
    ("ann@acme.example", "ann@acme.example"),
]


@pytest.mark.parametrize(("said", "kept"), URLS)
@pytest.mark.parametrize("ascii_only", [True, False])
async def test_addresses_keep_listed_parameters_only(said: str, kept: str, *, ascii_only: bool) -> None:
    event = page(
        properties={"what": said, "é": [said, {"deep": said}]},
        context={"page": {"url": "https://a.example/", "search": said}, "campaign": {"name": said}},
    )
    body = json.dumps({"batch": [event], "writeKey": "wk_site"}, ensure_ascii=ascii_only)
    async with desk() as d:
        await d.http.post("/v1/batch", content=body.replace("&", "\\u0026") if ascii_only else body.encode())
        [found] = d.events()
    assert found["properties"] == {"what": kept, "é": [kept, {"deep": kept}]}
    assert found["context"]["campaign"]["name"] == kept


async def test_a_name_that_ends_as_addresses_do_is_cut_whole() -> None:
    async with desk() as d:
        await d.batch(page(properties={"pageUrl": "shop?q=a b", "search": "#q=a", "title": "a?b=c d"}))
        assert d.events()[0]["properties"] == {"pageUrl": "shop", "search": "", "title": "a?b=c d"}


async def test_parameters_are_the_operators_list(written: Written) -> None:
    async with desk(sources=written('url_parameters = ["lang", "n_*"]')) as d:
        await d.batch(page(properties={"url": "https://a.example/?lang=ko&n_media=1&utm_source=x"}))
        assert d.events()[0]["properties"]["url"] == "https://a.example/?lang=ko&n_media=1"


@given(
    text=st.lists(
        st.sampled_from(
            ["?", "#", "&", ";", "@", "//", "://", ":", "https", "utm_a=1", "token=2", "gclid=3", "/p", " ", "é", "\\",
             '"', "!/"]
        ),
        max_size=9,
    ).map("".join),
    ascii_only=st.booleans(),
)
@example(text='//"@', ascii_only=False)
def test_what_is_not_looked_at_would_not_change(text: str, *, ascii_only: bool) -> None:
    """The quick test never says no where the slow one would change something (a lone `?` aside), in any spelling."""
    urls = Urls(URL_PARAMETERS)
    for raw in (json.dumps({"url": text}, ensure_ascii=ascii_only), json.dumps({"url": text}).replace("/", "\\/")):
        if not urls.might_change(raw.encode()):
            assert urls.text(text, name="url") in {text, text.removesuffix("?")}
    cleaned = urls.text(text, name="url")
    assert urls.text(cleaned, name="url") == cleaned


LISTS = [
    ('properties_deny = ["card", "traits.phone", "context.device.id"]',
     {"properties": {"a": {"Card": 1, "b": 2}, "phone": 3}, "traits": {"PHONE": 4, "c": 5},
      "context": {"device": {"id": 6, "type": "t"}, "traits": {"phone": 7, "d": 8}}},
     {"properties": {"a": {"b": 2}, "phone": 3}, "traits": {"c": 5},
      "context": {"device": {"type": "t"}, "traits": {"d": 8}}}),
    ('properties_allow = ["plan", "cart.total", "traits.email"]',
     {"properties": {"plan": 1, "cart": {"total": 2, "items": [3]}, "email": 4, "url": "https://a.example/"},
      "traits": {"plan": 5, "email": "a@b.c", "name": "A"}, "context": {"locale": "ko", "traits": {"name": "A"}}},
     {"properties": {"plan": 1, "cart": {"total": 2}, "url": "https://a.example/"},
      "traits": {"plan": 5, "email": "a@b.c"}, "context": {"locale": "ko", "traits": {}}}),
    ('properties_allow = ["context.device.type"]\nproperties_deny = ["traits"]',
     {"properties": {"plan": 1}, "traits": {"x": 1},
      "context": {"device": {"id": 2, "type": "t"}, "locale": "ko", "page": {"title": "T"}, "traits": {"y": 1}}},
     {"properties": {}, "context": {"device": {"type": "t"}, "page": {"title": "T"}}}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said", "kept"), LISTS)
async def test_lists_of_properties(written: Written, text: str, said: dict[str, Any], kept: dict[str, Any]) -> None:
    async with desk(sources=written(text)) as d:
        await d.batch(page() | said)
        [event] = d.events()
    assert {name: event[name] for name in event if name in ("properties", "traits", "context")} == kept


async def test_rejected_events_are_redacted_too(written: Written) -> None:
    bad = page(type="click", properties={"card": "4111", "url": "https://a.example/?token=t0"})
    async with desk(sources=written('properties_deny = ["card"]')) as d:
        await d.http.post("/v1/batch?writeKey=wk_site", content=f'{{"batch":[{json.dumps(bad)},oops "card":4111]}}')
        kept, unread = d.rejected()
    assert (kept.reason, unread.reason) == (Reason.UNKNOWN_TYPE, Reason.JSON)
    assert json.loads(kept.raw)["properties"] == {"url": "https://a.example/"}
    assert unread.raw == b""


async def test_addresses_in_what_is_no_json_are_cut_as_well() -> None:
    async with desk() as d:
        body = '{"batch":[oops "https://u:p@a.example/p?token=t0#z" x]}'
        await d.http.post("/v1/batch?writeKey=wk_site", content=body)
        assert [one.raw for one in d.rejected()] == [b'oops "https://a.example/p" x']


@pytest.mark.parametrize("depth", [20, 400, 900, 5_000])
async def test_an_event_of_any_depth_is_cut_or_left_out(depth: int) -> None:
    deep = '{"type":"page","anonymousId":"b","p":' + "[" * depth + '"/p?token=t0"' + "]" * depth + "}"
    async with desk() as d:
        answer = await d.http.post("/v1/batch?writeKey=wk_site", content=f'{{"batch":[{deep}]}}')
        assert answer.status_code in {200, 400}
        assert all(b"t0" not in one.raw for one in d.rejected())


async def test_what_needs_no_change_keeps_its_bytes() -> None:
    """Also beside a neighbour that is changed, and where the quick test is in doubt."""
    raw = '{ "type":"page","messageId":"m1","anonymousId":"?a#b", "é":1.50, "url":"/?utm_source=x","title":"C# or F?" }'
    other = json.dumps(page(2, properties={"url": "/p?q=1"}))
    async with desk() as d:
        await d.http.post("/v1/batch?writeKey=wk_site", content=f'{{"batch":[{raw},{other}]}}'.encode())
        assert bytes(d.deliveries()[0].events[0]) == raw.encode()


@given(
    value=st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=6),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
        max_leaves=10,
    )
)
def test_any_json_can_be_redacted(value: Any) -> None:
    redaction = Redaction(Source(properties_deny=("a",), properties_allow=("b", "context.c")))
    for event in ({"properties": value, "traits": value, "context": value}, value):
        kept = redaction.unread(json.dumps(event).encode())
        json.loads(kept)


async def test_it_is_said_that_the_browsers_opt_out_is_honoured() -> None:
    async with desk() as d:
        answer = await d.http.get("/.well-known/gpc.json")
        assert (answer.status_code, answer.json()["gpc"]) == (200, True)
