"""What became of an alert edits it where it was told: at once, once, and nothing new is told anywhere."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.activity import Version
from schemas.posts import Digest, Edit
from schemas.touches import Tick
from streams.core.recipient import fold as recipient
from streams.core.rows import ROWS
from tests.unit.core.made import DAY
from tests.unit.core.told_hours import BERLIN, BOTH, MINUTE, RULES, SLOW, Desk, at, post, update

NONE = Version(-1, 0)
MORNING, EVENING = at("2026-03-03 10:00"), at("2026-03-03 20:00")


def edits(desk: Desk) -> list[str]:
    return [one for one in desk.told if " edit " in one]


def told(*, editing: frozenset[str] = SLOW, channels: frozenset[str] = SLOW) -> Desk:
    """A rep who heard of the first alert in the morning."""
    desk = Desk(channels=channels, editing=editing)
    desk.hears(post(1, MORNING))
    return desk


def test_a_claim_edits_the_message_at_once_whatever_the_hour_and_only_once() -> None:
    desk = told()
    desk.hears(update(1, "claimed", by="sam", when=EVENING))
    assert desk.told == ["03-03 10:00 memory real_time a1 raised", "03-03 20:00 memory edit a1 claimed"]
    desk.hears(update(1, "claimed", by="sam", when=EVENING))
    desk.runs(EVENING + DAY)
    assert len(desk.told) == 2
    assert desk.row is not None
    assert desk.row.edits == {}


def test_each_change_edits_it_again_until_it_is_closed() -> None:
    desk = told()
    for offset, status in enumerate(("claimed", "snoozed", "open", "done"), 2):
        desk.hears(update(1, status, by="sam", when=EVENING + offset * MINUTE, offset=offset))
    assert [one.rpartition(" ")[2] for one in edits(desk)] == ["claimed", "snoozed", "open", "done"]


def test_a_card_that_reads_the_same_edits_nothing() -> None:
    desk = told()
    for offset in (2, 3, 4):
        desk.hears(update(1, "claimed", by="sam", when=EVENING + offset, offset=offset))
    assert len(edits(desk)) == 1


def test_the_end_of_a_hold_edits_it_for_its_buttons_are_others() -> None:
    desk, held = told(), update(1, "claimed", by="sam", when=EVENING, offset=2)
    desk.hears(replace(held, alert=replace(held.alert, hold_until=EVENING + DAY)))
    desk.hears(update(1, "claimed", by="sam", when=EVENING + DAY, offset=3))
    assert edits(desk) == ["03-03 20:00 memory edit a1 claimed", "03-04 20:00 memory edit a1 claimed"]


def test_a_channel_that_cannot_edit_hears_nothing() -> None:
    desk = told(channels=BOTH, editing=frozenset({"webhook"}))
    desk.hears(update(1, "claimed", by="sam", when=EVENING))
    assert edits(desk) == ["03-03 20:00 webhook edit a1 claimed"]
    plain = told(editing=frozenset())
    plain.hears(update(1, "claimed", by="sam", when=EVENING))
    assert len(plain.told) == 1
    assert plain.row is not None
    assert plain.row.edits == {}


def test_who_was_told_nothing_has_nothing_to_edit() -> None:
    desk = Desk(editing=SLOW)
    desk.hears(post(1, EVENING))  # waits for the morning
    desk.hears(update(1, "claimed", by="sam", when=EVENING + MINUTE))
    desk.runs(EVENING + DAY)
    assert desk.told == []


def test_an_alert_in_a_digest_is_no_message_of_its_own() -> None:
    desk = Desk(editing=SLOW)
    desk.hears(post(1, EVENING, level="digest"))
    desk.runs(at("2026-03-04 08:30"))
    desk.hears(update(1, "claimed", by="sam", when=at("2026-03-04 09:00")))
    assert desk.told == ["03-04 08:30 memory digest of a1"]


def test_the_edit_of_a_message_that_is_under_way_follows_it() -> None:
    desk = Desk(editing=SLOW)
    desk.answers = False
    desk.hears(post(1, MORNING))
    desk.hears(update(1, "claimed", by="sam", when=MORNING + 1))
    assert edits(desk) == []
    desk.folds(desk.receipt(desk.dues[0]))
    assert edits(desk) == ["03-03 10:00 memory edit a1 claimed"]


def test_what_was_refused_is_not_edited() -> None:
    desk = Desk(editing=SLOW)
    desk.answers = False
    desk.hears(post(1, MORNING))
    desk.folds(desk.receipt(desk.dues[0], "refused"))
    desk.hears(update(1, "claimed", by="sam", when=MORNING + 1))
    assert edits(desk) == []
    assert desk.row is not None
    assert desk.row.edits == {}


def test_an_edit_without_a_receipt_is_due_again_and_the_newer_one_takes_its_place() -> None:
    desk = told()
    desk.answers = False
    desk.hears(update(1, "claimed", by="sam", when=EVENING, offset=2))
    assert desk.row is not None
    assert desk.row.wake_at is not None
    desk.folds(Tick(to=BERLIN, at=desk.row.wake_at))
    assert [one.rpartition(" ")[2] for one in edits(desk)] == ["claimed"] * 2
    desk.hears(update(1, "done", when=EVENING + 9 * MINUTE, offset=3))
    late = next(due for due in desk.dues if isinstance(due.post, Edit))
    desk.folds(desk.receipt(late))  # of the claim: the end is still owed
    assert desk.row is not None
    assert list(desk.row.edits) == [late.post.alert.alert_id] if isinstance(late.post, Edit) else False
    desk.folds(desk.receipt(desk.dues[-1]))
    assert (desk.row.edits, desk.row.wake_at) == ({}, None)


def test_a_worker_that_ends_before_it_is_said_says_it_again_and_after_the_receipt_no_more() -> None:
    desk = told()
    desk.answers = False
    change = update(1, "claimed", by="sam", when=EVENING)
    effects = desk.hears(change)
    assert desk.row is not None
    again = recipient.fold(
        BERLIN, desk.row, [change], version=desk.row.version, rules=RULES, channels=SLOW, editing=SLOW
    )
    assert (again.row, again.effects.dues) == (desk.row, effects.dues)
    before = desk.row.version
    desk.folds(desk.receipt(desk.dues[-1]))
    over = recipient.fold(BERLIN, desk.row, [change], version=before, rules=RULES, channels=SLOW, editing=SLOW)
    assert over.effects.dues == ()


def test_edits_count_for_nothing() -> None:
    """Neither of a day's real-time messages nor of the digest."""
    desk = told()
    before = desk.row
    desk.hears(update(1, "claimed", by="sam", when=MORNING + MINUTE))
    assert before is not None
    assert desk.row is not None
    assert (desk.row.told_today, desk.row.posts, desk.row.digests) == (before.told_today, before.posts, before.digests)


