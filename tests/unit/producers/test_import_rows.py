"""Rows of leads, accounts and deals to what our routes read; ids follow from what the rows say."""

import json
from typing import Any

import pytest

from producers.errors import BadFile
from producers.importers.plan import Plan, Rejected, Row, planned
from producers.importers.post import MOST_ROWS, batches
from producers.importers.reading import Reading
from schemas.ids import Naming
from schemas.times import milliseconds_of

AS_OF = milliseconds_of("2026-11-20")
assert AS_OF is not None
READING = Reading(crm="generic", as_of=AS_OF, naming=Naming(b"no secret, only long enough"))


def plan_of(kind: Any, text: str, **options: Any) -> Plan:
    return planned(text.encode(), kind, READING, **options)


def messages(plan: Plan) -> list[Any]:
    return [json.loads(one) for row in plan.rows if isinstance(row, Row) for one in row.messages]


def why(plan: Plan) -> list[str]:
    return [one.why for one in plan.rejected]


def test_a_lead_is_known_since_it_was_created_and_described_since_it_was_changed() -> None:
    text = (
        "Email,First Name,Last Name,Company,Job Title,Country,Create Date,Last Modified Date,Email Opt In\n"
        "Mira@Halden-Optics.example,Mira,Stein,Halden Optics,Head of IT,DE,2026-01-05,2026-10-05,Yes\n"
    )
    known, described = messages(plan_of("leads", text))
    assert known["type"] == described["type"] == "identify"
    assert known["anonymousId"] == described["anonymousId"]
    assert known["messageId"] != described["messageId"]
    assert (known["timestamp"], known["traits"]) == (
        "2026-01-05T00:00:00.000+00:00", {"email": "mira@halden-optics.example"},
    )  # fmt: skip
    assert described["timestamp"] == "2026-10-05T00:00:00.000+00:00"
    assert described["traits"] == {
        "email": "mira@halden-optics.example", "name": "Mira Stein", "company": "Halden Optics", "title": "Head of IT",
        "region": "DE", "marketing_consent": "yes",
    }  # fmt: skip


def test_a_lead_without_dates_is_as_old_as_its_file() -> None:
    [event] = messages(plan_of("leads", "Email\na@x.example\n"))
    assert milliseconds_of(event["timestamp"]) == AS_OF


def test_ids_of_leads_follow_from_the_row_and_show_no_address() -> None:
    """Law 8: no e-mail in a key."""
    text = "Email,Company\na@x.example,X\nA@X.example,X\na@x.example,Y\nb@x.example,X\n"
    one, same, changed, other = messages(plan_of("leads", text))
    assert one == same
    assert one["anonymousId"] == changed["anonymousId"] != other["anonymousId"]
    assert len({one["messageId"], changed["messageId"], other["messageId"]}) == 3
    assert "x.example" not in one["messageId"] + one["anonymousId"]
    elsewhere = Reading(crm="generic", as_of=READING.as_of, naming=Naming(b"another secret"))
    assert messages(planned(text.encode(), "leads", elsewhere))[0]["anonymousId"] != one["anonymousId"]


@pytest.mark.parametrize(
    ("columns", "cells", "consent"),
    [
        ("Opt In", "yes", "yes"),
        ("Opt In", "0", "no"),
        ("수신동의", "동의", "yes"),
        ("수신동의", "미동의", "no"),
        ("Opt In", "maybe", None),
        ("Opt In,Opt Out", "yes,true", "no"),
        ("Opt In,Opt Out", "yes,no", "yes"),
        ("Opt Out", "no", None),
    ],
)
def test_consent_is_what_was_said(columns: str, cells: str, consent: str | None) -> None:
    [event] = messages(plan_of("leads", f"Email,{columns}\na@x.example,{cells}\n"))
    assert event["traits"].get("marketing_consent") == consent


