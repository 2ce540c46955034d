"""Bad input by its number: keys, origins, cookies, and what senders say of themselves. Over ASGI, a collector whole."""

import asyncio
import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.json import encode

from producers.collector.door.key_file import KeyEntry, KeyFile, digest
from producers.collector.privacy.visitor_cookie import MAX_AGE_S
from producers.errors import BadSettings
from producers.metrics import REGISTRY
from tests.contract.collector_process import BODY, collector_process
from tests.unit.producers.desk import NOW, Desk, desk, page, until

LIVE, ENDED, REVOKED, SERVER = "wk_" + "1" * 32, "wk_" + "2" * 32, "wk_" + "3" * 32, "sk_" + "4" * 48
SITE, OTHER = "https://www.example.com", "https://evil.example"


def entry(key: str, **more: Any) -> KeyEntry:
    made = {"kind": "public", "source": "filed", "created_at": NOW - 10_000, "hint": f"{key[:3]}…{key[-4:]}"}
    return KeyEntry(**{"id": f"k_{key[-4:]}", "hash": digest(key), **made, **more})


def write(path: Path, *entries: KeyEntry) -> Path:
    """As the command does: beside, then at once."""
    beside = path.with_suffix(".new")
    beside.write_bytes(encode(KeyFile(keys=entries)))
    beside.replace(path)
    return path


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return write(
        tmp_path / "keys.json", entry(LIVE), entry(ENDED, expires_at=NOW), entry(REVOKED, revoked_at=NOW - 1),
        entry(SERVER, kind="server"),
    )  # fmt: skip


@pytest.fixture
def sources(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        (tmp_path / "sources.toml").write_text(text)
        return tmp_path / "sources.toml"

    return written


def basic(key: str) -> str:
    return "Basic " + b64encode(key.encode() + b":").decode()


Place = Callable[[str], dict[str, Any]]
PLACES: dict[str, Place] = {
    "basic": lambda key: {"headers": {"authorization": basic(key)}},
    "header": lambda key: {"headers": {"x-write-key": key.encode("latin-1")}},
    "query": lambda key: {"params": {"writeKey": key}},
    "body": lambda key: {"json": {"batch": [page()], "writeKey": key}},
}


async def post(d: Desk, place: str, key: str, *, origin: str | None = None) -> httpx.Response:
    """One batch with the key in one of its four places."""
    said = {"json": {"batch": [page()]}, "headers": {}, **PLACES[place](key)}
    said["headers"] |= {"origin": origin} if origin else {}
    return await d.http.post("/v1/batch", **said)


def sample(name: str, **labels: str) -> float:
    return REGISTRY.get_sample_value(name, labels) or 0.0


# ─── keys
@pytest.mark.parametrize("place", PLACES)
async def test_row_23_missing_unknown_ended_revoked_and_malformed_keys_hear_the_same(place: str, keys: Path) -> None:
    before = sample("leadstream_collector_refused_total", reason="key")
    bad = ["", "wk_unknown", ENDED, REVOKED, "x" * 10_000 if place == "body" else "x" * 1_000, "nul\0 é", LIVE + "x"]
    async with desk(keys=keys) as d:
        answers = [await post(d, place, key) for key in bad]
        answers.append(await d.http.post("/v1/batch", json={"batch": [page()]}))
        assert {(one.status_code, one.content) for one in answers} == {(401, answers[0].content)}
        assert answers[0].json()["reason"] == "key"
        assert d.sink.records == []
        assert (await post(d, place, LIVE)).status_code == 200
        assert [delivery.source for delivery in d.deliveries()] == ["filed"]
    assert sample("leadstream_collector_refused_total", reason="key") == before + len(answers)


async def test_row_23_a_key_revoked_in_the_file_ends_and_a_new_one_counts_without_a_restart(keys: Path) -> None:
    new = "wk_" + "5" * 32
    async with desk(keys=keys) as d:
        assert [(await post(d, "body", key)).status_code for key in (LIVE, new, SERVER)] == [200, 401, 200]
        write(keys, entry(LIVE, revoked_at=NOW), entry(new), entry(SERVER, kind="server"))

        async with asyncio.timeout(20):
            while (await post(d, "body", LIVE)).status_code != 401:
                await asyncio.sleep(0.01)
        assert [(await post(d, "body", key)).status_code for key in (LIVE, new, SERVER)] == [401, 200, 200]
        assert (await d.batch(page())).status_code == 200  # keys of the environment go on


@pytest.mark.parametrize("ruin", [lambda path: path.write_text('{"keys": ['), lambda path: path.unlink()])
async def test_a_broken_key_file_keeps_the_last_good_one_and_says_so(ruin: Callable[[Path], Any], keys: Path) -> None:
    async with desk(keys=keys) as d:
        ruin(keys)
        await until(lambda: sample("leadstream_collector_keys_stale") == 1)
        assert (await post(d, "body", LIVE)).status_code == 200
        assert (await post(d, "body", REVOKED)).status_code == 401
        write(keys, entry(LIVE, revoked_at=NOW))
        await until(lambda: sample("leadstream_collector_keys_stale") == 0)
        assert (await post(d, "body", LIVE)).status_code == 401


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "is not there: leadstream keys create"), ('{"keys":[1]}', "is no key file"), ('{"format":9}', "newer")],
)
async def test_a_key_file_that_is_bad_at_the_start_ends_it(content: str | None, said: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "keys.json").write_text(content)
    with pytest.raises(BadSettings, match=rf"LEADSTREAM_COLLECTOR__KEYS: .*{said}"):
        async with desk(keys=tmp_path / "keys.json"):
            pass


