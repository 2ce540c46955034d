"""A recipient: what is due on which channel, until its receipt is here."""

from typing import Any

from schemas.activity import Version
from schemas.ids import post_id_of
from schemas.posts import Post, Receipt
from schemas.touches import Tick
from streams.core import recipient
from streams.core.effects import NOTHING, Folded
from streams.core.recipient import Recipient
from streams.core.rules import Rules, load_rules
from tests.unit.core.made import NAMING, NOW, RULES, files
from tests.unit.core.told import OWNER
from tests.unit.core.told_posts import DIGEST, REAL_TIME

TO = OWNER.recipient_id
WEBHOOK = frozenset({"webhook"})
MINUTE = 60_000


def hears(
    row: Recipient | None, *messages: Any, offset: int, rules: Rules = RULES, names: frozenset[str] = WEBHOOK
) -> Folded[Recipient]:
    return recipient.fold(TO, row, messages, version=Version(0, offset), rules=rules, channels=names)


def receipt(outcome: Any = "sent", *, post: Post = REAL_TIME, channel: str = "webhook", at: int = NOW + 1) -> Receipt:
    return Receipt(to=TO, post_id=post.post_id, channel=channel, outcome=outcome, at=at)


def due(folded: Folded[Recipient]) -> list[tuple[str, str]]:
    return [(one.channel, one.post.level) for one in folded.effects.dues]


def test_ids_follow_from_alert_level_and_recipient() -> None:
    assert REAL_TIME.post_id == post_id_of(REAL_TIME.alert.alert_id, "real_time", TO)
    assert (DIGEST.level, REAL_TIME.level, DIGEST.to, REAL_TIME.to) == ("digest", "real_time", TO, TO)


def test_a_real_time_post_is_due_on_the_channels_that_take_it_and_a_digest_on_none() -> None:
    assert due(hears(None, DIGEST, REAL_TIME, offset=1)) == [("webhook", "real_time")]
    assert due(hears(None, REAL_TIME, offset=1, names=frozenset())) == []


def test_which_channels_take_which_level_is_a_rule() -> None:
    told = files()
    told["routing.toml"] = told["routing.toml"].replace("digest = []", 'digest = ["memory", "webhook"]')
    rules = load_rules(told, naming=NAMING)
    names = frozenset({"webhook", "memory"})
    assert due(hears(None, DIGEST, offset=1, rules=rules, names=names)) == [("memory", "digest"), ("webhook", "digest")]


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


def test_a_receipt_of_another_channel_does_not_settle_this_one() -> None:
    row = hears(hears(None, REAL_TIME, offset=1).row, receipt(channel="slack"), offset=2).row
    assert row.wake_at == NOW + MINUTE


def test_what_waits_outlives_what_is_settled_beyond_the_bound() -> None:
    row = hears(None, REAL_TIME, offset=1).row
    for n in range(200):
        one = Post(to=TO, post_id=f"po_{n}", level="real_time", at=NOW + n + 1, alert=REAL_TIME.alert)
        row = hears(row, one, receipt(post=one), offset=n + 2).row
    assert len(row.posts) == 128
    assert REAL_TIME.post_id in row.posts
