"""Accounts: any order, copies, blocks and crashes give the same card; alerts are raised and posted once.

Alerts are threshold decisions: in another order another moment may raise them, or another level be reached on the way.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import AccountCard, AlertCard
from schemas.ids import alert_id_of
from schemas.posts import Post
from schemas.signals import AlertAction
from schemas.touches import Disposition
from streams.core.account import fold as account
from streams.core.account.fold import Account
from streams.core.effects import Effects
from streams.core.errors import CoreError
from streams.core.rows import ROWS
from tests.unit.core import told_at_random as some
from tests.unit.core.made import HOUR, NOW, RULES
from tests.unit.core.told import ACME

ZERO = Version(0, 0)
ACCOUNTS = ROWS["accounts"]


def accounts(
    blocks: Sequence[Sequence[Any]], row: Account | None = None, *, start: int = 0
) -> tuple[list[Account], list[Effects]]:
    rows: list[Account] = []
    said: list[Effects] = []
    for offset, block in enumerate(blocks, start):
        try:
            row, effects = account.fold(ACME, row, block, version=Version(0, offset), rules=RULES)
        except CoreError:
            assert row is not None  # only actions are refused, and they stand alone
            effects = Effects()
        rows.append(row)
        said.append(effects)
    return rows, said


def card_of(row: Account) -> AccountCard:
    return account.fold(ACME, row, [], version=row.version, rules=RULES).effects.accounts[0]


def shown(row: Account) -> AccountCard:
    """The card without its alerts, and without what their closing took from R."""
    resets = any(one.reset_at for one in row.episodes)
    card = replace(card_of(row), version=ZERO, alerts=(), wake_at=None, reopenings=())
    return replace(card, strength=None, members=()) if resets else card


@settings(max_examples=60)
@given(sent=some.signals(), data=st.data())
def test_order_copies_and_blocks_do_not_matter_to_an_account(sent: list[Any], data: st.DataObject) -> None:
    if not sent:
        return
    one, other = accounts([sent])[0][-1], accounts(data.draw(some.arrivals(sent)))[0][-1]
    assert (other.as_of, other.members, other.deals) == (one.as_of, one.members, one.deals)
    assert (other.networks, other.records, other.intent, other.absorbed) == (
        one.networks, one.records, one.intent, one.absorbed,
    )  # fmt: skip
    if not any(row.reset_at for row in (*one.episodes, *other.episodes)):
        assert shown(other) == shown(one)


@settings(max_examples=60)
@given(sent=some.signals(), data=st.data())
def test_alerts_say_what_adds_up_and_are_posted_once(sent: list[Any], data: st.DataObject) -> None:
    rows, said = accounts(data.draw(some.arrivals(sent)))
    posts = [post for one in said for post in posts_of(one)]
    assert all(count == 1 for count in Counter(post.post_id for post in posts).values())
    levels = Counter((post.alert.alert_id, post.level) for post in posts if post.occasion == "raised")
    assert all(count == 1 for count in levels.values())
    broke = [(post.alert.deal.deal_id, one) for post in posts for one in post.detail.split(", ")
             if post.occasion == "broke_through"]  # fmt: skip
    assert len(broke) == len(set(broke))
    held: dict[str, AlertCard] = {}
    for effects in said:
        for alert in effects.alerts:
            before = held.get(alert.alert_id, alert)
            assert alert.alert_id == alert_id_of(alert.deal.deal_id, alert.episode)
            assert (alert.raised_at, alert.episode) == (before.raised_at, before.episode)
            assert alert.level >= before.level  # "digest" < "real_time"
            assert alert.updates >= before.updates
            whole = sum(line.strength for line in alert.strength.lines)
            assert alert.strength.strength == (whole // 2 if alert.strength.halved else whole)
            held[alert.alert_id] = alert
    numbers = {(alert.deal.deal_id, alert.episode) for alert in held.values()}
    for deal_id, number in numbers:
        assert number == 1 or (deal_id, number - 1) in numbers
    for row in rows:
        assert len(row.members) <= 128
        assert len(row.episodes) <= 18
        assert row.wake_at is None or row.wake_at > row.as_of
        assert sum(one.status in ("open", "claimed") for one in row.episodes) <= 1


@settings(max_examples=60)
@given(sent=some.signals(), data=st.data())
def test_a_crash_at_any_point_neither_loses_nor_doubles_an_alert(sent: list[Any], data: st.DataObject) -> None:
    """Also where people act on alerts in between."""
    blocks = with_actions(data.draw(some.arrivals(sent)), data)
    rows, said = accounts(blocks)
    committed, survived, got_out = data.draw(some.crashes(len(blocks)))
    restored = ACCOUNTS.decode(ACCOUNTS.encode(rows[survived - 1])) if survived else None
    rows_again, said_again = accounts(blocks[committed:], restored, start=committed)
    heard = [
        *said[:committed],
        *(one for one, out in zip(said[committed:survived], got_out, strict=True) if out),
        *said_again,
    ]
    if rows:
        assert (rows_again or [restored])[-1] == rows[-1]
        assert {post.post_id for one in heard for post in posts_of(one)} == {
            post.post_id for one in said for post in posts_of(one)
        }
        assert {touch for one in heard for touch in orders_of(one)} == {
            touch for one in said for touch in orders_of(one)
        }
        assert newest_alerts(heard) == newest_alerts(said)


def with_actions(blocks: list[list[Any]], data: st.DataObject) -> list[list[Any]]:
    """The blocks, with actions on alerts that were raised before them."""
    told: list[list[Any]] = []
    row: Account | None = None
    for block in blocks:
        known = [] if row is None else [one.card.alert_id for one in row.episodes]
        more = [block]
        if known and data.draw(st.booleans()):
            at = NOW + data.draw(st.integers(0, 60)) * HOUR + len(told)
            more = [[data.draw(some.actions(known, at=at))], block]
        row = accounts(more, row, start=len(told))[0][-1]
        told += more
    return told


@settings(max_examples=60)
@given(sent=some.signals(), data=st.data())
def test_an_action_again_changes_nothing_and_what_is_closed_stays_closed(sent: list[Any], data: st.DataObject) -> None:
    """Whatever is pressed twice, at once or later, counts once; of two answers the first to arrive decides."""
    blocks = with_actions(data.draw(some.arrivals(sent)), data)
    pressed = [block for block in blocks if isinstance(block[0], AlertAction)]
    rows, _ = accounts(blocks)
    again, said = accounts(data.draw(st.permutations(pressed)), rows[-1] if rows else None, start=len(blocks))
    if rows and again:
        before = {one.card.alert_id: one for one in rows[-1].episodes if one.card.counts is not None}
        after = {one.card.alert_id: one for one in again[-1].episodes}
        assert {alert_id: after[alert_id].card for alert_id in before} == {
            alert_id: one.card for alert_id, one in before.items()
        }
        assert {alert_id: after[alert_id].orders for alert_id in before} == {
            alert_id: one.orders for alert_id, one in before.items()
        }
        assert {post.post_id for one in said for post in posts_of(one) if post.occasion == "raised"} == set()


def orders_of(effects: Effects) -> list[tuple[str, str, str]]:
    return [(one.to, one.milestone_id, one.reason) for one in effects.touches if isinstance(one, Disposition)]


def posts_of(effects: Effects) -> list[Post]:
    return [post for post in effects.posts if isinstance(post, Post)]


def newest_alerts(said: Sequence[Effects]) -> dict[str, AlertCard]:
    held: dict[str, AlertCard] = {}
    for alert in (alert for effects in said for alert in effects.alerts):
        if alert.alert_id not in held or alert.version >= held[alert.alert_id].version:
            held[alert.alert_id] = alert
    return held
