"""Webhooks at the collector: whole batches, odd ones, hostile ones; what cannot be mapped is kept and said."""

import json
from pathlib import Path
from typing import Any

import pytest

from schemas.crm import ContactRecord, DealPatch
from schemas.deals import CompanyRecord
from schemas.rejected import Reason
from schemas.topics import partition_of
from tests.unit.producers.crm_knocks import CRMS, crm_settings, knock, recorded, story
from tests.unit.producers.desk import NOW, Desk, desk

DAY = 86_400_000


def event(number: int = 1, **changes: Any) -> dict[str, Any]:
    return {
        "eventId": number, "subscriptionId": 1, "portalId": 1, "occurredAt": NOW - DAY + number, "objectId": 41077,
        "subscriptionType": "deal.propertyChange", "propertyName": "amount", "propertyValue": str(number),
    } | changes  # fmt: skip


async def posted(d: Desk, crm: str, said: Any) -> dict[str, Any]:
    answer = await knock(d, crm, said if isinstance(said, bytes) else json.dumps(said).encode())
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def test_a_hundred_events_are_one_record_per_partition(tmp_path: Path) -> None:
    async with desk(crm=crm_settings(tmp_path)) as d:
        said = await posted(d, "hubspot", [event(n, objectId=n) for n in range(1, 101)])
        assert (said["accepted"], said["rejected"], said["passed_over"]) == (100, 0, 0)
        assert len(d.sink.records) == 4
        for record in d.sink.records:
            assert {partition_of(one["to"], 4) for one in json.loads(record.value)} == {record.partition}
        assert {one.to for one in d.signals()} == {f"deal:hubspot:{n}" for n in range(1, 101)}


async def test_one_odd_event_costs_none_of_its_neighbours(tmp_path: Path) -> None:
    odd = [
        (3, "an event is a JSON object"),
        (event(subscriptionType="deal.explosion"), "subscriptionType: deal.explosion is none that we read"),
        (event(subscriptionType=None), "subscriptionType: nothing is none that we read"),
        (event(subscriptionType="object.creation", objectTypeId="0-5"), "subscriptionType: object.creation is none"),
        (event(occurredAt=None), "occurredAt: nothing there"),
        (event(occurredAt="someday"), "occurredAt: neither ISO 8601"),
        (event(occurredAt=NOW + 2 * DAY), "occurredAt: in the future"),
        (event(objectId=None), "objectId: nothing there"),
        (event(objectId=0), "objectId: nothing there"),
        (event(propertyName=""), "propertyName: nothing there"),
        (event(propertyValue="much"), "amount: not a number"),
        (event(propertyValue=-1), "amount: not an amount"),
        (event(propertyValue=10**30 * -1), "amount: not an amount"),
        (event(propertyName="closedate", propertyValue="soon"), "closed_at: neither ISO 8601"),
        (event(subscriptionType="contact.propertyChange", propertyName="email", propertyValue="x"), "email: not an"),
        (event(subscriptionType="deal.associationChange"), "associationType: nothing there"),
        (event(subscriptionType="deal.associationChange", associationType="DEAL_TO_CONTACT", fromObjectId=1),
         "toObjectId: nothing there"),
        (event(subscriptionType="deal.merge"), "mergedObjectIds: nothing there"),
    ]  # fmt: skip
    async with desk(crm=crm_settings(tmp_path)) as d:
        said = await posted(d, "hubspot", [event(), *(one for one, _ in odd), event(2)])
        assert (said["accepted"], said["rejected"]) == (2, len(odd))
        assert len(d.signals()) == 2
        for kept, (one, why) in zip(d.rejected(), odd, strict=True):
            assert kept.detail.startswith(why)
            assert (kept.reason, kept.source, json.loads(kept.raw)) == (Reason.MAPPING, "hubspot", one)


async def test_what_says_nothing_that_we_need_is_passed_over(tmp_path: Path) -> None:
    to_a_ticket = {"associationType": "DEAL_TO_TICKET", "fromObjectId": 1, "toObjectId": 2}
    nothing = [
        event(propertyName="dealname", propertyValue="x"),
        event(subscriptionType="contact.creation"),
        event(subscriptionType="company.deletion"),
        event(subscriptionType="deal.associationChange", **to_a_ticket),
    ]
    async with desk(crm=crm_settings(tmp_path)) as d:
        assert await posted(d, "hubspot", nothing) == {
            "success": True, "ok": True, "status": 1, "accepted": 0, "rejected": 0, "passed_over": 4,
        }  # fmt: skip
        assert d.sink.records == []


async def test_both_directions_of_an_association_say_the_same(tmp_path: Path) -> None:
    there = event(subscriptionType="deal.associationChange", associationType="DEAL_TO_COMPANY", fromObjectId=1,
                  toObjectId=9, isPrimaryAssociation=True)  # fmt: skip
    back = there | {"subscriptionType": "company.associationChange", "associationType": "COMPANY_TO_DEAL",
                    "fromObjectId": 9, "toObjectId": 1}  # fmt: skip
    async with desk(crm=crm_settings(tmp_path)) as d:
        await posted(d, "hubspot", [there, back])
        one, other = d.signals()
    assert one == other
    [link] = one.links
    assert (one.to, link.to, link.present, link.primary) == ("deal:hubspot:1", "crm:hubspot:9", True, True)


