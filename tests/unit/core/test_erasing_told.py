"""What others were told of somebody who is erased: that they left, and no more; what stands somewhere is edited."""

from itertools import permutations
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import AlertCard
from schemas.ids import lead_news_id_of, news_recipient_of
from schemas.posts import AlertUpdate, Edit, LeadNews, Post, Receipt
from schemas.signals import AlertAction, PersonErased
from schemas.touches import EraseOrder, Tick
from streams.core.effects import Effects
from streams.core.lead.audiences import MAX_MOVES
from streams.core.lead.fold import fold
from streams.core.recipient import fold as recipient
from streams.core.recipient.row import Recipient
from streams.core.rows import ERASING, ROWS
from streams.core.rules import Rules, load_rules
from tests.unit.core.made import ANN, DAY, NAMING, NOW, RULES, example_files
from tests.unit.core.test_erasing import ANNS, came_back
from tests.unit.core.told import LeadStory, browser, did, hits, read
from tests.unit.core.told_hours import BOTH
from tests.unit.core.whole import WholeCore

TO = news_recipient_of(ANN)
ORDER = EraseOrder(to=ANN, lead_id=ANN, at=NOW + DAY, actor="Olga")
READ = browser(did(read("/pricing", NOW), points=hits("pricing_page", NOW, NOW - DAY)), offset=1, known_at=NOW)


def rules_with(*names: str, silent: str = "") -> Rules:
    """Audiences of everybody with an address; nobody is told of `silent`."""
    told = [f'[[audience]]\nname = "{one}"\nlabel = "L"\nannounce = {str(one != silent).lower()}\n'
            'when = { field = "trait.email", op = "known", value = true }\n' for one in names]  # fmt: skip
    text = 'announce = ["lead.stage_changed"]\nchannels = ["webhook"]\n' + "".join(told)
    return load_rules(example_files() | {"audiences.toml": text}, naming=NAMING)


WITH = rules_with("warm", "quiet", "known", silent="quiet")


def news(effects: Effects) -> list[tuple[str, str]]:
    return [(one.kind, one.audience) for one in effects.posts if isinstance(one, LeadNews)]


def erased(rules: Rules = WITH) -> LeadStory:
    story = LeadStory(rules)
    story.hears(READ)
    folded = fold(ANN, story.row, [ORDER], version=Version(0, 2), rules=rules)
    story.row, story.last = folded.row, folded.effects
    return story


def test_who_is_erased_leaves_every_audience_and_whoever_follows_one_is_told() -> None:
    story = erased()
    assert news(story.last) == [("audience.left", "known"), ("audience.left", "warm")]
    assert story.last.posts[-1] == PersonErased(to=TO, lead_id=ANN)
    assert story.last.leads == ()
    assert {one.audience: one.is_in for one in reversed(story.row.audience_moves)} == dict.fromkeys(
        ("warm", "quiet", "known"), False
    )


def test_it_is_told_again_with_the_same_ids_where_the_order_comes_again_and_never_later() -> None:
    story = erased()
    again = fold(ANN, story.row, [ORDER], version=Version(0, 2), rules=WITH)
    assert again.row == story.row
    assert [one for one in again.effects.posts if isinstance(one, LeadNews)] == list(story.last.posts[:-1])
    row = story.row
    later = (ORDER, READ, Tick(to=ANN, at=NOW + 3 * DAY), Tick(to=ANN, at=NOW + 40 * DAY), READ, ORDER)
    for offset, message in enumerate(later, 3):
        row, said = fold(ANN, row, [message], version=Version(0, offset), rules=WITH)
        assert news(said) == []
    assert row.audience_moves == ()


def test_what_was_decided_before_a_crash_is_announced_by_the_erased_row() -> None:
    """Its message comes again, and the row says all that it made; what waits at the webhook's row decides."""
    story = erased()
    _, said = fold(ANN, story.row, [READ, ORDER], version=Version(0, 0), rules=WITH)
    assert ("audience.entered", "warm") in news(said)
    assert ("lead.stage_changed", "") in news(said)
    assert news(said)[-2:] == [("audience.left", "known"), ("audience.left", "warm")]


def test_of_more_audiences_than_are_kept_every_one_is_told() -> None:
    many = [f"a{number}" for number in range(MAX_MOVES + 4)]
    told = news(erased(rules_with(*many)).last)
    assert sorted(name for kind, name in told if kind == "audience.left") == sorted(many)


def test_a_lead_that_was_in_none_tells_nobody() -> None:
    folded = fold(ANN, None, [ORDER], version=Version(0, 1), rules=WITH)
    assert folded.effects.posts == (PersonErased(to=TO, lead_id=ANN),)


# ─── the row where its news wait


def of(kind: Any, number: int) -> LeadNews:
    return LeadNews(to=TO, post_id=lead_news_id_of(kind, ANN, number), kind=kind, lead_id=ANN, at=NOW + number,
                    audience="warm", version=Version(0, number))  # fmt: skip


