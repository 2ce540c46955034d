"""An alert inside a hold: it can be claimed, and nobody is asked for what nobody may do before the hold's end."""

from schemas.ids import alert_id_of
from schemas.touches import Tick
from tests.unit.core.made import DAY, HOUR, NOW
from tests.unit.core.sales import AMY, BOB, LEA, SALES
from tests.unit.core.test_alert_clock import wait
from tests.unit.core.told import ACME, DEAL, AccountStory, action, deal, member, of_deal, of_lead

FIRST = alert_id_of(DEAL, 1)
ENDS = NOW + 5 * DAY  # a Wednesday, 10:00: lost for timing 85 days ago, 90 days hold


def back(*, lost_days_ago: int = 85) -> AccountStory:
    """Amy's lost deal is back on two days, inside its hold."""
    story = AccountStory(SALES)
    lost = deal(at=NOW - lost_days_ago * DAY, owner=AMY)
    story.hears(of_deal(lost, to=ACME, offset=1, as_of=NOW - DAY))
    story.hears(of_lead(member(active=[NOW, NOW - DAY]), offset=1))
    return story


def asks(story: AccountStory, *, at: int) -> None:
    """Ann asks for a talk."""
    assert story.row is not None
    offset = story.row.version.offset + 9
    story.hears(of_lead(member(active=[at, NOW], asked=[at]), offset=offset, as_of=at))


def reminders(story: AccountStory, to: str) -> list[tuple[str, int]]:
    return [(one.detail, one.at) for one in story.told if one.to == to and one.occasion == "reminder"]


def test_inside_a_hold_somebody_has_to_say_whose_it_is() -> None:
    """A claim is what can be done there, so its clock runs."""
    story = back()
    assert (story.alert.level, story.alert.hold_until, story.alert.due_at) == ("real_time", ENDS, NOW + 4 * HOUR)
    wait(story, NOW + 4 * HOUR)
    assert reminders(story, AMY.recipient_id) == [("", NOW + 2 * HOUR)]
    assert story.heard_by(LEA.recipient_id) == [("escalation", NOW + 4 * HOUR)]


def test_the_outcome_of_a_claim_is_due_after_the_hold() -> None:
    story = back()
    story.hears(action("claim", FIRST, at=NOW + HOUR, actor="Bob", by=BOB))
    assert (story.alert.status, story.alert.due_at) == ("claimed", ENDS + 7 * DAY)
    wait(story, ENDS + 6 * DAY)
    assert reminders(story, BOB.recipient_id) == [("hold_over", ENDS)]
    assert "contacted" in story.alert.offers
    wait(story, ENDS + 7 * DAY)
    assert reminders(story, BOB.recipient_id) == [("hold_over", ENDS), ("outcome", ENDS + 7 * DAY)]
    assert reminders(story, AMY.recipient_id) == []


def test_after_the_hold_a_claims_outcome_is_due_as_ever() -> None:
    story = back()
    wait(story, ENDS + HOUR)
    story.hears(action("claim", FIRST, at=ENDS + HOUR, actor="Bob", by=BOB))
    assert story.alert.due_at == ENDS + HOUR + 7 * DAY
    wait(story, ENDS + 20 * DAY)
    assert reminders(story, BOB.recipient_id) == [("outcome", ENDS + HOUR + 7 * DAY)]


def test_a_claim_given_back_inside_a_hold_is_to_be_claimed_again() -> None:
    story = back()
    story.hears(action("claim", FIRST, at=NOW + HOUR, actor="Bob", by=BOB))
    story.hears(action("release", FIRST, at=NOW + 2 * HOUR, actor="Bob", by=BOB))
    assert (story.alert.status, story.alert.due_at) == ("open", NOW + 6 * HOUR)
    wait(story, ENDS + DAY)
    assert "hold_over" not in {one.detail for one in story.told}


def test_the_outcome_of_a_claim_is_due_seven_days_after_they_asked() -> None:
    story = back(lost_days_ago=70)  # 20 days more
    story.hears(action("claim", FIRST, at=NOW + HOUR, actor="Bob", by=BOB))
    assert story.alert.due_at == NOW + 27 * DAY
    asks(story, at=NOW + 10 * DAY)
    assert (story.alert.status, story.alert.due_at) == ("claimed", NOW + 17 * DAY)


def test_what_was_claimed_inside_a_hold_lives_until_somebody_could_answer() -> None:
    story, ends = back(lost_days_ago=45), NOW + 45 * DAY
    unclaimed = back(lost_days_ago=45)
    wait(unclaimed, NOW + 30 * DAY)
    assert unclaimed.alert.status == "expired"
    story.hears(action("claim", FIRST, at=NOW + HOUR, actor="Bob", by=BOB))
    wait(story, ends + 8 * DAY - 1)
    assert (story.alert.status, [what for what, _ in reminders(story, BOB.recipient_id)]) == (
        "claimed", ["hold_over", "outcome"],
    )  # fmt: skip
    wait(story, ends + 8 * DAY)
    assert (story.alert.status, story.alert.due_at) == ("expired", None)


def test_the_end_of_a_hold_is_told_once_and_wakes_nobody_who_snoozed() -> None:
    story = back()
    story.hears(action("claim", FIRST, at=NOW + HOUR, actor="Bob", by=BOB))
    story.hears(action("snooze", FIRST, at=NOW + 2 * HOUR))
    assert story.alert.due_at is None
    wait(story, ENDS + DAY)
    late = back()
    late.hears(action("claim", FIRST, at=NOW + HOUR, actor="Bob", by=BOB))
    late.hears(Tick(to=ACME, at=ENDS + HOUR))
    late.hears(Tick(to=ACME, at=ENDS + HOUR))
    assert (reminders(story, BOB.recipient_id), reminders(late, BOB.recipient_id)) == (
        [], [("hold_over", ENDS + HOUR)],
    )  # fmt: skip