def test_a_row_of_a_former_release_says_what_it_knows() -> None:
    """Its row has no edits yet."""
    desk = told()
    assert desk.row is not None
    codec = ROWS["recipients"]
    assert codec.decode(codec.encode(desk.row)) == desk.row


@st.composite
def doings(draw: st.DrawFn) -> list[Any]:
    n = st.integers(1, 3)
    when = st.integers(0, 20).map(lambda hour: MORNING + hour * 3_600_000)
    posts = st.builds(lambda n, when, offset: post(n, when, offset=offset), n, when, st.integers(1, 3))
    changes = st.builds(
        lambda n, status, when, offset: update(n, status, by=f"by{offset}", when=when, offset=offset),
        n, st.sampled_from(("open", "claimed", "snoozed", "done")), when, st.integers(1, 6),
    )  # fmt: skip
    return draw(st.lists(st.one_of(posts, changes), min_size=1, max_size=14))


@settings(max_examples=120, deadline=None)
@given(doings())
def test_whatever_comes_in_any_order_every_edit_is_of_something_told_and_none_is_left_over(said: list[Any]) -> None:
    desk = Desk(channels=BOTH, editing=BOTH)
    for one in said:
        desk.hears(one)
    desk.runs(MORNING + 3 * DAY)
    assert desk.row is not None
    assert desk.row.edits == {}
    names: set[tuple[str, str]] = set()
    shown: dict[tuple[str, str], Version] = {}
    for due in desk.dues:
        if isinstance(due.post, Digest):
            continue
        place = (due.channel, due.post.alert.alert_id)
        if isinstance(due.post, Edit):
            assert due.post.alert.version > shown[place]
            assert (due.channel, due.post.post_id) not in names
            names.add((due.channel, due.post.post_id))
            shown[place] = due.post.alert.version
        else:  # its card may be newer or older: where it stands the newest wins
            shown.setdefault(place, NONE)