@pytest.mark.parametrize(
    ("columns", "cells", "name"),
    [("First Name,Last Name", "Mira,Stein", "Mira Stein"), ("Last Name", "Stein", "Stein"),
     ("성,이름(명)", "김,민지", "김민지"), ("Name,First Name", "Mira Stein,M.", "Mira Stein")],
)  # fmt: skip
def test_names_are_put_together(columns: str, cells: str, name: str) -> None:
    [event] = messages(plan_of("leads", f"Email,{columns}\na@x.example,{cells}\n"))
    assert event["traits"]["name"] == name


def test_leads_that_cannot_be_read_say_why() -> None:
    text = "Email,Create Date\n,2026-01-01\nnobody,\na@x.example,soon\n"
    assert why(plan_of("leads", text)) == [
        "email: nothing there", "email: 'nobody' is no address",
        "created_at: 'soon' is no date that we know, write 2026-10-05 or 2026-10-05 14:00",
    ]  # fmt: skip


def test_a_company_is_told_with_what_the_file_knows() -> None:
    text = (
        "회사 ID;회사명;홈페이지;직원수;업종;국가;고객 여부;담당자 이메일;영업 담당자;수정일\n"
        "77;할덴 광학;https://www.halden-optics.example;240;광학;KR;기존 고객;rita@planwerk.example;Rita;2026. 10. 5.\n"
        ";;gmail.com;;;;;;;\n"
    )
    plan = plan_of("accounts", text)
    assert messages(plan) == [{
        "company_id": "77", "name": "할덴 광학", "domain": "https://www.halden-optics.example", "employees": "240",
        "industry": "광학", "region": "KR", "customer": True,
        "owner": {"name": "Rita", "email": "rita@planwerk.example"}, "updated_at": milliseconds_of("2026-10-05"),
    }]  # fmt: skip
    assert why(plan) == ["company: neither id nor domain nor name"]


def deal(columns: str, cells: str, **options: Any) -> Any:
    [found] = messages(plan_of("deals", f"Deal ID,Deal Stage,{columns}\nD-1,Closed Lost,{cells}\n", **options))
    return found


def test_a_deal_is_told_with_what_the_file_knows() -> None:
    columns = (
        "Amount,Close Date,Closed Lost Reason,Competitor,Contract End Date,Deal Owner,Owner Email,Company,Company ID,"
        "Company Domain Name,Contact Email,Contact Name,Last Modified Date,Previous Deal ID,Stage Lost At"
    )
    cells = (
        '"€48,000",10/13/2026,Too expensive,Orbis,03/31/2027,Rita Sommer,rita@planwerk.example,Halden Optics,77,'
        "halden-optics.example,Mira@halden-optics.example,Mira Stein,10/14/2026 9:00 AM,D-0,Proposal"
    )
    assert deal(columns, cells) == {
        "deal_id": "D-1", "status": "lost", "stage": "Closed Lost", "lost_stage": "Proposal", "amount": 48_000.0,
        "currency": "EUR", "lost_at": milliseconds_of("2026-10-13"), "lost_reason": "price", "competitor": "Orbis",
        "contract_ends_at": milliseconds_of("2027-03-31"), "updated_at": milliseconds_of("2026-10-14T09:00"),
        "owner": {"name": "Rita Sommer", "email": "rita@planwerk.example"}, "follows_deal_id": "D-0",
        "account": {"id": "77", "name": "Halden Optics", "domain": "halden-optics.example"},
        "people": [{"email": "mira@halden-optics.example", "name": "Mira Stein"}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "status"),
    [("Closed Lost", "lost"), ("closedwon", "won"), ("실주", "lost"), ("계약 완료", "won"), ("Proposal made", "open")],
)
def test_a_stage_that_closes_no_deal_is_open(stage: str, status: str) -> None:
    [found] = messages(plan_of("deals", f"ID,Stage,Close Date\n1,{stage},2026-10-05\n"))
    assert found["status"] == status
    assert found.get(f"{status}_at") == (None if status == "open" else milliseconds_of("2026-10-05"))
    assert not {"closed_at", "open_at"} & found.keys()


