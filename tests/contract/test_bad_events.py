"""Bad input, row by row: what a sender hears, what the worker makes of it, and what is kept.

Each test carries the number of its row. Whatever is sent, the answer is no 5xx and its neighbours live.
"""

import gzip
import json
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Final

import pytest

from producers.metrics import MENDED
from producers.settings import SpoolSettings
from producers.sinks.memory import MemorySink
from schemas.activity import Claim
from schemas.ids import Naming
from schemas.rejected import Reason
from streams.core.events.facts import Facts
from streams.core.events.signing import Signed, Signing
from streams.core.events.visits import Visits, decode_visits
from streams.core.rules import load_rules
from streams.core.visitor.fold import fold
from streams.rules_files import read_texts
from tests.unit.producers.desk import NOW, SECRET, Desk, desk

OK: Final = b'{"success":true,"ok":true,"status":1}'
SIGNING: Final = Signing((b"the site's own secret",))
NAMING: Final = Naming(SECRET.encode())
OPEN: Final = load_rules(read_texts(None), naming=NAMING, signing=SIGNING)
MUST_SIGN: Final = load_rules(read_texts(None), naming=NAMING, identity="signed", signing=SIGNING)
ANN: Final = NAMING.lead_of_email("ann@acme.example")


def event(number: int = 1, **more: Any) -> dict[str, Any]:
    """A page view of one browser."""
    said = {"type": "page", "messageId": f"m{number}", "anonymousId": "b", "properties": {"url": "https://a.example/p"}}
    return said | more


def identify(**traits: Any) -> dict[str, Any]:
    return {"type": "identify", "messageId": "i", "anonymousId": "b", "traits": traits}


async def posted(d: Desk, *items: Any, path: str = "/v1/batch?writeKey=wk_site") -> None:
    """Items are events, or their bytes as they are."""
    texts = [one if isinstance(one, bytes) else json.dumps(one).encode() for one in items]
    answer = await d.http.post(path, content=b'{"batch":[' + b",".join(texts) + b"]}")
    assert (answer.status_code, answer.content) == (200, OK)


def heard(d: Desk, rules: Any = OPEN) -> Visits:
    """What the worker makes of everything that was stored."""
    told = [decode_visits(value, rules) for value in d.sink.values("leadstream.visits.v1")]
    facts = [one for visits in told for one in visits.facts]
    return told[0]._replace(facts=facts, refused=[one for visits in told for one in visits.refused])


async def outcome(bad: Any, rules: Any = OPEN) -> tuple[str, str]:
    """Which part refuses it, and why; its neighbours must live. ("taken", "") if nobody does."""
    async with desk() as d:
        await posted(d, event(7), bad, event(8))
        told = heard(d, rules)
        at_the_door = [one.reason for one in d.rejected()]
        in_the_worker = [one.error.reason for one in told.refused]
        assert len(told.facts) == 3 - len(at_the_door) - len(in_the_worker)
    assert len(at_the_door + in_the_worker) <= 1
    refused = [("door", *at_the_door)] * bool(at_the_door) + [("worker", *in_the_worker)] * bool(in_the_worker)
    return refused[0] if refused else ("taken", "")


@pytest.mark.parametrize("body", [b"", b"null", b"12", b'"x"', b'{"batch":[{"type":"pa', b"[1", b"{", b"nul"])
async def test_row_01_what_is_no_object_is_400(body: bytes) -> None:
    async with desk() as d:
        for path in ("/v1/batch", "/v1/track"):
            answer = await d.http.post(f"{path}?writeKey=wk_site", content=body)
            assert (answer.status_code, answer.json()["reason"], d.sink.records) == (400, "json", [])


async def test_row_01_an_empty_list_is_fine() -> None:
    async with desk() as d:
        answer = await d.http.post("/v1/batch?writeKey=wk_site", content=b"[]")
        assert (answer.status_code, answer.content, d.sink.records) == (200, OK, [])


async def test_row_02_a_hundred_thousand_arrays_are_refused_at_once() -> None:
    body = b'{"batch":' + b"[" * 100_000 + b"]" * 100_000 + b"}"
    async with desk() as d:
        start = time.process_time()
        answer = await d.http.post("/v1/batch?writeKey=wk_site", content=body)
        assert (answer.status_code, answer.json()["reason"]) == (400, "depth")
        assert time.process_time() - start < 1  # meant: 50 ms; a machine that is busy must not fail it