async def test_half_an_emoji_and_escapes_do_no_harm(tmp_path: Path) -> None:
    body = json.dumps([
        event(propertyName="closed_lost_reason", propertyValue="PLACE\r\n\x1b[31m\u202e"),
        event(subscriptionType="bad", propertyValue="PLACE"),
    ]).replace("PLACE", r"\ud83d price")  # fmt: skip
    async with desk(crm=crm_settings(tmp_path)) as d:
        await posted(d, "hubspot", body.encode())
        [patch], [kept] = d.signals(), d.rejected()
    assert patch.fields.lost_reason.isprintable()
    assert patch.fields.lost_reason.startswith("\ufffd price")
    assert "\ufffd" in json.loads(kept.raw)["propertyValue"]


@pytest.mark.parametrize(
    ("body", "status", "reason"),
    [
        (b"", 400, "json"),
        (b"null[", 400, "json"),
        (b'[{"objectId": 1, "objectId": 2}]', 400, "json"),
        (b'[{"occurredAt": NaN}]', 400, "json"),
        (b'[{"objectId": ' + b"9" * 5_000 + b"}]", 400, "json"),
        (b"[" * 100_000, 400, "depth"),
        (b"\xff\xfe[\x00]\x00", 400, "json"),
        (b"[" + b",".join([b"{}"] * 501) + b"]", 413, "too_many_events"),
        (b" " * 600_000, 413, "too_large"),
        (b"\x1f\x8b\x08\x00", 400, "gzip"),
    ],
)
@pytest.mark.parametrize("crm", ["hubspot", "pipedrive"])
async def test_a_body_that_cannot_be_read_is_refused_whole(
    crm: str, body: bytes, status: int, reason: str, tmp_path: Path
) -> None:
    async with desk(crm=crm_settings(tmp_path)) as d:
        answer = await knock(d, crm, body)
        assert (answer.status_code, answer.json()["reason"], d.sink.records) == (status, reason, [])


@pytest.mark.parametrize("crm", CRMS)
async def test_a_body_that_is_cut_off_is_refused(crm: str, tmp_path: Path) -> None:
    body = story(crm)[0]
    async with desk(crm=crm_settings(tmp_path)) as d:
        for end in (1, 100, len(body) // 2, len(body.rstrip()) - 1):
            answer = await knock(d, crm, body[:end])
            assert (answer.status_code, d.sink.records) == (400, [])


BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]><x>&d;</x>"""
READS_A_FILE = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]><x>&f;</x>"""


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{}", b"<x/>", b"<x>", BOMB, READS_A_FILE, b"<!DOCTYPE x>" + story("salesforce")[0].partition(b"?>")[2],
        b'<?xml version="1.0" encoding="nonsense"?><x/>', b"\xff\xfe", b"<a>" * 100_000, b"\x00",
    ],
)  # fmt: skip
async def test_xml_that_could_harm_is_refused(body: bytes, tmp_path: Path) -> None:
    async with desk(crm=crm_settings(tmp_path)) as d:
        answer = await knock(d, "salesforce", body)
        assert (answer.status_code, answer.json()["reason"], d.sink.records) == (400, "xml", [])


async def test_deeply_nested_notifications_are_kept_without_their_bytes(tmp_path: Path) -> None:
    body = story("salesforce")[0].replace(b"<sObject", b"<x>" * 40_000 + b"</x>" * 40_000 + b"<sObject")
    body = body.replace(b"sf:Opportunity", b"sf:Lead")
    async with desk(crm=crm_settings(tmp_path)) as d:
        assert (await knock(d, "salesforce", body)).status_code == 200
        assert [one.raw for one in d.rejected()] == [b""]


async def test_many_notifications_are_refused_and_odd_ones_kept(tmp_path: Path) -> None:
    body = story("salesforce")[0]
    start, end = body.index(b"   <Notification>"), body.index(b"  </notifications>")
    one = body[start:end]
    short = b"<Notification><sObject/></Notification>"
    async with desk(crm=crm_settings(tmp_path)) as d:
        answer = await knock(d, "salesforce", body[:start] + short * 501 + body[end:])
        assert (answer.status_code, answer.json()["reason"]) == (413, "too_many_events")
        odd = [
            (b"<Notification><Id>1</Id></Notification>", "sObject: nothing there"),
            (one.replace(b"0065g00000Hald1AAC", b""), "Id: nothing there"),
            (one.replace(b"2026-08-06T14:00:00.000Z", b"never"), "LastModifiedDate: neither"),
            (short, "Id: nothing there"),
        ]
        said = body[:start] + b"".join(bad for bad, _ in odd) + one + body[end:]
        assert (await knock(d, "salesforce", said)).status_code == 200
        assert len(d.signals()) == 1
        for kept, (_, why) in zip(d.rejected(), odd, strict=True):
            assert kept.detail.startswith(why)


