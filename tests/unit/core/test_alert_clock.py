"""The claim clock: a reminder, the leader, the next in line, in hours of work of whom it went to; each once."""

from datetime import UTC, datetime

from schemas.ids import alert_id_of
from schemas.touches import Tick
from tests.unit.core.made import DAY, HOUR, NOW
from tests.unit.core.sales import AMY, BOB, CAT, FAY, LEA, SALES
from tests.unit.core.told import ACME, DEAL, AccountStory, action, deal, member, of_deal, of_lead

FIRST = alert_id_of(DEAL, 1)
TEAM = "team:sales"


def back(*, at: int = NOW, active: int = 2, **more: object) -> AccountStory:
    """Amy's lost deal is back at `at`: on two days real-time, on one for the digest."""
    story = AccountStory(SALES)
    story.hears(of_deal(deal(**({"at": at - 200 * DAY, "owner": AMY} | more)), to=ACME, offset=1, as_of=at - DAY))  # type: ignore[arg-type]
    story.hears(of_lead(member(active=[at - n * DAY for n in range(active)]), offset=1, as_of=at))
    return story


def wait(story: AccountStory, until: int) -> None:
    """Wakes the account whenever it asked for it."""
    while story.card.wake_at is not None and story.card.wake_at <= until:
        story.hears(Tick(to=ACME, at=story.card.wake_at))
    story.hears(Tick(to=ACME, at=until))


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1_000)


def test_nobody_claims_reminder_leader_next_in_line_over_a_weekend() -> None:
    """Friday 16:30: an hour and a half of work is left, the rest is on Monday."""
    friday = utc("2026-03-20 16:30")
    story = back(at=friday)
    wait(story, utc("2026-03-23 09:29"))
    assert story.heard_by(AMY.recipient_id) == [("raised", friday)]
    wait(story, utc("2026-03-25 12:00"))
    assert story.heard_by(AMY.recipient_id) == [("raised", friday), ("reminder", utc("2026-03-23 09:30"))]
    assert story.heard_by(LEA.recipient_id) == [("escalation", utc("2026-03-23 11:30"))]
    assert story.heard_by(BOB.recipient_id) == [("passed_on", utc("2026-03-23 15:30"))]
    assert story.alert.recipient == BOB
    assert {one.detail for one in story.told if one.occasion in ("escalation", "passed_on")} == {AMY.recipient_id}


def test_after_it_was_passed_on_its_new_recipients_calendar_moves_nothing() -> None:
    story = back()
    wait(story, NOW + 20 * DAY)
    assert [one.occasion for one in story.told] == ["raised", "reminder", "escalation", "passed_on"]
    assert len({one.post_id for one in story.told}) == 4


def test_hours_are_those_of_whom_it_went_to() -> None:
    """10:00 UTC is 19:00 in Seoul: Bob's first hour of work is Monday 09:00 there, midnight in UTC."""
    story = back(owner=BOB)
    wait(story, NOW + 10 * DAY)
    assert story.heard_by(BOB.recipient_id)[:2] == [("raised", NOW), ("reminder", utc("2026-03-23 02:00"))]
    assert story.heard_by(LEA.recipient_id) == []  # nobody leads Bob
    assert story.heard_by(CAT.recipient_id) == [("passed_on", utc("2026-03-23 08:00"))]


def test_a_claim_an_answer_and_a_snooze_stop_the_clock() -> None:
    for what in ("claim", "contacted", "dismiss", "snooze", "reopen_deal"):
        story = back()
        wait(story, NOW + 2 * HOUR)
        assert story.heard_by(AMY.recipient_id)[-1] == ("reminder", NOW + 2 * HOUR)
        story.hears(action(what, FIRST, at=NOW + 3 * HOUR))
        wait(story, NOW + 6 * DAY)
        assert story.heard_by(LEA.recipient_id) == [], what
        assert len(story.told) == 2, what


def test_after_a_snooze_the_leader_hears_again() -> None:
    story = back()
    wait(story, NOW + 5 * HOUR)
    story.hears(action("snooze", FIRST, at=NOW + 5 * HOUR))
    asks = NOW + 3 * DAY  # which ends the snooze
    story.hears(of_lead(member(active=[asks, NOW], asked=[asks]), offset=2, as_of=asks))
    wait(story, NOW + 20 * DAY)
    assert [kind for kind, _ in story.heard_by(LEA.recipient_id)] == ["escalation", "escalation"]


def test_a_claim_without_outcome_is_reminded_of_after_seven_days() -> None:
    story = back()
    story.hears(action("claim", FIRST, at=NOW + HOUR, actor="Bob", by=BOB))
    wait(story, NOW + HOUR + 7 * DAY - 1)
    assert story.heard_by(BOB.recipient_id) == []
    wait(story, NOW + 20 * DAY)
    assert story.heard_by(BOB.recipient_id) == [("reminder", NOW + HOUR + 7 * DAY)]
    answered = back()
    answered.hears(action("claim", FIRST), action("contacted", FIRST, at=NOW + 1))
    wait(answered, NOW + 20 * DAY)
    assert len(answered.told) == 1


def test_the_digest_waits_for_nobody() -> None:
    story = back(active=1)
    wait(story, NOW + 20 * DAY)
    assert [one.occasion for one in story.told] == ["raised"]


def test_a_clock_that_is_late_takes_every_step_once() -> None:
    story = back()
    story.hears(Tick(to=ACME, at=NOW + 5 * DAY))
    assert [one.occasion for one in story.told] == ["raised", "reminder", "escalation", "passed_on"]
    story.hears(Tick(to=ACME, at=NOW + 6 * DAY))
    assert len(story.told) == 4


def test_where_nobody_is_next_the_team_hears_and_the_team_has_nobody_behind_it() -> None:
    story = AccountStory()
    story.hears(of_deal(deal(at=NOW - 200 * DAY), to=ACME, offset=1))
    story.hears(of_lead(member(active=[NOW, NOW - DAY]), offset=1))
    wait(story, NOW + 10 * DAY)
    assert [(one.occasion, one.to == TEAM) for one in story.told] == [
        ("raised", False), ("reminder", False), ("passed_on", True),
    ]  # fmt: skip
    assert story.alert.recipient is None
    team = AccountStory()
    team.hears(of_deal(deal(at=NOW - 200 * DAY, owner=None), to=ACME, offset=1))
    team.hears(of_lead(member(active=[NOW, NOW - DAY]), offset=1))
    wait(team, NOW + 10 * DAY)
    assert [(one.occasion, one.to) for one in team.told] == [("raised", TEAM), ("reminder", TEAM)]


def test_former_field_sales_hears_by_a_copy_at_each_level() -> None:
    story = back(active=1, owner=FAY)
    story.hears(of_lead(member(active=[NOW, NOW - DAY]), offset=2))
    copies = [(one.level, one.to) for one in story.told if one.occasion == "copy"]
    assert copies == [("digest", FAY.recipient_id), ("real_time", FAY.recipient_id)]
    assert story.alert.recipient in (AMY, BOB, CAT)