def test_a_status_outranks_the_stage_and_a_lost_date_the_closing_date() -> None:
    text = "ID,Stage,Status,Close Date,Lost Date\n1,Proposal,Lost,2026-10-05,2026-10-04\n"
    [found] = messages(plan_of("deals", text))
    assert (found["status"], found["stage"], found["lost_at"]) == ("lost", "Proposal", milliseconds_of("2026-10-04"))


@pytest.mark.parametrize(
    ("columns", "cells", "account", "people"),
    [
        ("Email", "a@halden-optics.example", {"domain": "halden-optics.example"}, 1),
        ("Email", "a@gmail.com; b@mail.halden-optics.example", {"domain": "halden-optics.example"}, 2),
        ("Email,Company", "a@gmail.com,Halden", {"name": "Halden"}, 1),
        ("Email,Website", "a@other.example,www.halden-optics.example", {"domain": "halden-optics.example"}, 1),
        ("Email", "a@x.example A@x.example", {"domain": "x.example"}, 1),
    ],
)
def test_a_company_without_a_domain_is_that_of_its_people(
    columns: str, cells: str, account: dict[str, str], people: int
) -> None:
    found = deal(columns, cells)
    assert found["account"] == account
    assert len(found["people"]) == people


def test_a_deal_without_an_id_has_one_that_follows_from_it() -> None:
    text = "Deal Name,Stage,Company\nSuite,Lost,Halden\n SUITE ,Won,halden\nSuite,Lost,Orbis\n,Lost,Orbis\n"
    plan = plan_of("deals", text)
    one, same, other = messages(plan)
    assert one["deal_id"] == same["deal_id"] != other["deal_id"]
    assert one["deal_id"].startswith("row-")
    assert why(plan) == ["external_id: nothing there, and no name either"]


def test_deals_that_cannot_be_read_say_why() -> None:
    text = (
        "ID,Status,Amount,Email,Owner Email\n1,parked,,,\n2,lost,much,,\n3,lost,,nobody,\n4,lost,,,rita\n,lost,,,\n"
        "6,,,,\n"
    )
    assert why(plan_of("deals", text)) == [
        "status: 'parked' is none of open, won, lost", "amount: 'much' is no number", "people: 'nobody' is no address",
        "owner_email: not an address", "external_id: nothing there, and no name either", "stage: nothing there",
    ]  # fmt: skip


def test_semicolons_mean_a_decimal_comma() -> None:
    assert messages(plan_of("deals", "ID;Stage;Amount\n1;Lost;48.000\n"))[0]["amount"] == 48_000.0


def test_the_order_of_days_is_that_of_the_whole_file() -> None:
    text = "ID,Stage,Close Date\n1,Lost,05/10/2026\n2,Lost,13/10/2026\n"
    assert messages(plan_of("deals", text))[0]["lost_at"] == milliseconds_of("2026-10-05")
    said = plan_of("deals", "ID,Stage,Close Date\n1,Lost,05/10/2026\n", order="mdy")
    assert messages(said)[0]["lost_at"] == milliseconds_of("2026-05-10")


def test_a_file_without_what_it_needs_is_refused_whole() -> None:
    with pytest.raises(BadFile, match="no column means stage or status"):
        plan_of("deals", "ID,Amount\n1,2\n")
    with pytest.raises(BadFile, match="nothing in it"):
        plan_of("leads", "")


def test_batches_are_bounded_and_begin_behind_what_is_safe() -> None:
    rows = "".join(f"p{n}@x.example\n" if n % 10 else "nobody\n" for n in range(450))
    plan = plan_of("leads", f"Email\n{rows}")
    found = list(batches(plan))
    assert [one.size for one in found] == [MOST_ROWS, MOST_ROWS, 50]
    assert [len(one.rejected) for one in found] == [20, 20, 5]
    assert [one.size for one in batches(plan, after=201)] == [MOST_ROWS, 49]
    assert list(batches(plan, after=450)) == []
    big = Plan(kind="leads", file=plan.file, columns=plan.columns, reading=READING,
               rows=[Row(1, (), (b"x" * 200_000,)), Row(2, (), (b"x" * 70_000,)), Rejected(3, (), "")])  # fmt: skip
    assert [one.size for one in batches(big)] == [2, 1]
