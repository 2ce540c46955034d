"""No input at all gives a 5xx or an exception, and what is answered 200 is either stored or kept."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from producers.errors import BadFile
from producers.importers.plan import planned
from producers.importers.reading import Reading
from schemas.ids import Naming
from tests.unit.producers.crm_knocks import crm_settings, knock
from tests.unit.producers.desk import desk

SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
VALUE = st.recursive(
    SCALAR, lambda children: st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=4), children, max_size=3)
)
EVENT = VALUE | st.fixed_dictionaries(
    {},
    optional={
        "type": st.sampled_from(["track", "page", "click"]) | VALUE,
        "messageId": VALUE,
        "anonymousId": st.text(min_size=1, max_size=9) | VALUE,
        "userId": VALUE,
        "properties": VALUE,
    },
)
DEAL = st.dictionaries(
    st.sampled_from(["deal_id", "status", "lost_at", "updated_at", "amount", "currency", "owner", "account", "people"]),
    st.sampled_from(["lost", "2026-10-05", 7]) | VALUE,
)
PATHS = st.sampled_from(["/v1/batch", "/v1/track", "/v1/crm/generic"])


@settings(deadline=None, max_examples=60)
@given(path=PATHS, body=st.binary(max_size=64) | st.text(max_size=64).map(lambda text: text.encode("utf-8", "replace")))
async def test_any_bytes_are_answered(path: str, body: bytes) -> None:
    async with desk() as d:
        answer = await d.http.post(path, content=body, auth=("sk_crm", ""))
        assert answer.status_code in {200, 400, 413, 415}
        assert answer.json()["success"] is (answer.status_code == 200)


@settings(deadline=None, max_examples=60)
@given(events=st.lists(EVENT, max_size=6), sent_at=VALUE, ascii_only=st.booleans())
async def test_any_events_are_stored_or_kept(events: list[object], sent_at: object, *, ascii_only: bool) -> None:
    body = json.dumps({"batch": events, "sentAt": sent_at}, ensure_ascii=ascii_only).encode("utf-8", "replace")
    async with desk() as d:
        answer = await d.http.post("/v1/batch", content=body, headers={"x-write-key": "wk_site"})
        assert answer.status_code == 200
        assert len(d.events()) + len(d.rejected()) == len(events)


@settings(deadline=None, max_examples=60)
@given(deals=st.lists(DEAL, max_size=4))
async def test_any_deals_are_stored_or_kept(deals: list[object]) -> None:
    async with desk() as d:
        answer = await d.http.post("/v1/crm/generic", content=json.dumps(deals), auth=("sk_crm", ""))
        if answer.status_code == 400:  # NaN and Infinity are no JSON
            assert any(word in json.dumps(deals) for word in ("NaN", "Infinity"))
            return
        assert answer.status_code == 200
        said = [one["verdict"] for one in answer.json()["deals"]]
        assert (len(said), said.count("rejected")) == (len(deals), len(d.rejected()))


CRM_EVENT = st.fixed_dictionaries(
    {},
    optional={
        "subscriptionType": st.sampled_from(
            ["deal.propertyChange", "deal.associationChange", "deal.merge", "object.creation", "contact.propertyChange"]
        ) | VALUE,
        "objectTypeId": st.sampled_from(["0-1", "0-2", "0-3"]) | VALUE,
        "occurredAt": st.sampled_from([1_795_000_000_000]) | VALUE,
        "objectId": st.sampled_from([41_077]) | VALUE,
        "propertyName": st.sampled_from(["dealstage", "amount", "closedate", "email", "domain"]) | VALUE,
        "propertyValue": VALUE,
        "associationType": st.sampled_from(["DEAL_TO_CONTACT", "DEAL_TO_COMPANY"]) | VALUE,
        "fromObjectId": VALUE, "toObjectId": VALUE, "mergedObjectIds": VALUE, "primaryObjectId": VALUE,
        "meta": st.fixed_dictionaries({"version": st.just("2.0")}, optional={
            "action": st.sampled_from(["create", "delete"]) | VALUE, "entity_id": st.just(7) | VALUE,
            "entity": st.sampled_from(["deal", "person", "organization"]) | VALUE, "timestamp": VALUE,
        }) | VALUE,
        "data": st.dictionaries(st.sampled_from(["status", "value", "person_id", "org_id", "emails", "custom_fields",
                                                 "lost_time", "website", "name"]), VALUE) | VALUE,
    },
)  # fmt: skip


@settings(deadline=None, max_examples=80)
@given(events=st.lists(CRM_EVENT | VALUE, max_size=4), crm=st.sampled_from(["hubspot", "pipedrive"]))
async def test_any_webhook_is_stored_kept_or_passed_over(events: list[object], crm: str) -> None:
    body = json.dumps(events).encode()
    with TemporaryDirectory() as folder:
        async with desk(crm=crm_settings(Path(folder))) as d:
            answer = await knock(d, crm, body)
            if answer.status_code == 400:
                assert any(word in body for word in (b"NaN", b"Infinity"))
                return
            assert answer.status_code == 200
            said = answer.json()
            assert said["rejected"] == len(d.rejected())
            assert said["accepted"] == len(d.signals())
            assert said["accepted"] + said["rejected"] + said["passed_over"] >= len(events)


@settings(deadline=None, max_examples=80)
@given(body=st.binary(max_size=64) | st.text(max_size=64).map(lambda text: text.encode("utf-8", "replace")),
       kind=st.sampled_from(["leads", "accounts", "deals"]))
def test_any_file_is_planned_or_refused(body: bytes, kind: Any) -> None:
    header = b"Email,Deal ID,Stage,Amount,Close Date,Name,Website\n"
    for content in (body, header + body):
        try:
            plan = planned(content, kind, Reading(crm="generic", as_of=1, naming=Naming(b"long enough a secret")))
        except BadFile:
            continue
        assert all(one.why for one in plan.rejected)
