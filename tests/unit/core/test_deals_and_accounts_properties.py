"""Deals, accounts and leads together, messages delivered in any order: each deal stands where it belongs, once."""

from collections import defaultdict
from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.deals import CompanyRecord, DealFacts, DealReport
from schemas.ids import is_deal
from streams.core.account.fold import Account
from streams.core.deal.fold import Deal
from streams.core.rows import ROWS
from tests.unit.core import told
from tests.unit.core.made import NOW
from tests.unit.core.row_talk import PEOPLE, Rows
from tests.unit.core.told_at_random import deal_facts

CRM, OTHER_CRM = "crm:crm:9", "crm:crm:8"
NAMED = ("acme.example", "acme-eu.example", "other.example", CRM, CRM, OTHER_CRM)
DOMAINS = ("acme.example", "www.acme-eu.example", "other.example", "gmail.com", "")
STATUSES = st.sampled_from(("open", "lost", "won", "lost", "deleted"))


def belongs(rows: dict[str, Any]) -> dict[str, Any]:
    """Where every deal, every company and every lead stands now."""
    found: dict[str, Any] = defaultdict(dict)
    for key, row in rows.items():
        if isinstance(row, Account):
            held = {name: clear(part.body) for name, part in row.deals.items() if part.body is not None}
            found[key] = {
                "deals": held,
                "people": {who for who, part in row.members.items() if part.body is not None},
                "absorbed": {who: part.body for who, part in row.absorbed.items() if part.body is not None},
                "is": "" if row.forward is None else row.forward.domain,
            }
            found[key] = {name: value for name, value in found[key].items() if value}
        elif not isinstance(row, Deal):
            found[key] = {name: clear(part.body) for name, part in row.deals.items() if part.body is not None}
    return {key: value for key, value in sorted(found.items()) if value}


def clear(facts: DealFacts | None) -> DealFacts | None:
    """Without what the way decides: how often it moved."""
    return None if facts is None else replace(facts, moved=0, reset_at=None)


@st.composite
def stories(draw: st.DrawFn) -> list[Any]:
    deals = draw(st.lists(deal_facts(("deal:crm:1", "deal:crm:2"), PEOPLE), min_size=1, max_size=5))
    found: list[Any] = [
        DealReport(
            to=one.deal_id, received_at=NOW,
            deal=replace(one, account_id=draw(st.sampled_from(NAMED)), status=draw(STATUSES)),
        )
        for one in deals
    ]  # fmt: skip
    found += [
        told.company(to=to, record_id=to, at=NOW + draw(st.integers(0, 3)), domain=draw(st.sampled_from(DOMAINS)))
        for to in draw(st.lists(st.sampled_from((CRM, CRM, OTHER_CRM)), max_size=5))
    ]
    return found


@settings(max_examples=120)
@given(sent=stories(), seed=st.integers(0, 2**32), crashes=st.booleans(), data=st.data())
def test_each_deal_stands_where_it_belongs_whatever_the_order(
    sent: list[Any], seed: int, crashes: bool, data: st.DataObject
) -> None:
    orderly, other = Rows(Random(0)), Rows(Random(seed))
    for message in sent:
        orderly.hear([message], crashes=False)
    copies = data.draw(st.lists(st.sampled_from(sent), max_size=3))
    other.hear([*sent, *copies], crashes=crashes)
    where = belongs(other.rows)
    assert where == belongs(orderly.rows)
    for key, row in other.rows.items():
        if isinstance(row, Deal) and row.deal is not None:
            holders = [to for to, held in where.items() if key in held.get("deals", {}) and not held.get("is")]
            assert len(holders) == (row.deal.status != "deleted")
            assert holders in ([], [row.account_id])
            named = {one.lead_id for one in row.deal.people} if holders else set()
            assert {to for to in PEOPLE if key in where.get(to, {})} == named
            assert all(set(where[to]["people"]) >= named for to in holders if named)
        assert ROWS["leads" if key in PEOPLE else "accounts"].decode(
            ROWS["leads" if key in PEOPLE else "accounts"].encode(row)
        ) == row
    records = [one for one in sent if isinstance(one, CompanyRecord)]
    assert {key for key in other.rows if not is_deal(key)} >= {one.to for one in records}