async def test_row_24_a_server_key_of_the_file_in_a_page_is_403_in_every_place(keys: Path) -> None:
    async with desk(keys=keys) as d:
        for place in PLACES:
            answer = await post(d, place, SERVER, origin=SITE)
            assert (answer.status_code, answer.json()["reason"]) == (403, "server_key_in_browser")
            assert (await post(d, place, SERVER)).status_code == 200
        assert (await d.http.get(f"/v1/projects/{SERVER}/settings")).status_code == 404
        assert (await d.http.get(f"/v1/projects/{LIVE}/settings")).status_code == 200


# ─── origins
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    ("origin", "taken"),
    [
        (SITE, True), ("https://shop.example.org", True), ("https://a.b.example.org", True),
        ("http://example.net", True), (OTHER, False), ("null", False), ("https://example.org", False),
        ("https://evilexample.org", False), ("http://www.example.com", False),
        ("https://www.example.com:8443", False), ("https://x.example.org.evil.io", False),
    ],
)  # fmt: skip
async def test_row_25_a_source_with_a_list_takes_events_from_it_alone(
    place: str, origin: str, taken: bool, sources: Callable[[str], Path]
) -> None:
    listed = sources(f'[site]\norigins = ["{SITE}", "https://*.example.org", "example.net"]\n')
    async with desk(sources=listed) as d:
        answer = await post(d, place, "wk_site", origin=origin)
        there = [name for name in answer.headers if name.startswith("access-control-")]
        if taken:
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)
            assert answer.headers["access-control-allow-credentials"] == "true"
        else:
            assert (answer.status_code, answer.json()["reason"], there) == (403, "origin", [])
            assert d.sink.records == []
        assert answer.headers["vary"] == "Origin"
        assert (await post(d, place, "wk_site")).status_code == 200  # no page at all: an app, a server


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("origin", [OTHER, "null", SITE])
async def test_row_25_a_source_without_a_list_takes_events_from_any_page_without_credentials(
    place: str, origin: str, sources: Callable[[str], Path]
) -> None:
    async with desk(sources=sources(f'[site]\norigins = ["{SITE}"]\n')) as d:
        answer = await post(d, place, "id:secret", origin=origin)
        assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (200, origin)
        assert "access-control-allow-credentials" not in answer.headers


async def test_row_25_a_preflight_is_204_from_anywhere_with_credentials_where_any_source_lists_it(
    sources: Callable[[str], Path],
) -> None:
    async with desk(sources=sources(f'[site]\norigins = ["{SITE}", "null"]\n')) as d:
        for origin, credentials in ((SITE, "true"), (OTHER, None), ("null", None)):
            answer = await d.http.options("/v1/batch", headers={"origin": origin})
            assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (204, origin)
            assert answer.headers.get("access-control-allow-credentials") == credentials
        assert d.sink.records == []
        listed = await post(d, "body", "wk_site", origin="null")
        assert (listed.status_code, "access-control-allow-credentials" in listed.headers) == (200, False)


async def test_row_25_the_global_list_is_for_sources_without_their_own(sources: Callable[[str], Path]) -> None:
    async with desk(sources=sources(f'[site]\norigins = ["{SITE}"]\n'), cors_origins=(OTHER,)) as d:
        answers = {
            (key, origin): (await post(d, "body", key, origin=origin)).status_code
            for key in ("wk_site", "id:secret")
            for origin in (SITE, OTHER)
        }
    own = {("wk_site", SITE): 200, ("wk_site", OTHER): 403}
    other = {("id:secret", SITE): 403, ("id:secret", OTHER): 200}
    assert answers == own | other


