"""A recipient: what is due on which channel, until its receipt is here."""

from typing import Any

from schemas.activity import Version
from schemas.ids import post_id_of
from schemas.posts import Post, Receipt
from schemas.touches import Tick
from streams.core.effects import NOTHING, Folded
from streams.core.recipient import fold as recipient
from streams.core.recipient.fold import Recipient
from streams.core.rules import Rules
from tests.unit.core.made import NOW, RULES
from tests.unit.core.told import OWNER
from tests.unit.core.told_hours import BERLIN, BOTH, SLOW, Desk, at, post, rules_with
from tests.unit.core.told_posts import DIGEST, REAL_TIME

TO = OWNER.recipient_id
WEBHOOK = frozenset({"webhook"})
MINUTE = 60_000
DAY = 24 * 60 * MINUTE


def hears(
    row: Recipient | None, *messages: Any, offset: int, rules: Rules = RULES, names: frozenset[str] = WEBHOOK
) -> Folded[Recipient]:
    return recipient.fold(TO, row, messages, version=Version(0, offset), rules=rules, channels=names)


def receipt(outcome: Any = "sent", *, post: Post = REAL_TIME, channel: str = "webhook", at: int = NOW + 1) -> Receipt:
    return Receipt(to=TO, post_id=post.post_id, channel=channel, outcome=outcome, at=at)


def due(folded: Folded[Recipient]) -> list[tuple[str, str]]:
    return [(one.channel, one.post.level) for one in folded.effects.dues if isinstance(one.post, Post)]


def test_ids_follow_from_alert_level_and_recipient() -> None:
    assert REAL_TIME.post_id == post_id_of(REAL_TIME.alert.alert_id, "real_time", TO)
    assert (DIGEST.level, REAL_TIME.level, DIGEST.to, REAL_TIME.to) == ("digest", "real_time", TO, TO)


def test_a_webhook_shows_every_alert_at_once_whatever_its_level() -> None:
    """Quiet hours, the daily most and the digest bind Slack and mail only: here it is Saturday, 3 in the morning."""
    desk, night = Desk(channels=BOTH), at("2026-03-07 03:00")
    desk.hears(*(post(n, night) for n in range(1, 8)), post(8, night, level="digest"))
    assert len(desk.told) == 8
    assert all(one.startswith("03-07 03:00 webhook") for one in desk.told)


def test_without_a_channel_nothing_is_due_and_nothing_is_waited_for() -> None:
    for names in (frozenset[str](), frozenset({"pigeon"})):
        folded = hears(None, DIGEST, REAL_TIME, offset=1, names=names)
        assert (due(folded), folded.row.wake_at) == ([], None)


def test_which_channels_take_which_level_is_a_rule() -> None:
    rules = rules_with('[channels]\nreal_time = []\ndigest = ["memory", "webhook"]\nat_once = ["memory", "webhook"]')
    assert due(hears(None, DIGEST, offset=1, rules=rules, names=BOTH)) == [("memory", "digest"), ("webhook", "digest")]
    assert due(hears(None, REAL_TIME, offset=1, rules=rules, names=BOTH)) == []


def test_a_post_is_due_once_and_again_after_a_minute_without_a_receipt() -> None:
    first = hears(None, REAL_TIME, offset=1)
    assert first.row.wake_at == NOW + MINUTE
    copy = hears(first.row, REAL_TIME, offset=2)
    assert (copy.row, copy.effects) == (first.row, NOTHING)
    early = hears(first.row, Tick(to=TO, at=NOW + MINUTE - 1), offset=3)
    assert due(early) == []
    late = hears(early.row, Tick(to=TO, at=NOW + MINUTE), offset=4)
    assert due(late) == [("webhook", "real_time")]
    assert late.row.wake_at == NOW + 2 * MINUTE


def test_minutes_in_which_nobody_was_there_are_not_caught_up_on() -> None:
    """One repetition for all of them; the next one a minute from now."""
    row = hears(None, REAL_TIME, offset=1).row
    woken = hears(row, Tick(to=TO, at=NOW + MINUTE, now=NOW + 9 * DAY), offset=2)
    assert due(woken) == [("webhook", "real_time")]
    assert woken.row.wake_at == NOW + 9 * DAY + MINUTE
    behind = hears(woken.row, Tick(to=TO, at=NOW + 2 * MINUTE, now=NOW + 9 * DAY + MINUTE - 1), offset=3)
    assert due(behind) == []
    again = hears(behind.row, Tick(to=TO, at=NOW + 9 * DAY + MINUTE, now=NOW + 9 * DAY + MINUTE), offset=4)
    assert due(again) == [("webhook", "real_time")]


def test_on_a_channel_with_hours_too() -> None:
    desk = Desk()
    desk.answers = False
    morning = at("2026-03-03 10:00")
    desk.hears(post(1, morning))
    desk.runs(morning + 2 * MINUTE)
    assert desk.told == [f"03-03 10:0{minute} memory real_time a1 raised" for minute in (0, 1, 2)]
    desk.folds(desk.receipt(desk.dues[0]))
    assert desk.row is not None
    assert desk.row.wake_at is None


