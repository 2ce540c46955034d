"""Bad input, row by row: bytes that are no text, marks before it, and line ends in what is said back."""

import base64
import gzip
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from streams.core.mail.verdict import Judged
from tests.contract.collector_process import CollectorProcess, collector_process
from tests.unit.core.made import ANN, RULES
from tests.unit.core.told import LeadStory, browser, did
from tests.unit.producers.crm_knocks import crm_settings, knock
from tests.unit.producers.desk import NOW, Desk, desk, until
from tests.unit.producers.mails import BROWSER, KEY, mail_settings, path_of, sent

BOM = b"\xef\xbb\xbf"
EVENT = {"type": "track", "event": "PLACE", "messageId": "m1", "anonymousId": "b", "properties": {"name": "김서연"}}
BATCH = json.dumps({"batch": [EVENT], "writeKey": "wk_site"}, ensure_ascii=False)
ONE = json.dumps(EVENT | {"writeKey": "wk_site"}, ensure_ascii=False)
NO_TEXT = [
    pytest.param(lambda text: text.encode().replace(b"PLACE", b"\xff"), id="a byte of no letter"),
    pytest.param(lambda text: text.encode().replace(b"PLACE", b"\xed\xa0\x80"), id="half a pair"),
    pytest.param(lambda text: text.encode().replace(b"PLACE", b"\xc0\xaf"), id="too long for its letter"),
    pytest.param(lambda text: text.encode().replace(b"PLACE", b"\xf4\x90\x80\x80"), id="beyond the last letter"),
    pytest.param(lambda text: text.encode().replace(b'PLACE"', b'\xe2\x82"'), id="cut off"),
    pytest.param(lambda text: text.encode("cp949"), id="CP949"),
    pytest.param(lambda text: text.encode("utf-16"), id="UTF-16"),
    pytest.param(lambda text: text.encode("utf-16-be"), id="UTF-16 without a mark"),
    pytest.param(lambda text: text.encode("utf-32"), id="UTF-32"),
]


@pytest.mark.parametrize("made", NO_TEXT)
@pytest.mark.parametrize(("path", "text"), [("/v1/batch", BATCH), ("/v1/track", ONE), ("/beacon/v1/batch", BATCH)])
async def test_row_07_a_body_that_is_not_utf_8_is_400(made: Any, path: str, text: str) -> None:
    async with desk() as d:
        for body in (made(text), gzip.compress(made(text)), b"data=" + base64.b64encode(made(text))):
            answer = await d.http.post(f"{path}?writeKey=wk_site", content=body)
            assert (answer.status_code, answer.json()["reason"], d.sink.records) == (400, "json", [])


@pytest.mark.parametrize("made", NO_TEXT)
@pytest.mark.parametrize("crm", ["hubspot", "pipedrive"])
async def test_row_07_a_webhook_that_is_not_utf_8_is_400(made: Any, crm: str, tmp_path: Any) -> None:
    async with desk(crm=crm_settings(tmp_path)) as d:
        answer = await knock(d, crm, made(ONE))
        assert (answer.status_code, answer.json()["reason"], d.sink.records) == (400, "json", [])


WRAPPED = [
    pytest.param(lambda text: BOM + text, id="a mark"),
    pytest.param(lambda text: b" \r\n" + BOM + b" \n" + text + b"\n", id="a mark among blanks"),
    pytest.param(lambda text: gzip.compress(BOM + text), id="zipped"),
]


@pytest.mark.parametrize("made", WRAPPED)
@pytest.mark.parametrize(("path", "text"), [("/v1/batch", BATCH), ("/v1/track", ONE)])
async def test_row_07_a_byte_order_mark_is_stripped(made: Any, path: str, text: str) -> None:
    async with desk() as d:
        assert (await d.http.post(path, content=made(text.encode()))).status_code == 200
        assert [(one["event"], one["properties"]) for one in d.events()] == [("PLACE", {"name": "김서연"})]
        assert not any(BOM in record.value for record in d.sink.records)


@pytest.mark.parametrize("name", ["user-agent", "origin", "cookie", "x-write-key", "authorization", "sec-gpc", "x-any"])
async def test_row_07_a_header_that_is_not_utf_8_does_no_harm(name: str) -> None:
    """Headers are bytes to us: a key of such bytes is unknown, and what is kept of them is text."""
    keyed = name in {"x-write-key", "authorization"}
    async with desk() as d:
        said = b"Basic \xff\xfe" if name == "authorization" else b"\xff\xfe\x80"
        answer = await d.http.post("/v1/batch", content=BATCH.encode(), headers=[(name.encode(), said)])
        # What is no key at all in `Authorization` is none, and the body's counts.
        assert answer.status_code == (401 if name == "x-write-key" else 200)
        assert [one["event"] for one in d.events()] == ([] if name == "x-write-key" else ["PLACE"])
        assert all(record.value.decode() for record in d.sink.records)
        assert keyed or d.deliveries()[0].source == "site"


async def test_row_07_a_key_in_the_query_that_is_not_utf_8_is_unknown() -> None:
    async with desk() as d:
        answer = await d.http.post("/v1/batch?writeKey=%ff%fe", content=BATCH.encode())
        assert (answer.status_code, answer.json()["reason"]) == (401, "key")


