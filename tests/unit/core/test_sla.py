"""The clocks of the SLA stages: when sales is late, in whose working hours; a clock moves nobody."""

import pytest

from schemas.activity import Milestone
from schemas.touches import Tick
from streams.core.lead.view import view_of
from streams.core.rules import load_rules
from streams.core.stage.sla import rep_of
from tests.unit.core.made import ANN, DAY, HOUR, NAMING, NOW, files
from tests.unit.core.told import ENOUGH, OWNER, LeadStory, browser, deal, decided, did, hits, of_deal

REP = """
[[rep]]
email = "rep@us.example"
timezone = "Asia/Seoul"

[[rep]]
email = "target@us.example"
timezone = "America/New_York"
"""
TARGET = """
[[target]]
domain = "acme.example"
rep = "target@us.example"
"""


def story_with(routing: str = "") -> LeadStory:
    told = files()
    return LeadStory(load_rules(told | {"routing.toml": told["routing.toml"] + routing}, naming=NAMING))


@pytest.mark.parametrize(("asked_at", "due_at"), [
    pytest.param(NOW, NOW + 4 * HOUR, id="Friday 10:00 -> 14:00"),
    pytest.param(NOW + 6 * HOUR, NOW + 3 * DAY + HOUR, id="Friday 16:00 -> Monday 11:00"),
    pytest.param(NOW + DAY, NOW + 3 * DAY + 3 * HOUR, id="Saturday -> Monday 13:00"),
])  # fmt: skip
def test_a_request_is_due_after_four_hours_of_work(asked_at: int, due_at: int) -> None:
    """Ask A31."""
    story = story_with()
    card = story.hears(browser(did(asked=[asked_at]), offset=1, as_of=asked_at))
    assert (card.due_at, card.overdue) == (due_at, False)


def test_a_score_is_due_at_the_same_time_of_the_next_business_day() -> None:
    story = story_with()
    card = story.hears(browser(did(points=ENOUGH), offset=1))
    assert (card.stage, card.due_at) == ("mql", NOW + 3 * DAY)
    assert card.reminder_at == NOW + 4 * HOUR + HOUR // 2  # half of nine hours of work


def test_it_reminds_at_half_of_the_time_and_is_overdue_at_the_end_and_stays_there() -> None:
    """Over a weekend; the row is woken for both."""
    story = story_with()
    asked = NOW + 6 * HOUR
    card = story.hears(browser(did(asked=[asked]), offset=1, as_of=asked))
    assert card.reminder_at == card.wake_at == NOW + 8 * HOUR  # Friday 18:00
    card = story.hears(Tick(to=ANN, at=NOW + 8 * HOUR))
    assert (card.overdue, card.wake_at) == (False, card.due_at)
    assert card.due_at == NOW + 3 * DAY + HOUR
    assert not story.hears(Tick(to=ANN, at=card.due_at - 1)).overdue
    card = story.hears(Tick(to=ANN, at=NOW + 3 * DAY + HOUR))
    assert (card.overdue, card.stage, card.wake_at, len(story.moves)) == (True, "mql", None, 1)
    card = story.hears(decided("accepted", at=NOW + 3 * DAY + 2 * HOUR))
    assert (card.stage, card.overdue) == ("meeting", False)


def test_of_several_reasons_the_earliest_end_counts() -> None:
    """A crossing by score is due on Monday; the request that follows on Friday noon is due at 16:00."""
    story = story_with()
    story.hears(browser(did(asked=[NOW + 2 * HOUR]), offset=1, as_of=NOW + 2 * HOUR))
    assert story.hears(decided("reviewed", at=NOW)).due_at == NOW + 6 * HOUR


def test_the_clock_does_not_start_before_the_lead_has_a_name() -> None:
    story = story_with()
    card = story.hears(browser(did(asked=[NOW - 3 * DAY]), offset=1, known_at=NOW))
    assert card.due_at == NOW + 4 * HOUR


def test_hours_are_those_of_the_owner_of_the_deal_else_of_the_targets_rep_else_of_the_site() -> None:
    """19:00 in Seoul at 10:00 UTC: the next hours of work begin on Monday at 00:00 UTC; in New York it is 06:00."""
    asked = browser(did(asked=[NOW]), offset=1)
    assert story_with(REP).hears(asked).due_at == NOW + 4 * HOUR
    assert story_with(REP + TARGET).hears(asked).due_at == NOW + 7 * HOUR
    story = story_with(REP + TARGET)
    story.hears(of_deal(deal(at=NOW - 300 * DAY), offset=1))
    assert story.hears(asked).due_at == NOW + 2 * DAY + 18 * HOUR


def test_the_rep_is_the_owner_of_the_open_deal_before_fresher_others() -> None:
    story = story_with(REP + TARGET)
    story.hears(browser(did(), offset=1))
    assert story.row is not None
    target = NAMING.recipient_of("target@us.example")
    assert rep_of(view_of(ANN, story.row, story.rules), story.rules) == target
    story.hears(of_deal(deal(at=NOW, owner=None), offset=1))
    assert rep_of(view_of(ANN, story.row, story.rules), story.rules) == target
    other = OWNER.__class__("r2", "Ron", "ron@us.example")
    story.hears(of_deal(deal(at=NOW, deal_id="deal:crm:2", owner=other), offset=1))
    assert rep_of(view_of(ANN, story.row, story.rules), story.rules) == "r2"
    story.hears(of_deal(deal("open", at=NOW - DAY, deal_id="deal:crm:3"), offset=1))
    assert rep_of(view_of(ANN, story.row, story.rules), story.rules) == OWNER.recipient_id


def test_each_part_of_a_meeting_has_its_time() -> None:
    """Five days to book, four hours of work after the date to say what came of it, five days for the checks."""
    story = story_with()
    story.hears(browser(did(asked=[NOW]), offset=1))
    assert story.hears(decided("accepted", at=NOW)).due_at == NOW + 7 * DAY
    assert story.hears(decided("booked", at=NOW + 1, until=NOW + 4 * DAY)).due_at == NOW + 4 * DAY + 4 * HOUR
    assert story.hears(decided("held", at=NOW + 4 * DAY)).due_at == NOW + 11 * DAY


def test_inventory_has_no_clock() -> None:
    story = story_with()
    card = story.hears(browser(did(points=hits("pricing_page", NOW)), offset=1))
    assert (card.stage, card.due_at, card.reminder_at, card.overdue) == ("nurture", None, None, False)
    card = story.hears(of_deal(deal("open", at=NOW), offset=1))
    assert (card.stage, card.due_at) == ("consultation", None)


def test_a_visit_to_our_own_program_is_followed_up_within_hours() -> None:
    program = """
[[program]]
id = "s1"
kind = "seminar"
own = true
starts_at = 2026-03-20T09:00:00Z
ends_at = 2026-03-20T17:00:00Z
"""
    told = files()
    texts = told | {"routing.toml": told["routing.toml"] + REP + TARGET, "site.toml": told["site.toml"] + program}
    story = LeadStory(load_rules(texts, naming=NAMING))
    came = did()
    came = came.__class__(came.hits, came.pages, (Milestone(NOW, "program_attended", "p", "s1"),), came.traits)
    assert story.hears(browser(came, offset=1)).due_at == NOW + 7 * HOUR  # 09:00 in New York is 13:00 UTC
