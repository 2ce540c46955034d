"""Recipients: any order, copies and blocks give the same row but for when it told what; dues come once, none is lost.

When something is told is decided with what is known then, so that may differ with the order. That it is told does not.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.activity import Version
from schemas.posts import AlertUpdate, Digest, Outlook, Post, Receipt
from schemas.touches import Tick
from streams.core.effects import Effects
from streams.core.recipient import fold as recipient
from streams.core.recipient.fold import Recipient
from streams.core.rows import ROWS
from tests.unit.core import told_at_random as some
from tests.unit.core.made import DAY, HOUR
from tests.unit.core.told_hours import BERLIN, BOTH, DORA, MINUTE, RULES, Desk, absence, at, outlook, post, update

RECIPIENTS = ROWS["recipients"]
START = at("2026-03-02 07:00")
END = at("2026-04-20 12:00")
FINAL = {"digested", "passed_on", "left_out", "message"}
moments = st.builds(
    lambda day, hour: START + day * DAY + hour * HOUR, st.integers(0, 9), st.sampled_from((0, 1, 2, 3, 11, 20))
)
levels = st.sampled_from(("real_time", "real_time", "digest"))
occasions = st.sampled_from(("raised", "raised", "copy", "broke_through", "reminder", "deputy"))


@st.composite
def posts(draw: st.DrawFn) -> Post:
    """Few alerts; one post_id always says the same but for how new its card is."""
    n = draw(st.integers(1, 12))
    when = START + (n * 7 % 9) * DAY + (n % 3) * HOUR
    return post(
        n, when, level=draw(levels), occasion=draw(occasions), offset=draw(st.integers(1, 3)), fast_pass=n == 12
    )


updates = st.builds(
    lambda n, status, when, offset: update(n, status, by=f"by{offset}", when=when, offset=offset),
    st.integers(1, 6), st.sampled_from(("open", "claimed", "done")), st.just(START), st.integers(1, 5),
)  # fmt: skip
outlooks = st.builds(
    lambda n, date, offset: outlook(n, START, hold=date if offset % 3 else None, gone=offset == 3, offset=offset),
    st.integers(1, 3), st.just(START + 20 * DAY), st.integers(1, 4),
)  # fmt: skip
absences = st.builds(
    lambda begins, days, deputy, when: absence(begins, begins + days * DAY, deputy=deputy, when=when),
    moments, st.integers(0, 6), st.sampled_from(("", DORA, BERLIN)), st.sampled_from((START, START + 1)),
)  # fmt: skip
ticks = st.builds(lambda when: Tick(to=BERLIN, at=when), moments)
receipts = st.builds(
    lambda one, channel, outcome: Receipt(
        to=BERLIN, post_id=one.post_id, channel=channel, outcome=outcome, at=START
    ),
    posts(), st.sampled_from(("memory", "webhook")), st.sampled_from(("sent", "refused")),
)  # fmt: skip
anything = st.one_of(posts(), posts(), posts(), updates, outlooks, absences, ticks)
doings = st.lists(anything, min_size=1, max_size=24)


def folded(
    blocks: Sequence[Sequence[Any]], row: Recipient | None = None, *, start: int = 0
) -> tuple[list[Recipient], list[Effects]]:
    rows: list[Recipient] = []
    said: list[Effects] = []
    for offset, block in enumerate(blocks, start):
        row, effects = recipient.fold(BERLIN, row, block, version=Version(0, offset), rules=RULES, channels=BOTH)
        rows.append(row)
        said.append(effects)
    return rows, said


def joined(row: Recipient) -> Any:
    """All of a row that does not say when something was told. One version of an update says one thing, and so on."""
    return (
        row.as_of,
        row.absence,
        {name: (kept.at, kept.alert_id, kept.level, kept.outcomes) for name, kept in row.posts.items()},
        {name: one.version for name, one in row.became.items()},
        {name: (one.version, one.outlook) for name, one in row.outlooks.items()},
    )


@settings(max_examples=150)
@given(sent=st.lists(st.one_of(anything, receipts), min_size=1, max_size=24), data=st.data())
def test_order_copies_and_blocks_do_not_matter_to_what_a_recipient_knows(sent: list[Any], data: st.DataObject) -> None:
    assert joined(folded(data.draw(some.arrivals(sent)))[0][-1]) == joined(folded([sent])[0][-1])


@settings(max_examples=100)
@given(sent=doings, data=st.data())
def test_a_crash_at_any_point_changes_no_row_and_loses_no_due(sent: list[Any], data: st.DataObject) -> None:
    blocks = data.draw(some.arrivals(sent))
    rows, said = folded(blocks)
    committed, survived, got_out = data.draw(some.crashes(len(blocks)))
    restored = RECIPIENTS.decode(RECIPIENTS.encode(rows[survived - 1])) if survived else None
    again, said_again = folded(blocks[committed:], restored, start=committed)
    assert (again or [restored])[-1] == rows[-1]
    heard = [*said[:committed], *(one for one, out in zip(said[committed:survived], got_out, strict=True) if out)]
    heard += said_again
    assert names_of(heard) >= owed(rows[-1])
    assert passed(heard) == passed(said)


def names_of(said: Sequence[Effects]) -> set[tuple[str, str]]:
    return {(due.channel, due.post.post_id) for effects in said for due in effects.dues}


def passed(said: Sequence[Effects]) -> set[str]:
    return {one.post_id for effects in said for one in effects.posts if isinstance(one, Post)}


def owed(row: Recipient) -> set[tuple[str, str]]:
    """What is due and has no receipt."""
    waiting = {name: kept for name, kept in row.posts.items() if kept.post is not None}
    due = {("webhook", name) for name, kept in waiting.items() if "webhook" not in kept.outcomes}
    due |= {("memory", name) for name, kept in waiting.items() if kept.way == "message" and not kept.outcomes}
    return due | {("memory", name) for name in row.digests}


@settings(max_examples=150)
@given(sent=doings, data=st.data())
def test_each_due_comes_once_and_none_is_lost(sent: list[Any], data: st.DataObject) -> None:
    """Channels answer at once, the clock comes in time; at the end everything has become something."""
    desk = Desk(channels=BOTH)
    for block in data.draw(some.arrivals(sorted_in_time(sent))):
        if data.draw(st.booleans()):
            desk.hears(*block)
        else:
            desk.folds(*block)  # the clock is late
    desk.runs(END)
    assert desk.row is not None
    row = desk.row
    assert row.wake_at is None or row.wake_at > END
    assert all(count == 1 for count in Counter((due.channel, due.post.post_id) for due in desk.dues).values())
    ids = {one.post_id for one in sent if isinstance(one, Post)}
    assert {due.post.post_id for due in desk.dues if due.channel == "webhook"} == ids
    messages = [due.post for due in desk.dues if due.channel == "memory" and isinstance(due.post, Post)]
    digests = [due.post for due in desk.dues if isinstance(due.post, Digest)]
    shown = [one for digest in digests for one in digest.posts]
    assert not {one.post_id for one in messages} & {one.post_id for one in shown}
    assert {row.posts[name].way for name in ids} <= FINAL
    assert {name for name in ids if row.posts[name].way == "message"} <= {one.post_id for one in messages}
    plain = [one for one in shown if one.occasion not in ("broke_through", "reminder")]
    told = Counter((one.alert.alert_id, one.level) for one in plain)
    assert all(count == 1 for count in told.values())
    assert all(digest.posts or digest.ahead for digest in digests)
    deputised = {one.post_id for one in desk.sent if isinstance(one, Post)}
    assert len(deputised) == sum(kept.way == "passed_on" for kept in row.posts.values())


def sorted_in_time(sent: list[Any]) -> list[Any]:
    return sorted(sent, key=lambda one: one.alert.as_of if isinstance(one, AlertUpdate) else one.at)


@settings(max_examples=100)
@given(sent=doings)
def test_messages_come_in_business_hours_five_a_day_and_digests_in_the_morning(sent: list[Any]) -> None:
    desk = Desk(channels=BOTH)
    for one in sorted_in_time(sent):
        desk.hears(one)
    desk.runs(END)
    assert desk.row is not None
    counted: Counter[str] = Counter()
    for due, words in zip(desk.dues, desk.told, strict=True):
        day, clock = words.split()[:2]
        if due.channel == "webhook":
            continue
        if isinstance(due.post, Digest):
            assert clock == "08:30"
        elif not due.post.alert.fast_pass:
            assert "09:00" <= clock < "18:00"
            counted[day] += due.post.occasion != "reminder"
    assert all(count <= 5 for count in counted.values())


@settings(max_examples=60)
@given(sent=st.lists(st.one_of(posts(), updates), min_size=1, max_size=20), lost=st.lists(st.booleans(), max_size=40))
def test_without_receipts_a_due_comes_again_after_a_minute_and_no_sooner(sent: list[Any], lost: list[bool]) -> None:
    """Some receipts are lost on their way."""
    desk = Desk(channels=BOTH)
    desk.answers = False
    last: dict[tuple[str, str], int] = {}
    answered: set[tuple[str, str]] = set()
    ways = iter(lost)
    for one in [*sorted_in_time(sent), *(Tick(to=BERLIN, at=START + 10 * DAY + n * MINUTE) for n in range(45))]:
        if desk.row is not None and not isinstance(one, Tick):
            desk.folds(Tick(to=BERLIN, at=desk.row.as_of + MINUTE))
        said = desk.folds(one).dues
        assert desk.row is not None
        for due in said:
            name = (due.channel, due.post.post_id)
            assert name not in answered
            assert desk.row.as_of >= last.get(name, 0) + MINUTE
            last[name] = desk.row.as_of
        for due in said:
            if not next(ways, False):
                desk.folds(desk.receipt(due))
                answered.add((due.channel, due.post.post_id))
    assert owed(desk.row) == set()


@settings(max_examples=60)
@given(sent=st.lists(outlooks, min_size=1, max_size=8), data=st.data())
def test_what_is_ahead_is_told_once(sent: list[Outlook], data: st.DataObject) -> None:
    desk = Desk()
    for block in data.draw(some.arrivals(sent)):
        desk.folds(*block)
    desk.runs(END)
    digests = [due.post for due in desk.dues if isinstance(due.post, Digest)]
    told = Counter((one.account_id, one.reason) for digest in digests for one in digest.ahead)
    newest: dict[str, Outlook] = {}
    for one in sorted(sent, key=lambda one: one.version):
        newest[one.account_id] = one
    assert told == Counter((name, "hold_ends") for name, one in newest.items() if one.hold_ends_at and one.deal)