def test_what_was_said_before_closing_time_is_repeated_after_it() -> None:
    desk = Desk()
    desk.answers = False
    desk.hears(post(1, at("2026-03-03 17:59")))
    desk.runs(at("2026-03-03 18:01"))
    assert len(desk.told) == 3


def test_the_same_message_again_makes_it_due_again_if_it_is_not_sent() -> None:
    """A crash between the row and the channel."""
    first = hears(None, REAL_TIME, offset=1)
    again = hears(first.row, REAL_TIME, offset=1)
    assert (again.row, due(again)) == (first.row, [("webhook", "real_time")])
    sent = hears(first.row, receipt(), offset=2)
    assert due(hears(sent.row, REAL_TIME, offset=1)) == []


def test_a_receipt_ends_it_also_a_refusal() -> None:
    for outcome in ("sent", "refused"):
        row = hears(hears(None, REAL_TIME, offset=1).row, receipt(outcome), offset=2).row
        assert row.wake_at is None
        assert due(hears(row, Tick(to=TO, at=NOW + 10 * MINUTE), offset=3)) == []


def test_what_was_sent_is_not_refused_later() -> None:
    row = hears(None, REAL_TIME, receipt("refused"), receipt("sent"), receipt("refused"), offset=1).row
    assert row.posts[REAL_TIME.post_id].outcomes == {"webhook": "sent"}


def test_a_receipt_before_its_post_settles_it() -> None:
    row = hears(hears(None, receipt(), offset=1).row, REAL_TIME, offset=2)
    assert (due(row), row.row.wake_at) == ([], None)


def test_a_receipt_of_another_channel_does_not_settle_this_one() -> None:
    row = hears(hears(None, REAL_TIME, offset=1).row, receipt(channel="slack"), offset=2).row
    assert row.wake_at == NOW + MINUTE


def test_each_channel_is_waited_for_by_itself() -> None:
    desk = Desk(channels=BOTH)
    desk.answers = False
    desk.hears(post(1, at("2026-03-03 10:00")))
    assert desk.told == [f"03-03 10:00 {name} real_time a1 raised" for name in ("webhook", "memory")]
    desk.folds(desk.receipt(desk.dues[0]))
    desk.runs(at("2026-03-03 10:01"))
    assert desk.told[2:] == ["03-03 10:01 memory real_time a1 raised"]


def test_of_two_tellings_of_a_post_the_newer_card_is_told() -> None:
    night, opening = at("2026-03-03 20:00"), at("2026-03-04 09:00")
    desk = Desk()
    desk.hears(post(1, night, offset=3, strength=11), post(1, night, offset=2, strength=9))
    desk.runs(opening)
    assert [one.post.alert.strength.strength for one in desk.dues if isinstance(one.post, Post)] == [11]


def test_what_is_settled_is_remembered_without_its_card() -> None:
    row = hears(hears(None, REAL_TIME, offset=1).row, receipt(), offset=2).row
    kept = row.posts[REAL_TIME.post_id]
    assert (kept.post, kept.alert_id, kept.level, kept.at) == (None, REAL_TIME.alert.alert_id, "real_time", NOW)


def test_what_waits_outlives_what_is_settled_beyond_the_bound() -> None:
    desk, start = Desk(channels=WEBHOOK), at("2026-03-03 10:00")
    desk.answers = False
    desk.hears(post(1, start))
    desk.answers = True
    for n in range(2, 302):
        desk.folds(post(n, start + n))
    assert desk.row is not None
    assert len(desk.row.posts) == 257
    assert desk.row.posts[post(1, start).post_id].post is not None
    assert post(45, start).post_id not in desk.row.posts
    assert post(46, start).post_id in desk.row.posts
    assert desk.bounds == []


def test_the_oldest_entries_of_the_digest_leave_first_and_it_is_said_so() -> None:
    desk, start = Desk(), at("2026-03-03 10:00")
    desk.answers = False
    desk.folds(post(1, start))
    desk.folds(*(post(n, start + n, level="digest") for n in range(2, 97)))
    assert desk.bounds == []
    desk.folds(post(97, start + 97, level="digest"))
    assert desk.row is not None
    waiting = {kept.alert_id for kept in desk.row.posts.values() if kept.post is not None}
    assert (len(waiting), desk.bounds) == (96, ["posts"])
    assert post(1, start).alert.alert_id in waiting
    assert post(2, start).alert.alert_id not in waiting
    assert post(3, start).alert.alert_id in waiting


def test_times_come_with_messages_only() -> None:
    desk = Desk(BERLIN, channels=SLOW)
    desk.hears(post(1, at("2026-03-03 20:00")))
    assert desk.row is not None
    assert (desk.row.as_of, desk.row.wake_at) == (at("2026-03-03 20:00"), at("2026-03-04 09:00"))