# ─── what is said back
@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CollectorProcess]:
    place = tmp_path_factory.mktemp("collector")
    (place / "sources.toml").write_text('[site]\nvisitor_cookie = "ls_vid"\n')
    env = {"LEADSTREAM_MAIL__KEYS": f"new={KEY}", "LEADSTREAM_COLLECTOR__SOURCES": str(place / "sources.toml")}
    with collector_process(place, **env) as one:
        yield one


NAMELESS = b'{"batch":[{"type":"page","messageId":"m1","properties":{}}],"writeKey":"wk_site"}'
ENDS = [b"\r\nX-Evil: 1", b"\rX-Evil: 1", b"\nX-Evil: 1", b"\r\n X-Evil: 1", b"\x00X-Evil: 1", b"%0d%0aX-Evil:%201"]


def answers(collector: CollectorProcess, end: bytes) -> dict[str, bytes]:
    """Whatever echoes something, asked with a line end in it: the whole answer of each."""
    def head(line: bytes, *lines: bytes, body: bytes = b"") -> bytes:
        length = b"Content-Length: %d" % len(body)
        return b"\r\n".join([line, b"Host: c", *lines, length, b"Connection: close", b"", b""]) + body

    asked = {
        "origin": head(b"OPTIONS /v1/batch HTTP/1.1", b"Origin: https://a.example" + end),
        "headers": head(b"OPTIONS /v1/batch HTTP/1.1", b"Origin: https://a.example",
                        b"Access-Control-Request-Headers: x-a" + end),
        "cookie": head(b"POST /v1/batch HTTP/1.1", b"Cookie: ls_vid=" + b"a" * 32 + end, body=NAMELESS),
        "origin of a post": head(b"POST /v1/batch HTTP/1.1", b"Origin: https://a.example" + end, body=NAMELESS),
        "link": head(b"GET /m/c/token" + end.replace(b" ", b"") + b" HTTP/1.1"),
        "redirect": head(b"GET /m/c/x?u=https://a.example/" + end.replace(b" ", b"") + b"&utm_source=x HTTP/1.1"),
        "settings": head(b"GET /v1/projects/wk_site" + end.replace(b" ", b"") + b"/settings HTTP/1.1"),
        "host": head(b"GET /v1/projects/wk_site/settings HTTP/1.1", b"X-Forwarded-Host: a.example" + end),
    }  # fmt: skip
    told = {}
    for name, said in asked.items():
        with collector.connect() as wire:
            wire.sendall(said)
            told[name] = b"".join(iter(lambda: received(wire), b""))
    return told


def received(wire: Any) -> bytes:
    try:
        return bytes(wire.recv(65_536))
    except ConnectionError:
        return b""


@pytest.mark.parametrize("end", ENDS)
def test_row_20_no_line_end_in_what_is_echoed_makes_a_header(collector: CollectorProcess, end: bytes) -> None:
    for name, raw in answers(collector, end).items():
        heads = [part.partition(b"\r\n\r\n")[0] for part in raw.split(b"HTTP/1.1 ")[1:]]
        lines = [line.lower() for head in heads for line in re.split(rb"\r\n|\r|\n", head)]
        assert heads, f"{name}: nothing was answered"
        assert not [line for line in lines if line.lstrip().startswith(b"x-evil")], (name, raw)
        assert {head[:1] for head in heads} <= {b"2", b"3", b"4"}, (name, raw)


async def test_row_20_and_over_asgi_where_no_server_tidies_up_a_redirect_s_target_has_none() -> None:
    """A parameter of a link's address comes back nowhere: what is signed is all that a redirect says."""
    async with desk(mail=mail_settings()) as d:
        path = path_of(sent("https://acme.example/p").links[0])
        answer = await d.http.get(f"{path}?u=https://evil.example/%0d%0aX-Evil:1&utm_source=%0aX-Evil:1")
        assert (answer.status_code, answer.headers["location"].partition("?")[0]) == (302, "https://acme.example/p")
        assert "evil" not in answer.headers["location"].lower()
        assert not [name for name in answer.headers if "evil" in name]


# ─── methods of webhooks and links
@pytest.mark.parametrize("path", ["/v1/crm/hubspot", "/v1/crm/generic", "/v1/mail/ses", "/m/c/x", "/m/o/x.gif"])
async def test_row_21_another_method_on_a_webhook_or_a_link_is_405_and_says_which(path: str, tmp_path: Any) -> None:
    allowed = {"GET", "HEAD"} if path.startswith("/m/") else {"POST"}
    async with desk(crm=crm_settings(tmp_path)) as d:
        for method in {"GET", "POST", "PUT", "DELETE", "PATCH"} - allowed:
            answer = await d.http.request(method, path)
            assert (answer.status_code, set(answer.headers["allow"].split(", "))) == (405, allowed)
        assert d.sink.records == []


async def test_row_21_head_of_a_link_is_302_and_no_click_that_counts() -> None:
    """It is written as what it is, a machine's look, so that the verdict on the others knows of it."""
    async with desk(mail=mail_settings()) as d:
        answer = await d.http.head(path_of(sent(lead_id=ANN).links[0]), headers={"user-agent": BROWSER})
        await until(d.touches)
        assert (answer.status_code, [one.sign for one in d.touches()]) == (302, ["head"])
        assert verdicts(d) == ["machine"]


def verdicts(d: Desk) -> list[str]:
    story = LeadStory()
    story.hears(browser(did(), offset=1, as_of=NOW), *d.touches())
    assert story.row is not None
    found: tuple[Judged, ...] = RULES.scoring.judge.judged(story.row.mail, as_of=NOW)
    return [one.verdict for one in found]