async def test_a_closed_opportunity_without_its_flag_counts_by_its_stage(tmp_path: Path) -> None:
    lost = recorded("salesforce", "story-4-lost")
    cases = [
        (lost.replace(b"<sf:IsWon>false</sf:IsWon>", b""), "lost"),
        (lost.replace(b"<sf:IsClosed>true</sf:IsClosed>", b"").replace(b"<sf:IsWon>false</sf:IsWon>", b""), "lost"),
        (lost.replace(b"<sf:IsWon>false", b"<sf:IsWon>true"), "won"),
        (lost.replace(b"<sf:IsClosed>true", b"<sf:IsClosed>false"), "open"),
    ]
    for body, status in cases:
        async with desk(crm=crm_settings(tmp_path)) as d:
            await knock(d, "salesforce", body)
            assert d.signals()[0].fields.status == status
    async with desk(crm=crm_settings(tmp_path)) as d:
        unclear = cases[0][0].replace(b"Closed Lost", b"Rejected")
        await knock(d, "salesforce", unclear)
        assert [kept.detail[:20] for kept in d.rejected()] == ["is_won: nothing ther"]


@pytest.mark.parametrize("crm", CRMS)
async def test_a_webhook_is_safe_before_its_sender_hears_so(crm: str, tmp_path: Path) -> None:
    async with desk(crm=crm_settings(tmp_path)) as d:
        d.sink.down = "away"
        answer = await knock(d, crm, story(crm)[0])
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        d.sink.down = ""
        assert (await knock(d, crm, story(crm)[0])).status_code == 200
        assert d.signals()


def pipedrive(entity: str = "deal", action: str = "change", **data: Any) -> dict[str, Any]:
    meta = {"action": action, "entity": entity, "version": "2.0", "entity_id": 7, "timestamp": "2026-11-20T10:00:00Z"}
    return {"meta": meta, "data": data or None, "previous": None}


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "meta: nothing there"),
        (pipedrive(), "data: nothing there"),
        (pipedrive(action="merge", status="open"), "meta.action: merge is none of"),
        (pipedrive(status="parked"), "status: parked is no known word"),
        (pipedrive(status="open", value="much"), "amount: not a number"),
        (pipedrive(status="open", update_time="never"), "update_time: neither"),
        (pipedrive("person", emails=[{"value": "x"}]), "email: not an address"),
    ],
)
async def test_an_odd_webhook_of_pipedrive_is_kept(body: Any, why: str, tmp_path: Path) -> None:
    async with desk(crm=crm_settings(tmp_path)) as d:
        assert (await posted(d, "pipedrive", body))["rejected"] == 1
        assert d.rejected()[0].detail.startswith(why)


async def test_a_pipedrive_deal_says_what_it_holds_and_nothing_else(tmp_path: Path) -> None:
    async with desk(crm=crm_settings(tmp_path)) as d:
        await posted(d, "pipedrive", pipedrive(status="deleted", value=5))
        await posted(d, "pipedrive", pipedrive(is_deleted=True, value=5, status="open"))
        await posted(d, "pipedrive", pipedrive(status="won", org_id=None, person_id=None, owner_id=99, stage_id=3))
        gone, gone_too, won = (one.fields for one in d.signals())
    assert gone == gone_too
    assert (gone.deleted, json.loads(json.dumps(gone.deleted))) == (True, True)
    assert (won.status, won.stage, won.open_stage, won.deleted) == ("won", "3", "3", False)
    assert (won.account_id, won.contact, won.owner) == (None, None, None)


async def test_a_person_of_pipedrive_has_one_name_and_its_primary_address(tmp_path: Path) -> None:
    people = [
        ({"name": "Mira Stein", "emails": [{"value": "a@x.example"}, {"value": "B@x.example", "primary": True}]},
         ("b@x.example", "Mira Stein")),
        ({"first_name": "Mira", "last_name": "Stein", "name": "Mira Stein", "email": "a@x.example"},
         ("a@x.example", "Mira")),
        ({"name": "Mira", "emails": []}, (None, "Mira")),
        ({"name": "Mira", "email": [{"value": "a@x.example"}]}, ("a@x.example", "Mira")),
    ]  # fmt: skip
    async with desk(crm=crm_settings(tmp_path)) as d:
        for data, _ in people:
            await posted(d, "pipedrive", pipedrive("person", **data))
        said = [one.fields for one in d.signals()]
    assert [(one.email, one.first_name) for one in said] == [expected for _, expected in people]


@pytest.mark.parametrize("crm", CRMS)
async def test_every_signal_is_one_of_four_and_carries_both_times(crm: str, tmp_path: Path) -> None:
    async with desk(crm=crm_settings(tmp_path)) as d:
        for body in story(crm):
            await knock(d, crm, body)
        for one in d.signals():
            assert isinstance(one, DealPatch | CompanyRecord | ContactRecord)
            assert one.reported_at < one.received_at == NOW
            assert one.source == crm