ENTERED, MOVED, LEFT = of("audience.entered", 1), of("lead.stage_changed", 2), of("audience.left", 3)
DONE = Receipt(to=TO, post_id=ENTERED.post_id, channel="webhook", outcome="sent", at=NOW + 9)
GONE = PersonErased(to=TO, lead_id=ANN)


def hears(row: Recipient | None, *messages: Any, offset: int) -> Any:
    return recipient.fold(TO, row, messages, version=Version(0, offset), rules=WITH, channels=frozenset({"webhook"}))


@pytest.mark.parametrize("order", list(permutations((ENTERED, MOVED, LEFT, DONE, GONE)))[::3])
def test_in_any_order_only_that_it_left_waits(order: tuple[Any, ...]) -> None:
    row = None
    for offset, message in enumerate(order, 1):
        row = hears(row, message, offset=offset).row
    assert row is not None
    assert [one.news for one in row.news.values() if one.news is not None] == [LEFT]
    assert all(one.told for name, one in row.news.items() if name != LEFT.post_id)
    assert ROWS["recipients"].encode(row)[0] == ERASING
    row = hears(row, replace(DONE, post_id=LEFT.post_id), offset=9).row
    for offset, late in enumerate((ENTERED, MOVED, LEFT, of("audience.entered", 7)), 10):
        row, effects = hears(row, late, offset=offset)
        assert effects.dues == ()
    assert row.wake_at is None
    assert ROWS["recipients"].decode(ROWS["recipients"].encode(row)) == row


def test_the_whole_core_tells_that_she_left_once_and_then_nothing() -> None:
    core = WholeCore(WITH)
    core.hears("leads", READ)
    core.hears("leads", ORDER)

    def told() -> list[str]:
        return [one.post.kind for one in core.dues if isinstance(one.post, LeadNews)]

    assert told().count("audience.left") == 2
    before = told()
    core.hears("leads", ORDER, READ)
    core.wait(NOW + 60 * DAY)
    assert told() == before
    assert core.rows["recipients"][TO].wake_at is None


# ─── alerts that stand somewhere


def updated(core: WholeCore, before: AlertCard) -> AlertUpdate:
    """What recipients hear of the alert."""
    [card] = core.alerts.values()
    assert card.version > before.version
    return AlertUpdate(to="rep:1", alert=card, scrubbed=True)


@pytest.mark.parametrize("action", ["claim", "dismiss"])
def test_where_an_alert_stands_it_is_edited_to_one_without_the_person(action: Any) -> None:
    """Its status is the same as before: only who is on it has changed."""
    core = came_back()
    [raised] = core.alerts.values()
    reason = "no" if action == "dismiss" else ""
    core.hears("accounts", AlertAction(to="acme.example", alert_id=raised.alert_id, action=action, reason=reason,
                                       actor="Rita", at=NOW))  # fmt: skip
    [acted] = core.alerts.values()
    core.hears("leads", ORDER)
    scrubbed = updated(core, acted)
    assert (scrubbed.alert.status, scrubbed.alert.updates) == (acted.status, acted.updates + 1)
    row, edits = None, []
    post = Post(to="rep:1", post_id="po_1", level="real_time", at=NOW, alert=raised)
    sent = [Receipt(to="rep:1", post_id="po_1", channel=one, outcome="sent", at=NOW) for one in sorted(BOTH)]
    told = [post, *sent, AlertUpdate(to="rep:1", alert=acted), scrubbed, scrubbed]
    for offset, message in enumerate(told):
        row, effects = recipient.fold("rep:1", row, [message], version=Version(0, offset), rules=RULES, channels=BOTH,
                                      editing=frozenset({"webhook"}))  # fmt: skip
        edits += [(one.channel, one.post.alert) for one in effects.dues if isinstance(one.post, Edit)]
    assert [channel for channel, _ in edits] == ["webhook", "webhook"]
    assert edits[-1][1] == scrubbed.alert
    assert row is not None
    assert ANNS.encode() not in ROWS["recipients"].encode(row)


def test_every_update_of_a_scrubbed_alert_says_that_it_is() -> None:
    """Whoever has it waiting keeps the newest card, whichever of two updates comes through."""
    core = came_back()
    core.hears("leads", ORDER)
    heard: list[AlertUpdate] = []
    say = core._say

    def listens(effects: Effects) -> None:
        heard.extend(one for one in effects.posts if isinstance(one, AlertUpdate))
        say(effects)

    core._say = listens  # type: ignore[method-assign]
    [alert] = core.alerts.values()
    core.hears("accounts", AlertAction(to="acme.example", alert_id=alert.alert_id, action="claim", actor="Rita",
                                       at=NOW + 2 * DAY))  # fmt: skip
    assert [(one.alert.status, one.scrubbed) for one in heard] == [("claimed", True)]
