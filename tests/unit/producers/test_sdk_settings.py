"""What browser SDKs are told before they send anything."""

from base64 import b64encode

import pytest

from tests.unit.producers.desk import desk

BASIC = {"authorization": "Basic " + b64encode(b"wk_site:").decode()}
SETTINGS = "/v1/projects/wk_site/settings"


@pytest.mark.parametrize("path", ["/sourceConfig", "/sourceConfig/"])
@pytest.mark.parametrize(
    ("headers", "query"), [(BASIC, "?p=npm&v=3.34.1"), ({}, "?p=npm&writeKey=wk_site"), (BASIC, "?writeKey=wk_site")]
)
async def test_a_rudder_source_is_on_and_has_no_destinations(path: str, headers: dict[str, str], query: str) -> None:
    async with desk() as d:
        answer = await d.http.get(path + query, headers=headers | {"origin": "https://site.example"})
    told = answer.json()
    assert answer.status_code == 200
    assert (told["source"]["enabled"], told["source"]["id"], told["source"]["writeKey"]) == (True, "wk_site", "wk_site")
    assert told["source"]["config"]["statsCollection"] == {"errors": {"enabled": False}, "metrics": {"enabled": False}}
    assert (told["source"]["destinations"], told["destinations"]) == ([], [])
    assert answer.headers["access-control-allow-origin"] == "https://site.example"


@pytest.mark.parametrize("query", ["", "?writeKey=nobody", "?writeKey=sk_crm"])
async def test_a_source_of_an_unknown_or_a_secret_key_is_401(query: str) -> None:
    async with desk() as d:
        answer = await d.http.get(f"/sourceConfig/{query}")
    assert (answer.status_code, "sk_crm" in answer.text) == (401, False)


async def test_the_host_is_believed_only_behind_a_trusted_proxy() -> None:
    """Else whoever fills a cache could send other people's data to a host of theirs."""
    headers = {"host": "in.planwerk.example", "x-forwarded-proto": "https"}
    async with desk(proxy_hops=1) as d:
        believed = (await d.http.get(SETTINGS, headers=headers)).json()["integrations"]["Segment.io"]
    async with desk() as d:
        not_believed = (await d.http.get(SETTINGS, headers=headers)).json()["integrations"]["Segment.io"]
    async with desk(proxy_hops=1, public_url="https://c.example") as d:
        configured = (await d.http.get(SETTINGS, headers=headers)).json()["integrations"]["Segment.io"]
    assert (believed["apiHost"], believed["protocol"]) == ("in.planwerk.example/v1", "https")
    assert (not_believed["apiHost"], not_believed["protocol"]) == ("127.0.0.1:8080/v1", "http")
    assert (configured["apiHost"], configured["protocol"]) == ("c.example/v1", "https")


@pytest.mark.parametrize("host", ["evil.example/x", "a@evil.example", 'e"vil', "a b", "x:y", ""])
async def test_row_20_a_host_with_tricks_is_not_repeated(host: str) -> None:
    async with desk(proxy_hops=1) as d:
        answer = await d.http.get(SETTINGS, headers={"host": host, "x-forwarded-proto": "javascript"})
    assert answer.json()["integrations"]["Segment.io"] == {
        "apiKey": "wk_site", "apiHost": "127.0.0.1:8080/v1", "protocol": "http",
    }  # fmt: skip


async def test_no_path_is_answered_with_a_redirect() -> None:
    async with desk() as d:
        answer = await d.http.get(f"{SETTINGS}/", headers={"host": "evil.example"})
    assert answer.status_code == 404


async def test_robots_are_refused_and_gpc_is_said_to_be_heard() -> None:
    async with desk() as d:
        assert (await d.http.get("/robots.txt")).text == "User-agent: *\nDisallow: /\n"
        assert (await d.http.get("/.well-known/gpc.json")).json()["gpc"] is True
