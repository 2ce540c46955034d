"""What people answer to an alert: every button, decided once, by arrival; what is closed stays closed."""

from typing import Any

import pytest

from schemas.cards import AlertCounts
from schemas.ids import alert_id_of
from schemas.posts import AlertUpdate
from schemas.touches import Disposition, Tick
from streams.core.account.row import Account
from streams.core.errors import InsideHold, UnknownDecision, UnknownRow
from streams.core.signals import fold_signals
from tests.unit.core.made import ANN, BEN, DAY, HOUR, NOW
from tests.unit.core.sales import AMY, BOB
from tests.unit.core.told import ACME, DEAL, OWNER, AccountStory, action, deal, member, of_deal, of_lead, of_network

FIRST, SECOND, THIRD = (alert_id_of(DEAL, n) for n in (1, 2, 3))
CLOSING: dict[str, dict[str, Any]] = {
    "contacted": {"outcome": "no"}, "reopen_deal": {}, "dismiss": {"reason": "spam"}, "wrong_company": {},
    "not_a_buyer": {"reason": "partner"},
}  # fmt: skip


def back(*, lost_days_ago: int = 200, ben: bool = False, **more: Any) -> AccountStory:
    """Ann is back on two days, with Ben if he shall; the hold after the loss is over."""
    story = AccountStory()
    story.hears(of_deal(deal(at=NOW - lost_days_ago * DAY, **more), to=ACME, offset=1))
    if ben:
        story.hears(of_lead(member(active=[NOW], stage="nurture"), offset=1, lead_id=BEN))
    story.hears(of_lead(member(active=[NOW, NOW - DAY]), offset=1))
    return story


def comes(story: AccountStory, *active: int, lead_id: str = ANN, **more: Any) -> None:
    """A newer standing, as of the freshest of these times."""
    assert story.row is not None
    as_of = max([*active, *more.get("asked", ())])
    offset = story.row.version.offset + 9
    story.hears(of_lead(member(active=active, **more), offset=offset, lead_id=lead_id, as_of=as_of))


def orders(story: AccountStory) -> list[tuple[str, str, str]]:
    """What was said to leads by the last block."""
    return [(one.to, one.kind, one.reason) for one in story.last.touches if isinstance(one, Disposition)]


def test_talking_again_moves_those_who_fell_out_of_a_consultation() -> None:
    story = back(ben=True)
    story.hears(action("contacted", FIRST, outcome="talking", at=NOW + HOUR))
    assert (story.alert.status, story.alert.closed_reason, story.alert.closed_at) == ("done", "talking", NOW + HOUR)
    assert story.alert.offers == ()
    assert story.last.touches == (
        Disposition(
            to=ANN, milestone_id=f"returned:{FIRST}", kind="returned", reason="contacted", at=NOW + HOUR, actor="sam",
            said={"alert_id": FIRST, "lost_deal_id": DEAL},
        ),
    )  # fmt: skip


def test_who_is_on_the_deal_fell_out_of_it_wherever_the_visit_led() -> None:
    """After the hold a visit leads back to nurture before anybody talks."""
    story = back(ben=True)
    comes(story, NOW + HOUR, NOW, stage="nurture")
    story.hears(action("contacted", FIRST, outcome="talking", at=NOW + 2 * HOUR))
    assert orders(story) == [(ANN, "returned", "contacted")]


def test_no_talk_moves_nobody_and_is_done_too() -> None:
    story = back()
    story.hears(action("contacted", FIRST, outcome="no"))
    assert (story.alert.status, orders(story)) == ("done", [])


def test_a_claim_moves_nobody() -> None:
    story = back()
    story.hears(action("claim", FIRST))
    assert (story.alert.status, orders(story)) == ("claimed", [])
    assert "claim" not in story.alert.offers