@pytest.mark.parametrize("depth", [16, 40, 900])
async def test_row_02_an_event_that_is_too_deep_is_kept(depth: int) -> None:
    deep = event(properties=json.loads("[" * depth + "]" * depth))
    assert await outcome(deep) == ("door", Reason.DEPTH)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
async def test_row_03_no_number_of_this_world_is_taken(number: str) -> None:
    raw = b'{"type":"page","messageId":"m","anonymousId":"b","properties":{"n":%s}}' % number.encode()
    _, reason = await outcome(raw)
    assert reason == Reason.NUMBER


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        pytest.param("9" * 5_000, Reason.NUMBER, id="5,000 digits"),
        pytest.param("true", Reason.NUMBER, id="true"),
        pytest.param(str(2**63 + 1), "", id="2^63+1: taken, and no more than a day"),
    ],
)
async def test_row_04_a_number_is_a_number_that_we_can_hold(number: str, reason: str) -> None:
    engaged = f'{{"page_id":"p","url":"/","started_at":{NOW},"interactions":1,"dwell_ms":{number}}}'
    raw = f'{{"type":"track","event":"page_engaged","messageId":"m","anonymousId":"b","properties":{engaged}}}'.encode()
    assert (await outcome(raw))[1] == reason
    async with desk() as d:
        await posted(d, raw)
        dwells = [page.dwell_ms for one in heard(d).facts for page in one.pages]
    assert all(dwell is not None and dwell <= 86_400_000 for dwell in dwells)


TWINS = [
    ('{"type":"identify","anonymousId":"b","traits":{"email":"a@b.example","email":"c@d.example"}}', "door"),
    ('{"type":"identify","anonymousId":"b","context":{"traits":{"email":"a@b.example","email":"c@d.e"}}}', "door"),
    ('{"type":"identify","anonymousId":"b","traits":{"email":"a@b.example"},"traits":{"email":"c@d.example"}}', "door"),
    ('{"type":"page","anonymousId":"b","userId":"u1","userId":"u2"}', "door"),
    ('{"type":"page","type":"identify","anonymousId":"b","userId":"u1"}', "door"),
    ('{"type":"alias","anonymousId":"b","anonymousId":"c","userId":"u","previousId":"v"}', "door"),
    ('{"type":"alias","anonymousId":"b","userId":"u","previousId":"v","previousId":"w"}', "door"),
    ('{"type":"group","anonymousId":"b","userId":"u","messageId":"m","messageId":"n"}', "door"),
    ('{"type":"page","anonymousId":"b","userId":"u1","us\\u0065rId":"u2"}', "door"),
    ('{"type":"identify","anonymousId":"b","userId":"u","traits":{"email":"a@b.example","x":{"email":"c"}}}', "taken"),
    ('{"type":"track","event":"userId","anonymousId":"b","userId":"u","properties":{"userId":"v"}}', "taken"),
    ('{"type":"page","anonymousId":"b","properties":{"plan":"a","plan":"b"}}', "taken"),
]


@pytest.mark.parametrize(("raw", "where"), TWINS)
async def test_row_05_a_key_that_decides_must_not_stand_twice(raw: str, where: str) -> None:
    assert await outcome(raw.encode()) == (where, Reason.DUP_KEY if where == "door" else "")
    async with desk() as d:
        answer = await d.http.post(f"/v1/{json.loads(raw)['type']}?writeKey=wk_site", content=raw)
        assert (answer.status_code, len(d.rejected())) == (200, where == "door")


async def test_row_05_a_webhook_with_a_key_twice_is_400() -> None:
    async with desk() as d:
        deal = b'{"deal_id":"1","status":"open","status":"lost","account":{"domain":"acme.example"}}'
        answer = await d.http.post("/v1/crm/generic", content=deal, auth=("sk_crm", ""))
        assert (answer.status_code, d.sink.records) == (400, [])


