"""Whatever is sent to whatever source: an answer, every event stored or kept, and nothing that was not to be."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.producers.desk import desk

URL = "https://u:SECRET@a.example/?token=SECRET&utm_source=x#SECRET"
TEXT = st.sampled_from([URL, "/p?q=SECRET", "ann@acme.example", "?", "#", "é\x00", ""]) | st.text(max_size=6)
NAME = st.sampled_from(["a", "ip", "__proto__"]) | TEXT
SCALAR = st.none() | st.booleans() | st.integers() | st.just(2**70) | st.floats() | TEXT
VALUE = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAME, inner, max_size=3), max_leaves=8
)
CONSENT = st.sampled_from([True, False, {"categoryPreferences": {"analytics": True}}, {"analytics": False}]) | VALUE
CONTEXT = st.fixed_dictionaries(
    {},
    optional={
        "ip": TEXT | VALUE, "userAgent": VALUE, "consent": CONSENT, "consentManagement": VALUE, "traits": VALUE,
        "page": VALUE,
    },
)  # fmt: skip
ID = st.sampled_from([None, "b1", "?a=b", 7]) | st.dictionaries(NAME, VALUE, max_size=2) | st.lists(VALUE, max_size=2)
EVENT = st.fixed_dictionaries(
    {"type": st.sampled_from(["page", "track", "identify", "group", "alias", "click"])},
    optional={
        "anonymousId": ID, "userId": ID, "properties": VALUE, "traits": VALUE, "context": CONTEXT | VALUE, "name": TEXT,
    },
)  # fmt: skip
SOURCE = st.fixed_dictionaries(
    {"consent": st.sampled_from(["off", "opt_out", "opt_in", "cookieless"])},
    optional={
        "properties_deny": st.lists(st.sampled_from(["a", "traits", "context.ip", "x.y"]), max_size=2),
        "properties_allow": st.lists(st.sampled_from(["a", "a.b", "context.page.url"]), max_size=2),
    },
)


@settings(deadline=None, max_examples=80)
@given(
    events=st.lists(EVENT | VALUE, max_size=4),
    source=SOURCE,
    headers=st.dictionaries(st.sampled_from(["sec-gpc", "sp-anonymous", "x-leadstream-debug"]), st.just("1")),
    server=st.booleans(),
    ascii_only=st.booleans(),
)
async def test_any_events_of_any_source_are_stored_or_kept(
    events: list[Any], source: dict[str, Any], headers: dict[str, str], *, server: bool, ascii_only: bool
) -> None:
    body = json.dumps({"batch": events}, ensure_ascii=ascii_only).encode("utf-8", "replace")
    with TemporaryDirectory() as folder:
        file = Path(folder) / "sources.toml"
        said = "\n".join(f"{name} = {json.dumps(value)}" for name, value in source.items())
        file.write_text(f"[crm]\n{said}\n[site]\n{said}\n")
        async with desk(sources=file) as d:
            key = {"x-write-key": "sk_crm" if server else "wk_site"}
            answer = await d.http.post("/v1/batch", content=body, headers=headers | key)
            assert answer.status_code == 200
            kept = d.rejected()
            assert len(d.events()) + len(kept) == len(events)
            if "x-leadstream-debug" in headers:
                verdicts = answer.json()["events"]
                assert [one["index"] for one in verdicts] == list(range(len(events)))
                assert sum(one["verdict"] == "rejected" for one in verdicts) >= len(kept)
            stored = b"".join(record.value for record in d.sink.records if "visits" in record.topic)
    assert b"token=SECRET" not in b"".join([stored, *(one.raw for one in kept)])
    if source["consent"] == "cookieless":
        assert b"ann@acme.example" not in stored