def test_reopening_moves_them_and_asks_the_crm() -> None:
    story = back()
    story.hears(action("reopen_deal", FIRST))
    assert (story.alert.status, story.alert.reopen_requested) == ("done", True)
    assert orders(story) == [(ANN, "returned", "reopen_deal")]


def test_the_same_message_again_says_its_orders_again_and_a_copy_says_nothing() -> None:
    story = back()
    pressed = action("reopen_deal", FIRST)
    story.hears(pressed)
    said, row = story.last, story.row
    assert row is not None
    assert fold_signals(ACME, row, [pressed], version=row.version, rules=story.rules).effects == said
    story.hears(pressed)
    assert (story.last.touches, story.last.alerts) == ((), ())


@pytest.mark.parametrize("reason", ["staff", "student", "competitor"])
def test_who_never_buys_is_a_dead_end(reason: str) -> None:
    """Ask A24."""
    story = back(ben=True)
    story.hears(action("not_a_buyer", FIRST, reason=reason, lead_id=BEN))
    assert (story.alert.status, story.alert.closed_reason) == ("dismissed", reason)
    assert orders(story) == [(BEN, "dead_end", reason)]
    assert story.last.touches[0].milestone_id == f"dead_end:{FIRST}"  # type: ignore[union-attr]


@pytest.mark.parametrize(("what", "reason"), [
    ("not_a_buyer", "job_seeker"), ("not_a_buyer", "partner"), ("wrong_company", ""), ("wrong_company", "sister"),
])  # fmt: skip
def test_some_count_for_no_return_for_half_a_year(what: str, reason: str) -> None:
    story = back(ben=True)
    story.hears(action(what, FIRST, reason=reason, lead_id=BEN))
    assert (story.alert.status, story.alert.closed_reason) == ("dismissed", reason or "wrong company")
    assert orders(story) == []
    for days, counts in ((179, False), (181, True)):
        then = NOW + days * DAY
        comes(story, then, then - DAY // 2, lead_id=BEN)
        assert story.card.strength is not None
        assert (story.card.strength.strength > 0) is counts, days
    comes(story, NOW + 181 * DAY, asked=[NOW + 181 * DAY])
    assert {one.lead_id for one in story.alerts[SECOND].people} == {ANN, BEN}


def test_half_a_year_is_180_days_to_the_millisecond() -> None:
    story = back()
    story.hears(action("wrong_company", FIRST))
    assert story.row is not None
    until = NOW + 180 * DAY
    comes(story, until - 1)
    assert story.card.strength is not None
    assert story.card.strength.strength == 0
    story.hears(Tick(to=ACME, at=until))
    assert story.card.strength.strength == 5


def test_who_is_meant_is_named_or_alone_and_of_this_account() -> None:
    for what, reason in (("wrong_company", ""), ("not_a_buyer", "student")):
        story = back(ben=True)
        with pytest.raises(UnknownDecision, match="name the lead"):
            story.hears(action(what, FIRST, reason=reason))
        with pytest.raises(UnknownRow, match="no such lead"):
            story.hears(action(what, FIRST, reason=reason, lead_id="cem"))
        assert story.alert.status == "open"
    alone = back()
    alone.hears(action("not_a_buyer", FIRST, reason="student"))
    assert orders(alone) == [(ANN, "dead_end", "student")]


def test_where_nobody_is_known_it_is_about_all_who_came_from_the_companys_network() -> None:
    """Nobody could name them: the alert shows no people."""
    story = AccountStory()
    story.hears(of_deal(deal(at=NOW - 200 * DAY), to=ACME, offset=1))
    anonymous = member(active=[NOW], intents=[NOW])
    story.hears(of_network(anonymous, offset=1, visitor="v1"), of_network(anonymous, offset=1, visitor="v2"))
    assert (story.alert.level, story.alert.people) == ("digest", ())
    story.hears(action("wrong_company", FIRST))
    assert (story.alert.status, orders(story)) == ("dismissed", [])
    again = member(active=[NOW + DAY], intents=[NOW + DAY])
    story.hears(of_network(again, offset=2, visitor="v2", as_of=NOW + DAY))
    assert (len(story.alerts), story.card.strength and story.card.strength.strength) == (1, 0)


def test_not_a_buyer_needs_one_of_its_reasons() -> None:
    with pytest.raises(UnknownDecision, match="staff, student, competitor, job_seeker, partner"):
        back().hears(action("not_a_buyer", FIRST, reason="retired"))


@pytest.mark.parametrize("first", CLOSING)
@pytest.mark.parametrize("second", [*CLOSING, "claim", "snooze"])
def test_the_first_answer_to_arrive_decides(first: str, second: str) -> None:
    story = back()
    story.hears(action(first, FIRST, **CLOSING[first]))
    card, row = story.alert, story.row
    assert row is not None
    story.hears(action(second, FIRST, at=NOW + HOUR, actor="kim", **CLOSING.get(second, {})))
    assert story.alert == card
    assert story.last.touches == ()
    together = back()
    together.hears(action(first, FIRST, **CLOSING[first]), action(second, FIRST, **CLOSING.get(second, {})))
    assert together.alert.counts == card.counts


def test_of_two_who_claim_the_second_hears_who_has_it() -> None:
    story = back()
    story.hears(action("claim", FIRST, actor="Amy", by=AMY))
    story.hears(action("claim", FIRST, actor="Bob", by=BOB, at=NOW + 1))
    story.hears(action("claim", FIRST, actor="Bob", by=BOB, at=NOW + 2))
    story.hears(action("claim", FIRST, actor="Amy", by=AMY, at=NOW + 3))
    assert (story.alert.claimed_by, story.heard_by(BOB.recipient_id)) == ("Amy", [("taken", NOW + 1)])
    assert [one.detail for one in story.told if one.occasion == "taken"] == ["Amy"]
    assert story.heard_by(AMY.recipient_id) == []
    story.hears(action("contacted", FIRST, outcome="no", at=NOW + 4))
    story.hears(action("claim", FIRST, actor="Lea", by=OWNER, at=NOW + 5))
    assert story.heard_by(OWNER.recipient_id)[-1] == ("taken", NOW + 5)


def test_what_follows_a_claim_goes_to_who_has_it() -> None:
    story = back()
    story.hears(action("claim", FIRST, actor="Amy", by=AMY))
    comes(story, NOW + DAY, lead_id=BEN, intents=[NOW + DAY], stage="nurture")
    comes(story, NOW + DAY, NOW + DAY - HOUR, stage="recycle_b")
    assert story.heard_by(AMY.recipient_id) == [("broke_through", NOW + DAY)]
    assert [one.detail for one in story.told if one.occasion == "broke_through"] == [f"person:{BEN}"]


def snoozed(story: AccountStory, **more: Any) -> AccountStory:
    story.hears(action("snooze", FIRST, **more))
    return story


def test_a_snooze_lasts_thirty_days_and_then_speaks_again_if_they_are_still_back() -> None:
    story = snoozed(back())
    ends = NOW + 30 * DAY
    assert (story.alert.status, story.alert.snoozed_until, story.card.wake_at) == ("snoozed", ends, ends)
    for n in range(1, 30):
        comes(story, NOW + n * DAY, NOW + n * DAY - HOUR)
    assert (story.alert.status, len(story.told)) == ("snoozed", 1)
    story.hears(Tick(to=ACME, at=ends - 1))
    assert story.alert.status == "snoozed"
    story.hears(Tick(to=ACME, at=ends))
    assert (story.alert.status, story.alert.snoozed_until, story.alert.as_of) == ("open", None, ends)
    assert story.heard_by(OWNER.recipient_id) == [("raised", NOW), ("woke", ends)]
    assert story.alert.strength.counted_from == ends - 14 * DAY


def test_a_snooze_after_which_nobody_came_ends_expired() -> None:
    story = snoozed(back(), until=NOW + 20 * DAY)
    story.hears(Tick(to=ACME, at=NOW + 20 * DAY - 1))
    assert story.alert.status == "snoozed"
    story.hears(Tick(to=ACME, at=NOW + 20 * DAY))
    assert (story.alert.status, story.alert.counts and story.alert.counts.outcome) == ("expired", "expired")
    assert story.alert.closed_at == NOW + 20 * DAY
    assert len(story.told) == 1


def test_only_a_fast_pass_wakes_a_snoozed_alert() -> None:
    story = snoozed(back())
    comes(story, NOW + DAY, lead_id=BEN, intents=[NOW + DAY])
    assert (story.alert.status, len(story.told)) == ("snoozed", 1)
    comes(story, NOW + 2 * DAY, lead_id=BEN, asked=[NOW + 2 * DAY])
    assert (story.alert.status, story.alert.fast_pass) == ("open", True)
    assert story.heard_by(OWNER.recipient_id)[1:] == [("woke", NOW + 2 * DAY)]
    comes(story, NOW + 3 * DAY, lead_id=BEN, asked=[NOW + 2 * DAY])
    snoozed(story, at=NOW + 3 * DAY)
    comes(story, NOW + 4 * DAY, lead_id=BEN, asked=[NOW + 2 * DAY])
    assert story.alert.status == "snoozed"  # that request was known when it was snoozed


def test_a_claimed_alert_is_claimed_again_after_its_snooze() -> None:
    story = back()
    story.hears(action("claim", FIRST, actor="Amy", by=AMY))
    snoozed(story, at=NOW + HOUR, until=NOW + 5 * DAY)
    assert (story.alert.status, story.alert.claimed_by) == ("snoozed", "Amy")
    comes(story, NOW + 2 * DAY)
    story.hears(Tick(to=ACME, at=NOW + 5 * DAY))
    assert (story.alert.status, story.alert.claimed_by) == ("claimed", "Amy")
    assert story.heard_by(AMY.recipient_id) == [("woke", NOW + 5 * DAY)]


def test_a_snooze_that_comes_again_after_it_was_over_changes_nothing() -> None:
    story = snoozed(back(), until=NOW + 2 * DAY)
    story.hears(Tick(to=ACME, at=NOW + 2 * DAY))
    assert story.alert.status == "open"
    snoozed(story, until=NOW + 2 * DAY)
    assert story.alert.status == "open"
    snoozed(story, at=NOW + 3 * DAY, until=NOW + 9 * DAY)
    snoozed(story, at=NOW + 2 * DAY, until=NOW + 20 * DAY)
    assert story.alert.snoozed_until == NOW + 9 * DAY


def test_a_snoozed_alert_may_be_claimed_and_answered() -> None:
    claimed = snoozed(back())
    claimed.hears(action("claim", FIRST, at=NOW + HOUR))
    assert (claimed.alert.status, claimed.alert.snoozed_until) == ("claimed", None)
    done = snoozed(back())
    done.hears(action("contacted", FIRST, at=NOW + HOUR))
    assert (done.alert.status, done.alert.snoozed_until) == ("done", None)


def test_inside_a_hold_an_alert_is_information_only() -> None:
    """Lost for timing 60 days ago: the hold lasts 30 days more (ask A22)."""
    story, ends = back(lost_days_ago=60), NOW + 30 * DAY
    alert = story.alert
    assert (alert.hold_until, alert.mail_stop_until) == (ends, ends)
    assert alert.next_act.startswith("Information only: no contact before 2026-04-19.")
    assert alert.offers == ("claim", "snooze", "wrong_company", "not_a_buyer", "dismiss")
    row = story.row
    for what in ("contacted", "reopen_deal"):
        with pytest.raises(InsideHold):
            story.hears(action(what, FIRST, at=ends - 1))
        assert story.row is row
    story.hears(action("claim", FIRST, at=NOW + 1))
    assert story.alert.offers == ("snooze", "wrong_company", "not_a_buyer", "dismiss", "release")


@pytest.mark.parametrize("what", ["contacted", "reopen_deal"])
def test_at_the_end_of_the_hold_the_buttons_come_back(what: str) -> None:
    story, ends = back(lost_days_ago=80), NOW + 10 * DAY
    story.hears(Tick(to=ACME, at=ends - 1))
    assert (story.alert.hold_until, what in story.alert.offers, story.card.wake_at) == (ends, False, ends)
    story.hears(Tick(to=ACME, at=ends))
    assert (story.alert.hold_until, story.alert.mail_stop_until, what in story.alert.offers) == (None, None, True)
    assert not story.alert.next_act.startswith("Information")
    story.hears(action(what, FIRST, at=ends))
    assert story.alert.status == "done"


def test_a_fast_pass_lifts_the_hold_and_not_the_mail_stop() -> None:
    story = back(lost_days_ago=60)
    comes(story, NOW + HOUR, asked=[NOW + HOUR])
    assert (story.alert.hold_until, story.alert.mail_stop_until) == (None, NOW + 30 * DAY)
    assert {"contacted", "reopen_deal"} <= set(story.alert.offers)
    story.hears(action("contacted", FIRST, outcome="talking", at=NOW + 2 * HOUR))
    assert story.alert.status == "done"


def test_a_refusal_is_said_again_when_its_message_comes_again() -> None:
    story = back(lost_days_ago=60)
    comes(story, NOW + HOUR)
    row = story.row
    assert row is not None
    earlier = row.version._replace(offset=row.version.offset - 1)
    with pytest.raises(InsideHold):
        fold_signals(ACME, row, [action("contacted", FIRST)], version=earlier, rules=story.rules)


def test_what_an_older_message_says_was_decided_when_it_came() -> None:
    story = back()
    comes(story, NOW + HOUR)
    row = story.row
    assert row is not None
    earlier = row.version._replace(offset=row.version.offset - 1)
    again = fold_signals(ACME, row, [action("dismiss", FIRST), action("claim", FIRST)], version=earlier,
                         rules=story.rules)  # fmt: skip
    assert again.row is row


@pytest.mark.parametrize(("what", "outcome"), [
    ("contacted", "contacted"), ("reopen_deal", "reopened"), ("dismiss", "dismissed"), ("wrong_company", "dismissed"),
    ("not_a_buyer", "dismissed"),
])  # fmt: skip
def test_a_closed_alert_carries_what_counts(what: str, outcome: str) -> None:
    story = back()
    assert story.alert.counts is None
    story.hears(action(what, FIRST, **CLOSING[what]))
    assert story.alert.counts == AlertCounts(
        outcome=outcome, level="real_time", strongest="deal_person", rules_version=story.rules.version, sent=True,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_fast_pass_is_the_strongest_signal() -> None:
    story = back()
    comes(story, NOW + HOUR, asked=[NOW + HOUR])
    story.hears(action("dismiss", FIRST, reason="x", at=NOW + HOUR))
    assert story.alert.counts is not None
    assert story.alert.counts.strongest == "request"


def test_a_deal_that_is_taken_up_again_counts_as_reopened() -> None:
    story = back()
    story.hears(of_deal(deal("open", at=NOW), to=ACME, offset=2))
    assert story.alert.counts is not None
    assert (story.alert.status, story.alert.counts.outcome) == ("done", "reopened")


def test_expired_and_gone_alerts_count_too() -> None:
    story = back()
    story.hears(Tick(to=ACME, at=NOW + 30 * DAY))
    assert story.alert.counts is not None
    assert story.alert.counts.outcome == "expired"
    gone = back()
    gone.hears(of_deal(None, to=ACME, offset=2))
    assert gone.alert.counts is not None
    assert (gone.alert.status, gone.alert.counts.outcome) == ("dismissed", "overtaken")


def test_a_refused_answer_that_comes_again_after_they_asked_moves_no_time() -> None:
    """After a crash: it was refused, then they asked for a talk, and now its message is read again."""
    story = back(lost_days_ago=60)
    comes(story, NOW + HOUR, asked=[NOW + HOUR])
    row = story.row
    assert row is not None
    earlier = row.version._replace(offset=row.version.offset - 1)
    late = action("contacted", FIRST, at=NOW + 9 * HOUR)
    assert fold_signals(ACME, row, [late], version=earlier, rules=story.rules).row is row


# ─── taken back
def test_a_claim_that_is_given_back_leaves_the_alert_as_if_nobody_had_claimed_it() -> None:
    """Its clock begins anew: somebody has to claim it."""
    story = back()
    before = story.alert
    assert story.row is not None
    story.hears(action("claim", FIRST, at=NOW + HOUR, actor="Amy", by=AMY))
    claimed = story.alert
    assert "release" in claimed.offers
    story.hears(action("release", FIRST, at=NOW + 2 * HOUR, actor="Amy"))
    assert (story.alert.status, story.alert.claimed_by, story.alert.claimed_at) == ("open", "", None)
    assert (story.alert.offers, story.alert.strength.lines) == (before.offers, before.strength.lines)
    (episode,) = story.row.episodes if isinstance(story.row, Account) else ()
    assert (episode.reset_at, episode.claimer, episode.clock_at) == (None, None, NOW + 2 * HOUR)
    assert len(story.told) == 1
    assert [one.alert.status for one in story.last.posts if isinstance(one, AlertUpdate)] == ["open"]
    story.hears(action("claim", FIRST, at=NOW + 3 * HOUR, actor="Bob", by=BOB))
    assert (story.alert.status, story.alert.claimed_by) == ("claimed", "Bob")


def test_copies_of_a_claim_and_of_giving_it_back_change_nothing() -> None:
    story = back()
    claim, release = action("claim", FIRST, at=NOW + 1), action("release", FIRST, at=NOW + 2)
    for one in (claim, release):
        story.hears(one)
    for copy in (release, claim):
        story.hears(copy)
        assert (story.alert.status, story.last.alerts) == ("open", ())
    story.hears(action("claim", FIRST, at=NOW + 3, actor="Bob"))
    story.hears(release)
    assert (story.alert.status, story.alert.claimed_by) == ("claimed", "Bob")


def test_what_nobody_has_is_not_given_back_nor_what_is_closed() -> None:
    story = back()
    story.hears(action("release", FIRST, at=NOW + 1))
    assert (story.alert.status, story.last.alerts) == ("open", ())
    story.hears(action("dismiss", FIRST, at=NOW + 2))
    for what in ("release", "wake"):
        story.hears(action(what, FIRST, at=NOW + 3))
        assert story.alert.status == "dismissed"


@pytest.mark.parametrize("claimed", [False, True])
def test_a_snooze_that_is_ended_leaves_the_alert_as_it_was_before(claimed: bool) -> None:
    story = back()
    if claimed:
        story.hears(action("claim", FIRST, at=NOW + 1, actor="Amy"))
    was = story.alert.status
    story.hears(action("snooze", FIRST, at=NOW + 2))
    assert "wake" in story.alert.offers
    story.hears(action("wake", FIRST, at=NOW + 3))
    assert (story.alert.status, story.alert.snoozed_until, len(story.told)) == (was, None, 1)
    story.hears(action("snooze", FIRST, at=NOW + 2))  # a copy of the snooze
    assert story.alert.status == was


def test_a_copy_of_a_wake_ends_no_later_snooze() -> None:
    story = back()
    story.hears(action("snooze", FIRST, at=NOW + 1))
    story.hears(action("wake", FIRST, at=NOW + 2))
    story.hears(action("snooze", FIRST, at=NOW + 3))
    story.hears(action("wake", FIRST, at=NOW + 2))
    assert story.alert.status == "snoozed"
