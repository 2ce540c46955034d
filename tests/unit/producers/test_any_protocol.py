"""No query and no payload of another protocol gives a 5xx or an exception, and nothing of what it held is lost."""

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote_from_bytes, urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from producers.collector.protocols.pixels import GIF
from producers.collector.protocols.snowplow import POST
from tests.unit.producers.desk import Desk, desk
from tests.unit.producers.test_any_input import EVENT, VALUE

NAMES = st.sampled_from(["writeKey", "anonymousId", "event", "properties", "context.page.url", "a.b.c", "type"])
QUERY = st.dictionaries(NAMES | st.text(max_size=8), st.text(max_size=12), max_size=8)
TEXT = VALUE.map(json.dumps) | st.text(max_size=12)
DESCRIBED = st.fixed_dictionaries(
    {"data": st.fixed_dictionaries({}, optional={"schema": st.just("iglu:com.acme/user/x/1") | VALUE, "data": VALUE})}
).map(json.dumps)
PACKED = st.builds(
    lambda text, pack: pack(text.encode("utf-8", "replace")).decode(),
    DESCRIBED | TEXT,
    st.sampled_from([b64encode, urlsafe_b64encode]),
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={
        "e": st.sampled_from(["pv", "pp", "se", "ue", "tr", "ti"]) | VALUE,
        "duid": st.just("browser-1") | VALUE, "uid": VALUE, "eid": VALUE, "dtm": VALUE, "stm": VALUE, "ttm": VALUE,
        "url": TEXT, "page": TEXT, "se_ca": TEXT, "se_va": VALUE, "ue_pr": DESCRIBED | TEXT, "ue_px": PACKED | TEXT,
        "co": DESCRIBED | TEXT, "cx": PACKED | TEXT,
    },
)  # fmt: skip


@asynccontextmanager
async def snowplow_desk() -> AsyncIterator[Desk]:
    with TemporaryDirectory() as folder:
        file = Path(folder) / "sources.toml"
        file.write_text('[site]\nsnowplow_app_ids = ["shop"]\nsnowplow_identify = ["com.acme/user"]\n')
        async with desk(snowplow=True, jitsu=True, sources=file) as d:
            yield d


@settings(deadline=None, max_examples=80)
@given(query=st.binary(max_size=64).map(quote_from_bytes) | QUERY.map(lambda said: urlencode(said, errors="replace")),
       path=st.sampled_from(["/pixel/v1/track", "/pixel/v1/page", "/v1/pixel/identify", "/i"]))
async def test_any_query_shows_the_gif(query: str, path: str) -> None:
    async with snowplow_desk() as d:
        answer = await d.http.get(f"{path}?{query}")
        assert (answer.status_code, answer.content) == (200, GIF)


@settings(deadline=None, max_examples=60)
@given(event=EVENT, kind=st.sampled_from(["track", "page", "group"]))
async def test_any_event_in_a_pixel_is_stored_or_kept(event: Any, kind: str) -> None:
    data = quote_from_bytes(b64encode(json.dumps(event).encode()))
    async with snowplow_desk() as d:
        assert (await d.http.get(f"/v1/pixel/{kind}?writeKey=wk_site&data={data}")).content == GIF
        assert len(d.events()) + len(d.rejected()) == isinstance(event, dict | list)


@settings(deadline=None, max_examples=100)
@given(events=st.lists(FIELDS | VALUE, max_size=4))
async def test_any_snowplow_events_are_stored_or_kept(events: list[Any]) -> None:
    first = {"e": "pv", "aid": "shop", "duid": "browser-1", "eid": "first"}
    async with snowplow_desk() as d:
        answer = await d.http.post(POST, content=json.dumps({"data": [first, *events]}))
        assert answer.status_code == 200
        made = [event for event in d.events() if "-identify-" not in str(event.get("messageId"))]
        kept = [one for one in d.rejected() if b"-identify-" not in one.raw]
        assert len(made) + len(kept) == len(events) + 1


@settings(deadline=None, max_examples=60)
@given(path=st.sampled_from([POST, "/api/s/track", "/api/s/s2s/page", "/beacon/v1/batch", "/v1/import"]),
       body=st.binary(max_size=64) | st.text(max_size=64).map(lambda text: text.encode("utf-8", "replace")))
async def test_any_bytes_are_answered(path: str, body: bytes) -> None:
    async with snowplow_desk() as d:
        answer = await d.http.post(path, content=body, auth=("sk_crm", ""))
        assert answer.status_code in {200, 400, 413, 415}