@pytest.mark.parametrize("half", ["\\ud800", "\\udc00", "\\ud83d x", "\\ud800\\ud800"])
async def test_row_06_half_a_character_is_replaced_and_counted(half: str) -> None:
    before = MENDED._value.get()
    raw = b'{"type":"page","messageId":"m1","anonymousId":"b","properties":{"title":"%s"}}' % half.encode()
    async with desk() as d:
        await posted(d, raw, event(2))
        title = d.events()[0]["properties"]["title"]
        assert title.count("\ufffd") == half.count("\\ud")
        assert len(heard(d).facts) == 2
        assert not any(re.search(rb"\\ud[89a-f]", record.value, re.IGNORECASE) for record in d.sink.records)
    assert MENDED._value.get() == before + 1


HOSTILE = "a\x00b\x1b[31mc\r\nd\x85e\u2028f\u202eg\x7f"


async def test_row_08_what_moves_a_cursor_reaches_no_row() -> None:
    async with desk() as d:
        await posted(d, identify(email="ann@acme.example", title=HOSTILE, **{HOSTILE: HOSTILE}), event(type=HOSTILE))
        [facts] = heard(d).facts
        [kept] = d.rejected()
    said = [text for name, trait in facts.traits.items() for text in (name, trait.value)]
    assert "ab[31mcdefg" in said
    assert all(text.isprintable() for text in (*said, kept.detail))


def test_row_08_one_line_of_the_log_stays_one_line() -> None:
    """In a process of its own: a logger keeps what it was set up with."""
    told = f"from producers.logs import configure, log; configure('info'); log.info('told', why={HOSTILE!r})"
    written = subprocess.run([sys.executable, "-c", told], capture_output=True, timeout=150, check=True).stderr
    [line] = written.decode("ascii").splitlines()
    assert json.loads(line)["why"] == HOSTILE
    assert line.isprintable()


DISGUISED = [
    pytest.param("ann\u202e@acme.example", id="turned around"),
    pytest.param("ann\u200b@acme.example", id="zero width"),
    pytest.param("a\u00adnn@acme.example", id="a soft hyphen"),
    pytest.param("ann\u3164@acme.example", id="a filler"),
    pytest.param("ann\ufe0f@acme.example", id="a variation"),
    pytest.param("\u0430nn@acme.example", id="a Cyrillic a"),
    pytest.param("ann@acm\u03b5.example", id="a Greek e"),
    pytest.param("ann@acme.example\x00", id="NUL"),
]


@pytest.mark.parametrize("email", DISGUISED)
async def test_row_09_an_address_in_disguise_makes_no_lead(email: str) -> None:
    assert await outcome(identify(email=email)) == ("worker", Reason.BAD_EMAIL)


async def test_row_09_an_address_is_read_in_the_letters_that_it_shows() -> None:
    """Typed with a wide keyboard it is the same person; a Korean name is nobody else's."""
    async with desk() as d:
        await posted(d, identify(email="\uff41nn\uff20acme.example"), identify(email="지원@회사.example"))
        leads = {claim.lead_id for one in heard(d).facts for claim in one.claims}
    assert leads == {ANN, NAMING.lead_of_email("지원@회사.example")}


@pytest.mark.parametrize("name", ["__proto__", "constructor", "prototype"])
async def test_row_10_names_that_poison_objects_reach_no_row(name: str) -> None:
    raw = b'{"type":"identify","messageId":"i","anonymousId":"b","traits":{"email":"ann@acme.example","%s":"x"}}'
    async with desk() as d:
        await posted(d, raw % name.encode())
        [facts] = heard(d).facts
    assert set(facts.traits) == {"email"}


async def test_row_10_and_leave_what_is_changed_anyway() -> None:
    raw = b'{"type":"page","anonymousId":"b","properties":{"url":"/p?t=1","__proto__":{"a":1},"x":[{"prototype":2}]}}'
    async with desk() as d:
        await posted(d, raw)
        assert d.events()[0]["properties"] == {"url": "/p", "x": [{}]}


@pytest.mark.parametrize(
    "properties",
    [
        pytest.param({"k" * 10_000: 1}, id="a name of 10 KB"),
        pytest.param({f"k{n}": n for n in range(1_001)}, id="1,001 names"),
        pytest.param({f"k{n}": n for n in range(20_000)}, id="20,000 names"),
        pytest.param({"text": "x" * 33_000}, id="33 KB"),
    ],
)
async def test_row_11_an_event_over_a_cap_is_rejected_without_its_bytes(properties: dict[str, Any]) -> None:
    assert await outcome(event(properties=properties)) == ("door", Reason.TOO_LARGE)
    async with desk() as d:
        await posted(d, event(properties=properties))
        assert d.rejected()[0].raw == b""


