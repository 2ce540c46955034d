import random

import pytest

from schemas.touches import Tick
from streams.engine.clock import OUTDATED_A_SECOND, SLACK, SLICE_MS, Clock
from streams.metrics import Metrics


class Desk:
    """A clock with its inboxes, and what it said."""

    def __init__(self) -> None:
        self.now = 100
        self.said: list[tuple[str, Tick]] = []
        self.clock = Clock({"leads": "touches"}, say=lambda topic, tick: self.said.append((topic, tick)),
                           now=lambda: self.now, metrics=Metrics())  # fmt: skip


def test_a_tick_says_the_due_time_and_beside_it_the_time_of_day() -> None:
    desk = Desk()
    desk.clock.note("leads", "ann", 150)
    assert desk.clock.due() == 0
    desk.now = 10_000
    assert desk.clock.due() == 1
    assert desk.said == [("touches", Tick(to="ann", at=150, now=10_000))]


def test_one_tick_for_each_due_time() -> None:
    desk = Desk()
    desk.clock.note("leads", "ann", 50)
    assert desk.clock.due() == 1
    desk.clock.note("leads", "ann", 50)  # the row was put again, and has not moved on yet
    assert desk.clock.due() == 0
    desk.clock.note("leads", "ann", 60)
    assert desk.clock.due() == 1


def test_a_row_that_moved_on_is_not_woken_at_its_former_time() -> None:
    desk = Desk()
    desk.clock.note("leads", "ann", 50)
    desk.clock.note("leads", "ann", 200)
    desk.clock.note("leads", "bob", 60)
    desk.clock.note("leads", "bob", None)
    assert desk.clock.due() == 0
    assert desk.clock.waiting("leads") == 1


def test_rows_wake_in_the_order_of_their_times() -> None:
    desk = Desk()
    for key, at in (("c", 30), ("a", 10), ("b", 20)):
        desk.clock.note("leads", key, at)
    desk.clock.due()
    assert [tick.to for _, tick in desk.said] == ["a", "b", "c"]


def test_stale_times_do_not_pile_up() -> None:
    desk = Desk()
    for at in range(1_000, 1_000 + 3 * SLACK):
        desk.clock.note("leads", "ann", at)
    assert len(desk.clock._heap) <= SLACK + 3


def outdated_desk(rows: int) -> Desk:
    desk = Desk()
    desk.now = 1_000_000
    for number in range(rows):
        desk.clock.note("leads", f"lead {number}", None, outdated=True)
    return desk


def test_rows_of_other_rules_are_woken_as_of_now_and_once() -> None:
    desk = outdated_desk(2)
    assert desk.clock.outdated("leads") == 2
    assert desk.clock.outdated("accounts") == 0
    assert desk.clock.due() == 2
    assert desk.said == [("touches", Tick(to=f"lead {number}", at=1_000_000, now=1_000_000)) for number in range(2)]
    assert desk.clock.outdated("leads") == 0
    desk.now += 10 * SLICE_MS
    assert desk.clock.due() == 0


def test_rows_of_other_rules_are_not_woken_all_at_once() -> None:
    a_slice = OUTDATED_A_SECOND * SLICE_MS // 1_000
    desk = outdated_desk(OUTDATED_A_SECOND + 1)
    assert desk.clock.due() == a_slice
    assert desk.clock.due() == 0
    desk.now += SLICE_MS - 1
    assert desk.clock.due() == 0
    desk.now += 1
    assert desk.clock.due() == a_slice
    for _ in range(8):
        desk.now += SLICE_MS
        desk.clock.due()
    assert desk.clock.outdated("leads") == 1
    assert [tick.to for _, tick in desk.said] == [f"lead {number}" for number in range(OUTDATED_A_SECOND)]
    assert 0 < desk.clock._until_next_s() <= SLICE_MS / 1_000


def test_a_row_that_was_folded_with_these_rules_meanwhile_is_not_woken() -> None:
    desk = outdated_desk(2)
    desk.clock.note("leads", "lead 0", 2_000_000)
    desk.clock.note("leads", "lead 1", None)  # its partition moved away
    assert desk.clock.outdated("leads") == 0
    assert desk.clock.due() == 0


def test_times_that_are_due_do_not_wait_for_rows_of_other_rules() -> None:
    desk = outdated_desk(3)
    desk.clock.note("leads", "ann", 50)
    assert desk.clock.due() == 4
    assert Tick(to="ann", at=50, now=desk.now) in [tick for _, tick in desk.said]


def test_how_many_wait_is_known_without_a_walk() -> None:
    """Against a count of what is there, after any notes and ticks."""
    chance = random.Random(3)
    desk = Desk()
    desk.clock = Clock({"leads": "touches", "accounts": "signals"}, say=lambda *_: None, now=lambda: desk.now,
                       metrics=Metrics())  # fmt: skip
    for _ in range(5_000):
        table, key = chance.choice(["leads", "accounts"]), f"k{chance.randrange(40)}"
        desk.now += chance.randrange(20)
        desk.clock.note(table, key, chance.choice([None, desk.now + chance.randrange(500)]),
                        outdated=chance.random() < 0.2)  # fmt: skip
        if chance.random() < 0.3:
            desk.clock.due()
        for name in ("leads", "accounts"):
            assert desk.clock.waiting(name) == sum(1 for where in desk.clock._wakes if where[0] == name)
            assert desk.clock.outdated(name) == sum(1 for where in desk.clock._outdated if where[0] == name)


@pytest.mark.parametrize("step", [5 * 60_000, -5 * 60_000, 86_400_000, -86_400_000])
def test_what_fired_stays_fired_and_nothing_is_lost_when_the_clock_is_stepped_and_set_right(step: int) -> None:
    """Even where a step is believed: each due time is said once, in whatever order time comes."""
    desk = Desk()
    desk.now = 1_800_000_000_000
    dues = [desk.now + at for at in range(-300_000, 300_001, 50_000)]
    for number, at in enumerate(dues):
        desk.clock.note("leads", f"k{number}", at)
    for now in (desk.now, desk.now + step, desk.now, desk.now + 300_000):
        desk.now = now
        desk.clock.due()
    assert sorted(tick.at for _, tick in desk.said) == dues


def test_a_clock_set_back_does_not_hold_up_rows_of_other_rules() -> None:
    desk = outdated_desk(2 * OUTDATED_A_SECOND)
    assert desk.clock.due() > 0
    desk.now -= 500_000
    desk.clock.due()
    desk.now += SLICE_MS
    assert desk.clock.due() > 0


def test_rows_that_went_are_not_woken_here() -> None:
    """Their partition moved away; others of the table and rows of other tables stay."""
    desk = Desk()
    desk.clock.note("leads", "ann", 50)
    desk.clock.note("leads", "bob", 50)
    desk.clock.note("leads", "cy", None, outdated=True)
    desk.clock.forget("accounts", {b"bob"})
    desk.clock.forget("leads", {b"ann", b"cy", b"never noted"})
    desk.clock.due()
    assert [tick.to for _, tick in desk.said] == ["bob"]
    assert desk.clock.outdated("leads") == 0
