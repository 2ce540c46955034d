"""Rules A against B over rows: who changes side and why, alerts gained and lost, and what outcomes allow to say."""

from collections import Counter

import pytest
from msgspec.structs import replace

from schemas.touches import Tick
from streams.core.account.row import Account
from streams.core.backtest.comparison import Comparing, Share
from streams.core.backtest.outcomes import ScoreEnd, alert_ends, level_by, score_ends
from streams.core.backtest.two_rules import LeadByTwo, LineByTwo, account_by_two, lead_by_two, seen_by_two
from streams.core.flow.books import Wanted
from streams.core.flow.crossings import counted_at, reach_of, thresholds
from streams.core.flow.overdue import overdue_at, overdue_by_stage
from streams.core.flow.precision import LEAST
from streams.core.lead.row import Lead
from streams.core.rules import Rules
from tests.unit.core.made import ANN, DAY, HOUR, NOW, RULES
from tests.unit.core.publishing import published
from tests.unit.core.told import (
    ACME,
    ENOUGH,
    AccountStory,
    LeadStory,
    action,
    browser,
    deal,
    decided,
    did,
    hits,
    member,
    of_deal,
    of_lead,
)

LOW = published(("stages.toml", "total = 100.0\nengagement = 40.0", "total = 25.0\nengagement = 20.0"))
HIGH = published(("stages.toml", "total = 100.0", "total = 140.0"))
FORMS_LESS = published(
    ("scoring.toml", 'label = "Filled in a form"\npoints = 20', 'label = "Filled in a form"\npoints = 5')
)  # fmt: skip
DIGEST_LATER = published(
    ("returns.toml", "digest_from = 4\nreal_time_from = 8", "digest_from = 32\nreal_time_from = 34")
)  # fmt: skip
SOME = hits("pricing_page", NOW) | hits("form", NOW)


def by_two(row: Lead, both: tuple[Rules, Rules], *, now: int) -> LeadByTwo | None:
    row, views = seen_by_two(ANN, row, both, now=now)
    return lead_by_two(ANN, row, both, views=views)


def ends(row: Lead, rules: Rules, *, now: int) -> list[ScoreEnd]:
    row, views = seen_by_two(ANN, row, (RULES, rules), now=now)
    return [*score_ends(row, views[1], rules)]


def lead(points: object = SOME, rules: Rules = RULES) -> LeadStory:
    story = LeadStory(rules)
    story.hears(browser(did(points=points), offset=1))  # type: ignore[arg-type]
    return story


def account() -> AccountStory:
    """Acme is back: its person of the deal on two days, a pricing page."""
    story = AccountStory(RULES)
    story.hears(of_deal(deal(at=NOW - 400 * DAY), offset=1, to=ACME))
    story.hears(of_lead(member(active=(NOW - DAY, NOW), intents=(NOW,)), offset=2))
    return story


# ─── who changes side
def test_a_lower_threshold_lifts_a_lead_and_no_line_of_its_score_differs() -> None:
    """Ask A14."""
    row = lead().row
    assert row is not None
    found = by_two(row, (RULES, LOW), now=NOW)
    assert found is not None
    assert (found.was, found.was_above, found.is_above, found.changes_side) == (found.is_now, False, True, True)
    assert found.lines == ()
    assert (found.was_stage, found.is_stage) == (found.stage, found.stage)


def test_other_points_are_said_line_by_line() -> None:
    """Ask A14."""
    row = lead().row
    assert row is not None
    found = by_two(row, (RULES, FORMS_LESS), now=NOW)
    assert found is not None
    assert found.is_now - found.was == sum(one.is_now - one.was for one in found.lines) == -150
    assert found.lines == (LineByTwo(label=found.lines[0].label, was=200, is_now=50),)


def test_the_comparison_of_a_lead_is_what_publishing_would_make_of_it() -> None:
    story = lead()
    assert story.row is not None
    found = by_two(story.row, (RULES, FORMS_LESS), now=NOW + DAY)
    story.rules = FORMS_LESS
    card = story.hears(Tick(to=ANN, at=NOW + DAY))
    assert found is not None
    assert (found.is_now, found.is_stage) == (card.score_tenths, card.stage)


def test_who_qualified_by_score_stays_where_they_are_under_a_higher_threshold() -> None:
    row = lead(ENOUGH).row
    assert row is not None
    assert row.stage == "mql"
    found = by_two(row, (RULES, HIGH), now=NOW)
    assert found is not None
    assert (found.was_above, found.is_above) == (True, False)
    assert (found.was_stage, found.is_stage) == ("mql", "mql")


# ─── returns
def test_an_alert_that_other_rules_would_not_raise_is_lost_with_its_lines() -> None:
    """Ask A14."""
    row = account().row
    assert isinstance(row, Account)
    found = account_by_two(ACME, row, (RULES, DIGEST_LATER), now=NOW)
    assert found is not None
    assert found.was_level is not None
    assert (found.is_level, found.differs, found.was, found.lines) == (None, True, found.is_now, ())
    weaker = published(("returns.toml", "each = 5\nmost = 10", "each = 1\nmost = 10"))
    lines = account_by_two(ACME, row, (RULES, weaker), now=NOW)
    assert lines is not None
    assert lines.lines[0].was - lines.lines[0].is_now == lines.was - lines.is_now == 4


