"""What may open or raise an alert: something that happened, within the last week."""

from typing import Any

import pytest

from schemas.activity import Version
from streams.core.account_news import is_news
from streams.core.account_row import Account
from streams.core.parts import Part
from tests.unit.core.made import DAY, NOW
from tests.unit.core.told import DEAL, deal, member

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
        pytest.param(QUIET, False, id="nothing"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY, score_tenths=1)), False, id="a score that faded"),
        pytest.param(row(ann=by("b", NOW - 2 * DAY)), False, id="other rules"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY, NOW)), True, id="a visit"),
        pytest.param(row(ann=by("b", NOW - 2 * DAY, NOW)), True, id="a visit, and other rules"),
        pytest.param(row(ann=by("a", NOW - 3 * DAY, NOW - 2 * DAY)), True, id="a late visit"),
        pytest.param(row(ann=by("b", NOW - 3 * DAY, NOW - 2 * DAY)), False, id="older days by other rules"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY, intents=[NOW - 2 * DAY])), True, id="high intent"),
        pytest.param(row(ann=by("b", NOW - 2 * DAY, intents=[NOW - 2 * DAY])), False, id="high intent by other rules"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY, answers={"price": NOW - DAY})), True, id="an answer"),
        pytest.param(row(ann=by("b", NOW - 2 * DAY, answers={"price": NOW - DAY})), True, id="an answer, later"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY, asked=[NOW])), True, id="a request"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY, clicked_at=NOW)), True, id="a click"),
        pytest.param(row(), False, id="somebody left"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY), ben=by("a", NOW - WEEK)), True, id="somebody new of a week ago"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY), ben=by("a", NOW - WEEK - 1)), False, id="imported: older"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY), ben=by("a")), False, id="somebody who did nothing"),
        pytest.param(row(ann=by("a", NOW - 2 * DAY), deals=deal()), True, id="a deal, with a fresh visit"),
    ],
)
def test_news_is_what_happened(after: Account, news: bool) -> None:
    assert is_news(QUIET, after) is news


def test_a_deal_that_is_imported_long_after_the_visits_is_no_news() -> None:
    before = row(ann=by("a", NOW - WEEK - 1))
    assert not is_news(before, row(ann=by("a", NOW - WEEK - 1), deals=deal()))
    fresh = row(ann=by("a", NOW - WEEK))
    assert is_news(fresh, row(ann=by("a", NOW - WEEK), deals=deal()))
    assert not is_news(row(ann=by("a", NOW), deals=deal()), row(ann=by("a", NOW), deals=deal()))