@pytest.mark.parametrize("body", [b"?", b'{"batch":[]}'])
async def test_row_25_a_page_can_read_a_refusal_that_came_before_its_key_was_known(
    body: bytes, sources: Callable[[str], Path]
) -> None:
    async with desk(sources=sources(f'[site]\norigins = ["{SITE}"]\n')) as d:
        answer = await d.http.post("/v1/batch", content=body, headers={"origin": SITE})
        assert answer.status_code in {400, 401}
        assert answer.headers["access-control-allow-origin"] == SITE
        assert answer.headers["access-control-allow-credentials"] == "true"


@pytest.mark.parametrize("origin", ["*", "https://", "www.example.com/path", "ftp://a.example", "https://*", "a b"])
async def test_an_origin_that_is_none_is_told_with_its_place(origin: str, sources: Callable[[str], Path]) -> None:
    listed = sources(f'[site]\norigins = ["{origin}"]\n')
    with pytest.raises(BadSettings, match=r"\[site\]: origins: .* is no origin"):
        async with desk(sources=listed):
            pass


# ─── the visitor's cookie
COOKIE = '[site]\nvisitor_cookie = "ls_vid"\n'
NAMELESS = {"type": "page", "messageId": "m1", "properties": {}}
GIVEN = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    "event",
    [
        NAMELESS, NAMELESS | {"anonymousId": None}, NAMELESS | {"anonymousId": "null"}, {"type": "page"},
        NAMELESS | {"userId": "u1"}, NAMELESS | {"properties": {"anonymousId": "not me"}},
    ],
)  # fmt: skip
async def test_row_26_an_event_without_an_id_gets_that_of_the_cookie(
    event: dict[str, Any], sources: Callable[[str], Path]
) -> None:
    async with desk(sources=sources(COOKIE)) as d:
        answer = await d.batch(event, page(2), cookie=f"a=b; ls_vid={GIVEN}; c=d")
        assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
        assert sorted(one["anonymousId"] for one in d.events()) == sorted([GIVEN, "browser-1"])
        assert {**d.events()[0], "anonymousId": ""} in ({**event, "anonymousId": ""}, {**page(2), "anonymousId": ""})


@pytest.mark.parametrize(
    "cookie",
    [
        "", "ls_vid=", "ls_vid=" + "a" * 4_000, f"ls_vid={GIVEN}0", f"ls_vid={GIVEN[:-1]}G", f"ls_vid={GIVEN.upper()}",
        f"LS_VID={GIVEN}", f'ls_vid="{GIVEN}"', "ls_vid=x\r; Path=/", f"ls_vid2={GIVEN}",
    ],
)  # fmt: skip
async def test_row_26_an_oversized_or_tampered_cookie_is_ignored_and_a_new_id_made(
    cookie: str, sources: Callable[[str], Path]
) -> None:
    async with desk(sources=sources(COOKIE)) as d:
        answers = [await d.batch(NAMELESS, NAMELESS, cookie=cookie) for _ in range(2)]
        made = [re.fullmatch(r"ls_vid=([0-9a-f]{32}); (.*)", one.headers["set-cookie"]) for one in answers]
        assert [one and one[2] for one in made] == [f"Path=/; Max-Age={MAX_AGE_S}; HttpOnly; SameSite=Lax; Secure"] * 2
        assert [event["anonymousId"] for event in d.events()] == [one[1] for one in made if one for _ in range(2)]
        assert len({event["anonymousId"] for event in d.events()}) == 2


async def test_row_26_a_cookie_for_other_sites_is_partitioned(sources: Callable[[str], Path]) -> None:
    async with desk(sources=sources(COOKIE + "cross_site = true\n")) as d:
        said = (await d.batch(NAMELESS)).headers["set-cookie"]
    assert said.endswith("; HttpOnly; SameSite=None; Secure; Partitioned")
    assert MAX_AGE_S / 86_400 / 365.25 * 12 <= 13


async def test_row_26_no_cookie_where_nobody_needs_one(sources: Callable[[str], Path]) -> None:
    async with desk(sources=sources(COOKIE + '[crm]\nvisitor_cookie = "ls_vid"\n')) as d:
        assert "set-cookie" not in (await d.batch(page())).headers  # brings its own id
        server = await d.http.post("/v1/page", json=NAMELESS | {"userId": "u1"}, auth=("sk_crm", ""))
        other = await d.http.post("/v1/page", json=NAMELESS | {"userId": "u1", "writeKey": "id:secret"})
        refused = await d.http.post("/v1/page", content=b"?", headers={"x-write-key": "wk_site"})
        assert ["set-cookie" in one.headers for one in (server, other, refused)] == [False] * 3


