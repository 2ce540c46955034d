"""Alerts of deals whose account learns its domain and forgets it again: each is one account's, and none is missing.

Whatever the order, with copies, in any blocks, with crashes. Which account tells, and how often, the order decides.
"""

from collections import Counter, defaultdict
from random import Random
from typing import Any, Final

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.deals import DealPerson, DealReport
from schemas.touches import VisitorStanding
from streams.core.account.row import Account
from streams.core.account.view import view_of
from streams.core.alert.ends import IN_WORK
from tests.unit.core import told
from tests.unit.core.made import DAY, HOUR, NOW
from tests.unit.core.row_talk import PEOPLE, RULES, Rows

CRM: Final = "crm:crm:9"
NAMED: Final = (CRM, CRM, CRM, told.ACME, "other.example")
DOMAINS: Final = (told.ACME, "", told.ACME, "", "acme-eu.example", "other.example")
STATUSES: Final = ("lost", "lost", "lost", "lost", "open", "deleted")


@st.composite
def reports(draw: st.DrawFn) -> list[DealReport]:
    """One deal with two people on it, mostly lost and under the CRM's id."""
    people = tuple(DealPerson(one, f"{one}@acme.example", one) for one in PEOPLE[:2])
    said = draw(st.lists(st.tuples(st.sampled_from(STATUSES), st.sampled_from(NAMED)), max_size=2))
    return [
        DealReport(to=told.DEAL, received_at=NOW,
                   deal=told.deal(status, at=NOW - 60 * DAY + n, account_id=account_id, people=people))
        for n, (status, account_id) in enumerate([("lost", CRM), *said])
    ]  # fmt: skip


@st.composite
def visits(draw: st.DrawFn) -> list[VisitorStanding]:
    """Each later one says more of the same browser."""
    found = []
    for who in PEOPLE[:2]:
        ats = sorted(draw(st.sets(st.integers(0, 40), min_size=2, max_size=5)))
        pages = [told.read("/pricing", NOW + hours * HOUR, kind="pricing") for hours in ats]
        found += [
            told.browser(told.did(*pages[: n + 1], email=f"{who}@x.example"), offset=n, visitor=f"v-{who}",
                         as_of=NOW + ats[n] * HOUR, to=who)
            for n in range(len(ats))
        ]  # fmt: skip
    return found


@st.composite
def stories(draw: st.DrawFn) -> list[list[Any]]:
    """Waves of what is said from outside, some of it twice."""
    domains = draw(st.lists(st.sampled_from(DOMAINS), min_size=1, max_size=5))
    records = [told.company(at=NOW + n, domain=domain) for n, domain in enumerate(domains)]
    sent: list[Any] = [*draw(reports()), *records, *draw(visits())]
    sent += draw(st.lists(st.sampled_from(sent), max_size=3))
    waves: list[list[Any]] = [[]]
    for one in draw(st.permutations(sent)):
        if draw(st.integers(0, 3)) == 0:
            waves.append([])
        waves[-1].append(one)
    return waves


@settings(max_examples=200)
@given(waves=stories(), seed=st.integers(0, 2**32), crashes=st.booleans())
def test_an_alert_is_one_accounts_and_none_is_missing(waves: list[list[Any]], seed: int, crashes: bool) -> None:
    rows = Rows(Random(seed))
    for wave in waves:
        rows.hear(wave, crashes=crashes)
    tellers: dict[str, set[str]] = defaultdict(set)
    for card in rows.alerts:
        tellers[card.alert_id].add(card.account_id)
    assert {alert_id: accounts for alert_id, accounts in tellers.items() if len(accounts) > 1} == {}
    accounts = {key: row for key, row in rows.rows.items() if isinstance(row, Account)}
    working = Counter(one.deal_id for row in accounts.values() for one in row.episodes if one.status in IN_WORK)
    due = {
        view.deal.deal_id
        for view in (view_of(key, row, RULES) for key, row in accounts.items())
        if view.deal is not None and view.strength is not None and view.strength.level is not None
    }
    assert working == Counter(due)
