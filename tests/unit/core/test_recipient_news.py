"""News of leads: due to the webhook until its receipt is here, in whatever order they come."""

from itertools import permutations
from typing import Any

from schemas.activity import Version
from schemas.ids import lead_news_id_of, news_recipient_of
from schemas.posts import LeadNews, Receipt
from schemas.touches import Tick
from streams.core.effects import Folded
from streams.core.recipient import fold as recipient
from streams.core.recipient.fold import Recipient
from streams.core.recipient.news import MAX_SETTLED, MAX_WAITING
from tests.unit.core.made import ANN, NOW, RULES

TO = news_recipient_of(ANN)
REPEAT_MS = RULES.routing.rules.repeat_after_s * 1_000


def hears(
    row: Recipient | None, *messages: Any, offset: int, names: tuple[str, ...] = ("webhook",)
) -> Folded[Recipient]:
    return recipient.fold(TO, row, messages, version=Version(0, offset), rules=RULES, channels=frozenset(names))


def news(number: int, *, at: int = NOW) -> LeadNews:
    return LeadNews(
        to=TO, post_id=lead_news_id_of("audience", ANN, number), kind="audience.entered", lead_id=ANN, at=at,
        audience="warm", version=Version(0, number),
    )  # fmt: skip


def receipt(number: int, outcome: Any = "sent") -> Receipt:
    return Receipt(to=TO, post_id=news(number).post_id, channel="webhook", outcome=outcome, at=NOW + 1)


def due(folded: Folded[Recipient]) -> list[tuple[str, str]]:
    return [(one.channel, one.post.post_id) for one in folded.effects.dues]


def test_news_are_due_at_once_and_again_until_a_receipt_is_here() -> None:
    told = hears(None, news(1), offset=1)
    assert due(told) == [("webhook", news(1).post_id)]
    assert told.row.wake_at == NOW + REPEAT_MS
    early = hears(told.row, Tick(to=TO, at=NOW + REPEAT_MS - 1), offset=2)
    assert due(early) == []
    late = hears(early.row, Tick(to=TO, at=NOW + REPEAT_MS), offset=3)
    assert due(late) == due(told)
    done = hears(late.row, receipt(1), offset=4)
    assert (due(done), done.row.wake_at) == ([], None)
    assert due(hears(done.row, Tick(to=TO, at=NOW + 9 * REPEAT_MS), offset=5)) == []


def test_a_refusal_is_final_too() -> None:
    refused = hears(hears(None, news(1), offset=1).row, receipt(1, "refused"), offset=2)
    assert refused.row.wake_at is None


def test_a_message_that_comes_again_says_the_same_again_and_changes_nothing() -> None:
    told = hears(None, news(1), offset=1)
    again = hears(told.row, news(1), offset=1)
    assert (again.row, due(again)) == (told.row, due(told))
    done = hears(told.row, receipt(1), offset=2)
    later = hears(done.row, news(1), offset=3)
    assert due(later) == []
    assert later.row.news == done.row.news


def test_where_nobody_listens_nothing_is_waited_for() -> None:
    told = hears(None, news(1), offset=1, names=())
    assert (due(told), told.row.wake_at) == ([], None)


def test_receipts_before_their_news_and_any_order_end_in_the_same() -> None:
    messages = [news(1), receipt(1), news(2, at=NOW + 5), receipt(2)]
    ends = []
    for order in permutations(messages):
        row: Recipient | None = None
        for offset, message in enumerate(order, 1):
            row = hears(row, message, offset=offset).row
        assert row is not None
        ends.append({name: (one.news, one.told, dict(one.outcomes)) for name, one in sorted(row.news.items())})
        assert row.wake_at is None
    assert all(one == ends[0] for one in ends)


def test_too_many_are_bounded_and_said_to_be() -> None:
    many = [news(number, at=NOW + number) for number in range(MAX_WAITING + 10)]
    folded = hears(None, *many, offset=1)
    assert len(folded.row.news) == MAX_WAITING
    assert folded.effects.approximated == ("news",)
    row = folded.row
    for number in range(MAX_WAITING + 10):
        row = hears(row, receipt(number), offset=2 + number).row
    assert len(row.news) <= MAX_SETTLED
