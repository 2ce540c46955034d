"""What may open or raise an alert: something that happened; `news.py` says how young it has to be."""

from typing import Any

import pytest
from msgspec.structs import replace

from schemas.activity import Version
from streams.core.account.companies import record_key
from streams.core.account.news import news_at
from streams.core.account.row import Account, Forwarding
from streams.core.parts import Part
from tests.unit.core.made import DAY, NOW
from tests.unit.core.told import DEAL, company, deal, member

WEEK = 7 * DAY


def row(*, deals: Any = None, **members: Any) -> Account:
    parts = {lead_id: Part(Version(0, 1), NOW, one) for lead_id, one in members.items()}
    found = {} if deals is None else {DEAL: Part(Version(0, 1), NOW, deals)}
    return Account(Version(0, 1), as_of=NOW, members=parts, deals=found)


def by(rules: str, *active: int, **more: Any) -> Any:
    return member(active=active, rules_version=rules, **more)


QUIET = row(ann=by("a", NOW - 2 * DAY))


@pytest.mark.parametrize(
    ("after", "news"),
    [
        pytest.param(QUIET, None, id="nothing"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY, score_tenths=1)), None, id="a score that faded"),
        pytest.param(row(ann=by("b", NOW - 2 * DAY)), None, id="other rules"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY, NOW)), NOW, id="a visit"),
        pytest.param(row(ann=by("b", NOW - 2 * DAY, NOW)), NOW, id="a visit, and other rules"),
        pytest.param(row(ann=by("a", NOW - 3 * DAY, NOW - 2 * DAY)), NOW - 3 * DAY, id="a late visit"),
        pytest.param(row(ann=by("b", NOW - 3 * DAY, NOW - 2 * DAY)), None, id="older days by other rules"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY, intents=[NOW - 2 * DAY])), NOW - 2 * DAY, id="high intent"),
        pytest.param(row(ann=by("b", NOW - 2 * DAY, intents=[NOW - 2 * DAY])), None, id="high intent by other rules"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY, answers={"price": NOW - DAY})), NOW - DAY, id="an answer"),
        pytest.param(row(ann=by("b", NOW - 2 * DAY, answers={"price": NOW - DAY})), NOW - DAY, id="an answer, later"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY, asked=[NOW])), NOW, id="a request"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY, clicked_at=NOW)), NOW, id="a click"),
        pytest.param(row(), None, id="somebody left"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY), ben=by("a", NOW - WEEK)), NOW - WEEK, id="somebody new"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY), ben=by("a", NOW - WEEK - 1)), NOW - WEEK - 1, id="imported"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY), ben=by("a")), None, id="somebody who did nothing"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY), deals=deal()), NOW, id="a deal, with a fresh visit"),
    ],
)
def test_news_is_what_happened(after: Account, news: int | None) -> None:
    assert news_at(QUIET, after) == news


def test_a_deal_is_news_when_it_is_told() -> None:
    assert news_at(row(), row(deals=deal())) == NOW
    assert news_at(row(deals=deal()), row(deals=deal())) is None
    assert news_at(row(deals=deal()), row(deals=deal("won"))) == NOW


def test_a_visitor_of_the_network_is_news_too() -> None:
    came = Account(Version(0, 1), as_of=NOW, networks={"v1": Part(Version(0, 1), NOW, by("a", NOW))})
    assert news_at(row(), came) == NOW
    assert news_at(came, row()) is None


def test_nothing_of_who_is_left_out_is_news() -> None:
    assert news_at(row(), row(ann=by("a", NOW, dead_end=True))) is None
    assert news_at(row(), row(ann=by("a", NOW, silenced=True))) is None


def forwarding(domain: str, *, record_at: int = NOW) -> Account:
    """A CRM's id as a record of this time left it."""
    record = company(at=record_at)
    forward = Forwarding(Version(0, 1), NOW, domain)
    return replace(row(), records={record_key(record): record}, forward=forward, as_of=NOW + 5)


@pytest.mark.parametrize(
    ("after", "news"),
    [
        pytest.param(forwarding("", record_at=NOW + 1), NOW + 5, id="a record made it itself again"),
        pytest.param(forwarding(""), None, id="rules alone did"),
        pytest.param(forwarding("other.example", record_at=NOW + 1), None, id="it is another one still"),
    ],
)
def test_what_came_while_a_row_forwarded_is_news_when_it_is_itself_again(after: Account, news: int | None) -> None:
    assert news_at(forwarding("acme.example"), after) == news
