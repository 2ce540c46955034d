"""What a CRM tells in pieces: any order, copies, blocks, crashes and mixtures with whole reports give the same deal."""

from collections.abc import Sequence
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.activity import Version
from schemas.crm import ContactFields, ContactRecord, DealFields, DealLink, DealPatch
from schemas.deals import DealReport
from schemas.signals import Signal
from streams.core.deal.fold import Deal
from streams.core.rows import ROWS
from streams.core.signals import fold_signals
from tests.unit.core import told_at_random as some
from tests.unit.core.made import ANN, BEN, NOW, RULES
from tests.unit.core.told import deal as facts
from tests.unit.core.whole import WholeCore

KEY: Final = "deal:hubspot:7"
CONTACTS: Final = ("contact:hubspot:1", "contact:hubspot:2")
COMPANIES: Final = ("crm:hubspot:90", "crm:hubspot:91", "acme.example")
ZERO: Final = Version(0, 0)
moments = st.integers(0, 3).map(lambda n: NOW + n)

fields = st.one_of(
    st.fixed_dictionaries({"status": st.sampled_from(("open", "lost", "lost", "won"))}),
    st.fixed_dictionaries({"amount": st.sampled_from((None, 1.0, 2.0))}),
    st.fixed_dictionaries({"closed_at": st.sampled_from((None, NOW - 1, NOW + 1))}),
    st.fixed_dictionaries({"lost_reason": st.sampled_from((None, "price", "timing"))}),
    st.fixed_dictionaries({"deleted": st.sampled_from((True, False, False))}),
    st.fixed_dictionaries({"contact": st.sampled_from((None, *CONTACTS))}),
    st.fixed_dictionaries({"account_id": st.sampled_from((None, *COMPANIES))}),
    st.just({}),
)
links = st.lists(
    st.builds(
        DealLink, to=st.sampled_from((*CONTACTS, *COMPANIES)), present=st.booleans(), primary=st.booleans()
    ), max_size=2,
).map(tuple)  # fmt: skip
patches = st.builds(
    lambda said, linked, at, late: DealPatch(
        to=KEY, source="hubspot", reported_at=at, received_at=at + late, fields=DealFields(**said), links=linked
    ),
    fields, links, moments, st.integers(0, 2),
)  # fmt: skip
reports = st.builds(
    lambda status, at, amount: DealReport(
        to=KEY, received_at=at, deal=facts(status, at=at, deal_id=KEY, amount=amount)
    ),
    st.sampled_from(("open", "lost")), moments, st.sampled_from((None, 3.0)),
)  # fmt: skip
records = st.builds(
    lambda to, at, email: ContactRecord(
        to=to, source="hubspot", reported_at=at, received_at=at, fields=ContactFields(email=email)
    ),
    st.sampled_from(CONTACTS), moments, st.sampled_from(("ann@acme.example", "ben@acme.example", None)),
)  # fmt: skip
to_a_deal = st.lists(st.one_of(patches, patches, patches, reports), min_size=1, max_size=8)


def rows_of(blocks: Sequence[Sequence[Signal]], row: Any = None, *, start: int = 0) -> list[Deal]:
    rows: list[Deal] = []
    for offset, block in enumerate(blocks, start):
        row = fold_signals(KEY, row, block, version=Version(0, offset), rules=RULES).row
        rows.append(row)
    return rows


@settings(max_examples=150)
@given(sent=to_a_deal, data=st.data())
def test_order_copies_blocks_and_crashes_do_not_matter(sent: list[Signal], data: st.DataObject) -> None:
    one, blocks = rows_of([sent])[-1], data.draw(some.arrivals(sent))
    rows = rows_of(blocks)
    last = rows[-1]
    assert (last.deal, last.patched, last.as_of) == (one.deal, one.patched, one.as_of)
    for told, again in ((one.accounts, last.accounts), (one.people, last.people)):
        assert {to for to, gone in told.items() if gone is None} == {to for to, gone in again.items() if gone is None}
    committed, survived, _ = data.draw(some.crashes(len(blocks)))
    restored = ROWS["accounts"].decode(ROWS["accounts"].encode(rows[survived - 1])) if survived else None
    assert (rows_of(blocks[committed:], restored, start=committed) or [restored])[-1] == last
    for block in blocks:
        assert fold_signals(KEY, last, block, version=ZERO, rules=RULES).row is last


@settings(max_examples=100)
@given(sent=st.lists(st.one_of(patches, patches, reports, records), min_size=1, max_size=8), data=st.data())
def test_deals_and_contacts_end_the_same_and_come_to_rest(sent: list[Signal], data: st.DataObject) -> None:
    """Through the whole core: questions and answers between the rows end, whatever came first."""
    told = []
    for order in (sent, [one for block in data.draw(some.arrivals(sent)) for one in block]):
        core = WholeCore()
        core.hears("accounts", *order)
        told.append((deals_of(core, ANN), deals_of(core, BEN), accounts_of(core)))
    assert told[0] == told[1]


def deals_of(core: WholeCore, lead_id: str) -> Any:
    row = core.rows["leads"].get(lead_id)
    return [part.body for part in row.deals.values() if part.body] if row else []


def accounts_of(core: WholeCore) -> Any:
    rows = core.rows["accounts"]
    found = {key: rows[key] for key in COMPANIES if key in rows}
    # How often it moved depends on the way: it numbers alerts, which are decisions.
    return {
        key: found for key, row in found.items()
        if (found := [replace(p.body, moved=0) for p in row.deals.values() if p.body])
    }  # fmt: skip