@pytest.mark.parametrize(
    "properties",
    [{"k" * 128: "y" * 8_000}, {"é" * 128: "y" * 8_000}, {f"k{n}": "x: y" for n in range(990)}, {"t": '"a":' * 2_000}],
)
async def test_row_11_an_event_under_every_cap_is_taken(properties: dict[str, Any]) -> None:
    assert (await outcome(event(properties=properties)))[0] == "taken"


@pytest.mark.parametrize("content", ["501 events", "503 KB"])
async def test_row_11_a_request_over_a_cap_is_413(content: str) -> None:
    items = [event(n) for n in range(501)] if content == "501 events" else [event(text="x" * 31_000)] * 17
    async with desk() as d:
        answer = await d.http.post("/v1/batch?writeKey=wk_site", content=json.dumps({"batch": items}))
        assert (answer.status_code, d.sink.records) == (413, [])


@pytest.mark.parametrize("kind", [None, "", "text/plain", "application/x-www-form-urlencoded", "image/png", "nonsense"])
@pytest.mark.parametrize("zipped", [False, True])
async def test_row_22_the_content_type_decides_nothing(kind: str | None, *, zipped: bool) -> None:
    body = json.dumps({"batch": [event()], "writeKey": "wk_site"}).encode()
    headers = {} if kind is None else {"content-type": kind}
    async with desk() as d:
        answer = await d.http.post("/v1/batch", content=gzip.compress(body) if zipped else body, headers=headers)
        assert (answer.status_code, answer.content, len(d.events())) == (200, OK, 1)


NOBODY = [
    "null", "undefined", "0", "", " ", "None", "NaN", "false", "anonymous", "[object Object]",
    "00000000-0000-0000-0000-000000000000",
]  # fmt: skip


@pytest.mark.parametrize("said", [None, 0, *NOBODY])
async def test_row_27_an_id_that_says_nothing_is_missing(said: Any) -> None:
    assert await outcome(event(anonymousId=said, userId=said)) == ("door", Reason.NO_ID)
    async with desk() as d:
        alias = {"type": "alias", "messageId": "a", "anonymousId": "b", "previousId": said}
        await posted(d, event(userId=said), {**identify(), "userId": said}, alias)
        told = heard(d)
    assert {one.to for one in told.facts} == {"b"}
    assert [one.claims or one.links for one in told.facts] == [()] * 3


@pytest.mark.parametrize(("rules", "claims"), [(OPEN, (Claim(NOW, ANN, "claimed"),)), (MUST_SIGN, ())], ids=["o", "s"])
async def test_row_29_an_unsigned_identify_is_a_mere_claim_or_nothing(rules: Any, claims: tuple[Claim, ...]) -> None:
    """Whatever the page says of it: it may have learned the address of anybody."""
    said = identify(email="ann@acme.example") | {"trust": "proven", "context": {"trust": "proven"}}
    async with desk() as d:
        await posted(d, said)
        assert [one.claims for one in heard(d, rules).facts] == [claims]


SIGNED_AT = NOW // 1_000 + 600


def signature(name: str = "ann@acme.example", *, exp: int = SIGNED_AT, who: str = "b", source: str = "site") -> str:
    return SIGNING.sign(Signed(source, who, name), exp=exp)


