"""Deals of any CRM: the mapping, the route, the dry run."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from msgspec.json import decode

from producers.crm.generic import deal_report, preview
from producers.crm.mapping import load, parse
from producers.errors import BadSettings, Unmappable
from schemas.deals import DealReport
from schemas.ids import Naming
from schemas.rejected import Reason
from schemas.times import milliseconds_of
from schemas.topics import partition_of
from tests.unit.producers.desk import NOW, desk

NAMING = Naming(b"no secret, only long enough")
DEAL: dict[str, Any] = {
    "deal_id": "D-1041", "status": "lost", "lost_at": "2026-10-05", "lost_reason": "price", "amount": 48_000,
    "currency": "eur", "owner": {"name": "Rita Sommer", "email": "Rita.Sommer@Planwerk.example"},
    "account": {"name": "Halden Optics", "domain": "www.halden-optics.example"},
    "people": [{"email": "Mira@halden-optics.example", "name": "Mira"}, {"name": "no address"}],
}  # fmt: skip


def mapped(**changes: Any) -> DealReport:
    return deal_report(DEAL | changes, mapping=load(None), naming=NAMING, received_at=NOW)


def test_the_default_body_is_mapped() -> None:
    report = mapped()
    deal = report.deal
    assert (report.to, deal.deal_id, report.received_at) == ("deal:generic:D-1041", "deal:generic:D-1041", NOW)
    assert (deal.status, deal.lost_at, deal.lost_reason) == ("lost", milliseconds_of("2026-10-05"), "price")
    assert (deal.amount, deal.currency, deal.account_id) == (48_000.0, "EUR", "halden-optics.example")
    assert deal.owner is not None
    assert deal.owner.recipient_id == NAMING.recipient_of("rita.sommer@planwerk.example")
    assert [person.lead_id for person in deal.people] == [NAMING.lead_of_email("mira@halden-optics.example")]


@pytest.mark.parametrize(
    ("account", "account_id"),
    [
        ({"domain": "https://www.halden-optics.example/about"}, "halden-optics.example"),
        ({"domain": "HALDEN-OPTICS.example:443"}, "halden-optics.example"),
        ({"domain": "gmail.com", "name": "Halden Optics"}, "crm:generic:halden-optics"),
        ({"name": "  Halden & Söhne  "}, "crm:generic:halden-söhne"),
        ({"id": 77, "name": "Halden"}, "crm:generic:77"),
        ({}, "crm:generic:deal-D-1041"),
        (None, "crm:generic:deal-D-1041"),
    ],
)
def test_an_account_is_its_domain_else_a_key_of_its_own(account: Any, account_id: str) -> None:
    assert mapped(account=account).deal.account_id == account_id


@pytest.mark.parametrize(
    ("changes", "reported_at"),
    [
        pytest.param({"updated_at": "2026-11-20T10:00:00Z"}, milliseconds_of("2026-11-20T10:00:00Z"), id="its own"),
        pytest.param({"updated_at": 1_795_168_800}, 1_795_168_800_000, id="seconds"),
        pytest.param({}, NOW, id="else the time of arrival: a backdated loss must not lose against an older report"),
    ],
)
def test_the_newer_report_is_told_by_the_crms_own_time(changes: dict[str, Any], reported_at: int) -> None:
    assert mapped(**changes).deal.reported_at == reported_at


@pytest.mark.parametrize("word", ["lost", "Closed Lost", "closed_lost", "ClosedLost"])
def test_a_crm_has_its_own_words(word: str) -> None:
    assert mapped(status=word).deal.status == "lost"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"deal_id": None}, "deal_id: nothing there"),
        ({"status": "parked"}, r"status: parked is no known word, see \[status\]"),
        ({"status": None}, "status: nothing is no known word"),
        ({"lost_at": "someday"}, "lost_at: neither ISO 8601"),
        ({"amount": "much"}, "amount: not a number"),
        ({"amount": -1}, "amount: not an amount"),
        ({"amount": 1e999}, "amount: not an amount"),
        ({"owner": {"email": "rita"}}, "owner_email: not an address"),
    ],
)
def test_what_cannot_be_mapped_names_its_field(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(Unmappable, match=said):
        mapped(**changes)


@pytest.mark.parametrize("deal", [3, "text", None, [], {}])
def test_anything_else_cannot_be_mapped(deal: Any) -> None:
    with pytest.raises(Unmappable):
        deal_report(deal, mapping=load(None), naming=NAMING, received_at=NOW)


def test_texts_become_one_clean_line() -> None:
    deal = mapped(lost_reason="price\r\nBcc: x\x1b[31m" + "!" * 500).deal
    assert deal.lost_reason is not None
    assert deal.lost_reason.isprintable()
    assert len(deal.lost_reason) == 200


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[deal]\ndeal_id = "id"', r"crm.toml: \[deal\] needs status"),
        ('[deal]\ndeal_id="i"\nstatus="s"\namuont="a"', 'unknown "amuont"; did you mean "amount"'),
        ('[deal]\ndeal_id="i"\nstatus="a ||"', "status: not a JMESPath expression"),
        ('[deal]\ndeal_id="i"\nstatus="s"\n[status]\nlose=["x"]', 'unknown "lose"; there are deleted, lost, open, won'),
        ("[deal", "crm.toml: "),
    ],
)
def test_a_bad_mapping_file_says_what_to_fix(text: str, said: str) -> None:
    with pytest.raises(BadSettings, match=said):
        parse(text, name="crm.toml")


async def test_a_deal_is_safe_before_its_sender_hears_so() -> None:
    async with desk() as d:
        answer = await d.http.post("/v1/crm/generic", json=DEAL, auth=("sk_crm", ""))
        verdict = {"verdict": "accepted", "deal_id": "deal:generic:D-1041", "account_id": "halden-optics.example"}
        assert (answer.status_code, answer.json()["success"], answer.json()["deals"]) == (200, True, [verdict])
        [record] = d.sink.records
    assert (record.topic, record.key) == ("leadstream.signals.v1", None)
    assert record.partition == partition_of("deal:generic:D-1041", 4)
    [report] = decode(record.value, type=list[DealReport])
    assert report.deal.account_id == "halden-optics.example"


async def test_what_cannot_be_mapped_is_kept_and_said() -> None:
    odd = DEAL | {"status": "parked"}
    async with desk() as d:
        answer = await d.http.post("/v1/crm/generic", json=[DEAL, odd], headers={"authorization": "Bearer sk_crm"})
        assert [one["verdict"] for one in answer.json()["deals"]] == ["accepted", "rejected"]
        [kept] = d.rejected()
    assert (kept.reason, kept.source, json.loads(kept.raw)) == (Reason.MAPPING, "crm", odd)


@pytest.mark.parametrize("key", ["wk_site", "sk_other", ""])
async def test_only_a_server_key_may_tell_of_deals(key: str) -> None:
    async with desk() as d:
        answer = await d.http.post("/v1/crm/generic", json=DEAL, auth=(key, ""))
        assert (answer.status_code, answer.json()["reason"], d.sink.records) == (401, "key", [])


@pytest.mark.parametrize(
    "body", [b"", b"{", b'{"amount": NaN}', b'{"deal_id":1,"deal_id":2}', b"\xff\xfe"]
)  # fmt: skip
async def test_a_body_that_cannot_be_read_is_400(body: bytes) -> None:
    async with desk() as d:
        answer = await d.http.post("/v1/crm/generic", content=body, auth=("sk_crm", ""))
        assert (answer.status_code, answer.json()["reason"], d.sink.records) == (400, "json", [])


async def test_without_kafka_a_deal_is_503() -> None:
    async with desk() as d:
        d.sink.down = "away"
        answer = await d.http.post("/v1/crm/generic", json=DEAL, auth=("sk_crm", ""))
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")


def test_a_mapping_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadSettings, match=r"LEADSTREAM_CRM__MAPPING: cannot read .*no.toml: No such file"):
        load(tmp_path / "no.toml")
    (tmp_path / "latin.toml").write_bytes("[deal] # Gr\u00f6\u00dfe".encode("latin-1"))
    with pytest.raises(BadSettings, match=r"cannot read .*latin.toml: it is not UTF-8"):
        load(tmp_path / "latin.toml")


def test_the_dry_run_shows_the_signal() -> None:
    said = preview(json.dumps(DEAL).encode(), mapping=load(None), naming=NAMING, received_at=NOW)
    assert json.loads(said)["deal"]["account_id"] == "halden-optics.example"
    command = [sys.executable, "-m", "producers.crm.generic", "--dry-run", "-"]
    ran = subprocess.run(command, input=json.dumps([DEAL, {}]).encode(), capture_output=True, check=True)
    assert b'"to": "deal:generic:D-1041"' in ran.stdout
    assert b"rejected: deal_id: nothing there" in ran.stdout


async def test_numbers_beyond_64_bits_are_kept_where_they_cannot_be_used() -> None:
    async with desk() as d:
        answer = await d.http.post("/v1/crm/generic", content=b'{"status": "x", "id": 1' + b"0" * 40 + b"}",
                                   auth=("sk_crm", ""))  # fmt: skip
        assert (answer.status_code, answer.json()["deals"][0]["verdict"]) == (200, "rejected")
        assert json.loads(d.rejected()[0].raw)["id"] == 10**40


def test_more_of_a_deal_is_mapped() -> None:
    deal = mapped(stage="Proposal", contract_ends_at="2027-03-31", follows_deal_id="D-7").deal
    assert (deal.stage, deal.contract_ends_at, deal.won_at) == ("Proposal", milliseconds_of("2027-03-31"), None)
    assert deal.follows_deal_id == "deal:generic:D-7"
    won = mapped(status="won", won_at="2026-10-06").deal
    assert (won.won_at, won.lost_at, won.follows_deal_id) == (milliseconds_of("2026-10-06"), None, None)
    assert mapped(status="won", lost_at=None).deal.won_at == NOW


COMPANY: dict[str, Any] = {
    "id": 90, "name": "Halden Optics", "website": "https://www.halden-optics.example", "employees": 240,
    "industry": "optics", "country": "DE", "customer": "yes", "updated_at": "2026-10-01",
    "owner": {"name": "Rita Sommer", "email": "rita.sommer@planwerk.example"},
}  # fmt: skip


async def test_companies_are_told_to_their_own_rows() -> None:
    async with desk() as d:
        said = [COMPANY, {"domain": "halden-optics.example"}, {"name": "Halden & Co"}, {"name": ""}, 3]
        answer = await d.http.post("/v1/crm/generic/companies?crm=hubspot", json=said, auth=("sk_crm", ""))
        assert [one.get("account_id", one.get("detail")) for one in answer.json()["companies"]] == [
            "crm:hubspot:90", "halden-optics.example", "crm:hubspot:halden-co",
            *["company: neither id nor domain nor name"] * 2,
        ]  # fmt: skip
        record = next(one for one in d.signals() if one.to == "crm:hubspot:90")
    assert (record.source, record.record_id, record.reported_at) == ("hubspot", "90", milliseconds_of("2026-10-01"))
    assert (record.name, record.domain, record.employees) == ("Halden Optics", "halden-optics.example", "240")
    assert (record.industry, record.region, record.customer) == ("optics", "DE", True)
    assert record.owner.recipient_id == NAMING.recipient_of("rita.sommer@planwerk.example")


async def test_an_import_speaks_of_the_crm_that_the_file_came_from() -> None:
    """So it meets that CRM's webhooks in one row, whatever the mapping file says of generic bodies."""
    async with desk() as d:
        there = DEAL | {"account": {"id": 9}}
        answer = await d.http.post("/v1/crm/generic?crm=hubspot", json=there, auth=("sk_crm", ""))
        assert answer.json()["deals"][0] == {
            "verdict": "accepted", "deal_id": "deal:hubspot:D-1041", "account_id": "crm:hubspot:9",
        }  # fmt: skip
        unknown = await d.http.post("/v1/crm/generic?crm=other", json=DEAL, auth=("sk_crm", ""))
        assert (unknown.status_code, unknown.json()["reason"]) == (404, "not_set_up")


def test_a_mapping_of_companies_is_checked_too() -> None:
    with pytest.raises(BadSettings, match=r'\[company\] unknown "domian"; did you mean "domain"'):
        parse('[deal]\ndeal_id="i"\nstatus="s"\n[company]\ndomian="d"', name="crm.toml")