# ─── what senders say of themselves
async def test_row_34_ip_score_stage_and_received_at_of_a_sender_are_not_believed() -> None:
    said = {"ip": "198.51.100.7", "score": 99, "stage": "won", "received_at": 1, "receivedAt": 1, "is_bot": False}
    async with desk(proxy_hops=1) as d:
        event = page(1, **said, context={"ip": "198.51.100.7"})
        body = {"batch": [event], "writeKey": "wk_site", "trust": "proven", "source": "crm", **said}
        assert (await d.http.post("/v1/batch", json=body, headers={"x-forwarded-for": "9.9.9.9"})).status_code == 200
        [delivery] = d.deliveries()
    assert (delivery.received_at, delivery.ip, delivery.source, delivery.trust) == (NOW, "9.9.0.0", "site", "claimed")


@pytest.mark.parametrize(
    ("hops", "forwarded", "kept"),
    [
        pytest.param(0, ["8.8.8.8"], "127.0.0.0", id="no proxy is trusted"),
        pytest.param(1, ["1.1.1.1, 8.8.4.4"], "8.8.0.0", id="what the proxy saw stands right"),
        pytest.param(2, ["1.1.1.1, 8.8.4.4, 10.0.0.1"], "8.8.0.0", id="two proxies"),
        pytest.param(2, ["1.1.1.1, 8.8.4.4", "10.0.0.1"], "8.8.0.0", id="a list in two lines"),
        pytest.param(3, ["8.8.4.4"], "127.0.0.0", id="fewer hops than trusted"),
        pytest.param(1, [], "127.0.0.0", id="no header"),
        pytest.param(1, ["8.8.4.4:4711"], "8.8.0.0", id="with a port"),
        pytest.param(1, ["[2600:1:2:3::4]:4711"], "2600:1:2::", id="IPv6 with a port"),
        pytest.param(1, ["2600:1:2:3::4"], "2600:1:2::", id="IPv6"),
        pytest.param(1, ["::ffff:8.8.4.4"], "8.8.0.0", id="IPv4 in IPv6"),
        pytest.param(1, ["8.8.4.4, nonsense"], None, id="no address"),
        pytest.param(1, ["8.8.4.4, "], None, id="empty"),
    ],
)
async def test_row_34_only_trusted_proxies_are_believed_from_right_to_left(
    hops: int, forwarded: list[str], kept: str | None
) -> None:
    async with desk(proxy_hops=hops) as d:
        headers = [("x-forwarded-for", one) for one in forwarded]
        body = {"batch": [page()], "writeKey": "wk_site"}
        assert (await d.http.post("/v1/batch", json=body, headers=headers)).status_code == 200
        assert [delivery.ip for delivery in d.deliveries()] == [kept]


def test_row_34_no_whole_address_is_written_anywhere(tmp_path: Path) -> None:
    """Spool and log of a real process, with events that are taken, rejected, limited and refused."""
    v4, v6 = "198.41.77.123", "2600:1f18:aaaa:bbbb:cccc:dddd:eeee:77"
    env = {"LEADSTREAM_COLLECTOR__PROXY_HOPS": "1", "LEADSTREAM_LOG__LEVEL": "debug",
           "LEADSTREAM_LIMITS__NETWORK_EVENTS_PER_S": "0.001", "LEADSTREAM_LIMITS__NETWORK_BURST": "3"}  # fmt: skip
    bad = BODY.replace(b'"type":"page"', b'"type":"nonsense"')
    with collector_process(tmp_path, **env) as one:
        seen = [
            one.post(body, f"X-Forwarded-For: {address}", "Origin: https://a.example", *more).status
            for address in (v4, v6)
            for body in (BODY, bad, BODY, BODY, b"?")
            for more in ((), ("X-Write-Key: sk_crm",))
        ]
        assert {200, 400, 403, 429} <= set(seen)
        written = one.written()
    assert b"198.41.0.0" in written
    assert b"2600:1f18:aaaa::" in written
    for secret in (b"198.41.77", b"77.123", b"aaaa:bbbb", b"dddd:eeee"):
        assert secret not in written


# ─── lengths, where the server shows us both
@pytest.mark.parametrize("path", ["/v1/batch", "/v1/crm/generic"])
async def test_row_17_what_a_server_shows_us_of_two_lengths_is_refused_or_ends_the_connection(path: str) -> None:
    async with desk() as d:
        headers = {"transfer-encoding": "chunked", "content-length": "5", "x-write-key": "sk_crm"}
        answer = await d.http.post(path, json={"batch": [page()]}, headers=headers)
        assert answer.headers["connection"] == "close"
        if path == "/v1/batch":
            assert (answer.status_code, answer.json()["reason"], d.sink.records) == (400, "framing", [])