OTHER_KEY = Signing((b"another secret of the site",)).sign(Signed("site", "b", "ann@acme.example"), exp=SIGNED_AT)
FORGED = [
    pytest.param(OTHER_KEY, id="another key"),
    pytest.param(signature(exp=NOW // 1_000 - 1), id="expired"),
    pytest.param(signature(exp=NOW // 1_000 + 3_600), id="lasts an hour"),
    pytest.param(signature(who="c"), id="another visitor"),
    pytest.param(signature("ben@acme.example"), id="another person"),
    pytest.param(signature(source="other"), id="another source"),
    pytest.param(signature()[:-1] + "é", id="non-ASCII"),
    pytest.param("x", id="nonsense"),
    pytest.param(17, id="a number"),
]  # fmt: skip


@pytest.mark.parametrize("rules", [OPEN, MUST_SIGN], ids=["open", "signed"])
@pytest.mark.parametrize("forged", FORGED)
async def test_row_30_a_bad_signature_is_refused_and_no_mere_claim(forged: Any, rules: Any) -> None:
    said = {**identify(email="ann@acme.example"), "context": {"identity": {"signature": forged}}}
    assert await outcome(said, rules) == ("worker", Reason.BAD_SIGNATURE)


async def test_row_30_a_good_one_proves() -> None:
    async with desk() as d:
        await posted(d, {**identify(email="ann@acme.example"), "context": {"identity": {"signature": signature()}}})
        assert [one.claims for one in heard(d, MUST_SIGN).facts] == [(Claim(NOW, ANN, "proven"),)]


@pytest.mark.parametrize(
    "email",
    [
        "ann@acme.example\r\nBcc: all@acme.example", "ann@acme.example\nX: y", "a" * 310 + "@acme.example", "ann",
        "ann@", "ann@acme", "@acme.example", "ann@acme..example", "ann@.example", "a@b@acme.example",
        "ann <ann@acme.example>", "ann@acme.example,ben@acme.example", 7, {"a": 1},
    ],
)  # fmt: skip
async def test_row_31_an_address_that_could_forge_a_header_is_none(email: Any) -> None:
    assert await outcome(identify(email=email)) == ("worker", Reason.BAD_EMAIL)


TIMES = [
    pytest.param(NOW // 1_000, NOW, id="seconds"),
    pytest.param(1_700_000_000_000_000, NOW, id="the year 55840"),
    pytest.param("1970-01-01T00:00:00Z", NOW, id="1970"),
    pytest.param(1, NOW - 7 * 86_400_000, id="1970 and a second"),
    pytest.param(NOW + 315_576_000_000, NOW, id="in ten years"),
    pytest.param(1e18, NOW, id="1e18"),
    pytest.param(None, NOW, id="null"),
]


@pytest.mark.parametrize(("stamp", "at"), TIMES)
@pytest.mark.parametrize("name", ["timestamp", "originalTimestamp"])
async def test_row_32_a_time_that_cannot_be_is_clamped_or_received_at(name: str, stamp: Any, at: int) -> None:
    async with desk() as d:
        answer = await d.batch(event(**{name: stamp}), **{"x-leadstream-debug": "1"})
        [facts] = heard(d).facts
        [verdict] = answer.json()["events"]
    assert facts.at == at
    assert ("time" in verdict["detail"]) == (stamp != NOW // 1_000)


def _row(facts: list[Facts]) -> Any:
    row: Any = None
    for number, one in enumerate(facts):
        row = fold("b", row, [one], version=(0, number), rules=OPEN).row
    return row.by_lead


async def test_row_33_an_id_blocks_nobodys_event() -> None:
    """The same id from two browsers, and from two sources: everybody's event counts."""
    async with desk() as d:
        await posted(d, event(1), event(1, anonymousId="c"))
        await posted(d, event(1), path="/v1/batch?writeKey=id:secret")
        told = heard(d)
    seen = {(one.to, page.hit_id) for one in told.facts for page in one.pages}
    assert len(seen) == 3


async def test_row_33_of_two_bodies_with_one_id_the_later_counts_in_any_order() -> None:
    one = event(1, timestamp=NOW - 9_000)
    other = event(1, timestamp=NOW - 5_000, properties={"url": "https://a.example/q"})
    rows = []
    for order in ((one, other), (other, one), (one, other, one)):
        async with desk() as d:
            await posted(d, *order)
            rows.append(_row(heard(d).facts))
    assert rows[0] == rows[1] == rows[2]


@pytest.mark.parametrize("spool", [False, True])
async def test_what_must_come_again_says_when_in_whole_seconds(tmp_path: Path, *, spool: bool) -> None:
    """503 with Retry-After, whichever way it was not safe; the reply's body is JSON, as always."""
    kept = SpoolSettings(directory=tmp_path, max_bytes=1 << 20, budget_s=0.05) if spool else None
    async with desk(MemorySink(held=True), spool=kept, reply_timeout_s=0.2, outstanding_bytes=1 << 20) as d:
        answers = [await d.batch(*(event(n, text="x" * 30_000) for n in range(12))) for _ in range(6)]
    again = [answer for answer in answers if answer.status_code != 200]
    assert again
    for answer in again:
        assert (answer.status_code, answer.json()["success"]) == (503, False)
        assert answer.headers["retry-after"].isdigit()