def test_a_closed_alert_tells_of_rules_that_would_have_raised_it_too() -> None:
    story = account()
    [card] = story.alerts.values()
    story.hears(action("contacted", card.alert_id, outcome="no"))
    row = story.row
    assert isinstance(row, Account)
    [end] = alert_ends(row, RULES.returns)
    assert (end.was.outcome, end.was) == ("contacted", end.also)
    assert [one.also for one in alert_ends(row, DIGEST_LATER.returns)] == [None]


@pytest.mark.parametrize("rules", [RULES, DIGEST_LATER])
def test_a_request_is_real_time_by_all_rules(rules: Rules) -> None:
    [card] = account().alerts.values()
    assert level_by(replace(card, fast_pass=True), rules.returns) == "real_time"


# ─── crossings
def test_a_crossing_counts_at_each_threshold_between_before_and_the_peak() -> None:
    """Ask A34."""
    row = lead(ENOUGH).row
    assert row is not None
    reach = reach_of(ANN, row, now=NOW + HOUR, rules=RULES, lowest=70)
    assert reach.peak == 1000  # engagement is bounded
    assert reach.began < 0
    assert (reach.crossed, reach.fast_passes, reach.now < 0) == (1, 0, True)  # it is an MQL: nothing more to cross
    found = counted_at([reach], thresholds(100))
    assert {theta for theta, count in found.counted.items() if count} == {70, 75, 80, 85, 90, 95, 100}
    assert (found.leads, found.crossed) == (1, 1)


def test_who_was_above_before_the_window_does_not_cross_in_it() -> None:
    row = lead(ENOUGH).row
    assert row is not None
    assert reach_of(ANN, row, now=NOW + 40 * DAY, rules=RULES, lowest=70).peak < 0


def test_who_stands_above_now_is_counted_and_who_is_far_below_is_not_looked_at() -> None:
    row = lead().row
    assert row is not None
    assert reach_of(ANN, row, now=NOW, rules=RULES, lowest=70).now < 0
    found = counted_at([reach_of(ANN, row, now=NOW, rules=LOW, lowest=25)], (25.0, 30.0, 70.0))
    assert found.above == {25.0: 1, 30.0: 1, 70.0: 0}


def test_one_kind_of_interest_alone_crosses_nothing() -> None:
    row = lead(hits("request", NOW), LOW).row
    assert row is not None
    assert reach_of(ANN, row, now=NOW, rules=LOW, lowest=25).peak < 0


# ─── outcomes
def ended() -> LeadStory:
    story = lead(ENOUGH)
    story.hears(decided("booked", at=NOW + HOUR))
    return story


def test_an_outcome_says_whether_other_rules_would_have_qualified_it_too() -> None:
    """Ask A42."""
    row = ended().row
    assert row is not None
    assert [move.to_stage for move in row.moves][:2] == ["meeting", "mql"]
    assert [(one.reached, one.also) for one in ends(row, RULES, now=NOW + DAY)] == [(True, True)]
    assert [(one.reached, one.also) for one in ends(row, HIGH, now=NOW + DAY)] == [(True, False)]


def test_who_still_stands_there_has_no_outcome() -> None:
    row = lead(ENOUGH).row
    assert row is not None
    assert ends(row, RULES, now=NOW) == []


def test_where_the_hits_were_let_go_nothing_is_said() -> None:
    story = ended()
    story.hears(browser(None, offset=2))
    assert story.row is not None
    assert {one.also for one in ends(story.row, RULES, now=NOW + DAY)} <= {None}


def test_below_twenty_outcomes_no_share_is_said() -> None:
    assert Share(hits=19, of=LEAST - 1).value is None
    assert Share(hits=5, of=LEAST).value == 0.25


# ─── all together
def test_all_rows_together() -> None:
    """Ask A14."""
    comparing = Comparing(RULES, LOW, now=NOW)
    story, back = lead(), account()
    assert story.row is not None
    assert isinstance(back.row, Account)
    comparing.lead(ANN, story.row)
    comparing.account(ACME, back.row)
    comparing.unreadable()
    found = comparing.comparison()
    assert (found.leads, found.candidates, found.unreadable) == (1, 1, 1)
    assert (found.gains, found.falls, found.above, found.scores_differ) == (1, 0, (0, 1), 0)
    assert found.crossings == (0, 1)
    assert (found.alerts_gained, found.alerts_lost, found.stages) == (0, 0, ())
    assert [one.lead_id for one in found.sides] == [ANN]
    lost = Comparing(RULES, DIGEST_LATER, now=NOW)
    lost.account(ACME, back.row)
    assert (lost.comparison().alerts_gained, lost.comparison().alerts_lost) == (0, 1)


# ─── overdue
def test_who_sales_is_late_with_is_counted_by_stage_and_labels() -> None:
    row = lead(ENOUGH).row
    assert row is not None
    assert overdue_at(ANN, row, now=NOW + HOUR, rules=RULES) is None
    late = overdue_at(ANN, row, now=NOW + 20 * DAY, rules=RULES)
    assert late is not None
    found = Counter([late, late])
    assert overdue_by_stage(found, Wanted()) == {"mql": 2}
    assert overdue_by_stage(found, Wanted(source="nobody's")) == {}
    nurtured = lead().row
    assert nurtured is not None
    assert overdue_at(ANN, nurtured, now=NOW + 400 * DAY, rules=RULES) is None  # no clock runs there
