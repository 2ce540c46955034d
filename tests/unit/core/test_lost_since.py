"""Since when a deal is lost where its CRM names no time: reports that come again do not move the loss."""

from hypothesis import given
from hypothesis import strategies as st

from schemas.deals import DealFacts
from streams.core.deal.lost_since import Mark, kept_marks, lost_since, mark_of
from tests.unit.core import told
from tests.unit.core.made import DAY, NOW


def lost(at: int, **more: object) -> DealFacts:
    return told.deal(at=at, **({"lost_at": None} | more))


def since(*deals: DealFacts) -> int | None:
    return lost_since(max(deals, key=lambda one: one.reported_at), kept_marks(map(mark_of, deals)))


def test_the_first_report_of_the_loss_says_when_it_was() -> None:
    assert since(lost(NOW - 9 * DAY), lost(NOW - DAY), lost(NOW)) == NOW - 9 * DAY


def test_a_time_that_is_only_that_of_the_report_says_no_more() -> None:
    assert since(lost(NOW - DAY, lost_at=NOW - DAY), lost(NOW, lost_at=NOW)) == NOW - DAY


def test_the_crms_own_word_decides_also_when_it_corrects_itself() -> None:
    assert since(lost(NOW - 9 * DAY), lost(NOW, lost_at=NOW - DAY)) == NOW - DAY
    assert since(lost(NOW - 9, lost_at=NOW - DAY), lost(NOW)) == NOW - DAY


def test_a_loss_before_it_was_open_again_is_over() -> None:
    assert since(lost(NOW - 9), told.deal("open", at=NOW - 5), lost(NOW - 3), lost(NOW)) == NOW - 3
    assert since(lost(NOW - 9), told.deal("deleted", at=NOW - 5), lost(NOW)) == NOW


def test_what_is_not_lost_is_told_as_it_came() -> None:
    assert since(lost(NOW - 9), told.deal("open", at=NOW)) is None
    assert since(told.deal("won", at=NOW, lost_at=5)) == 5


def test_what_no_longer_decides_is_let_go() -> None:
    marks = [Mark(1, 1), Mark(5, 0), Mark(3, 0), Mark(4, 4), Mark(5, 5), Mark(7, 7)]
    assert kept_marks(marks) == (Mark(5, 0), Mark(5, 5), Mark(7, 7))


def test_a_nightly_report_for_a_year_does_not_move_the_loss() -> None:
    kept: tuple[Mark, ...] = ()
    for night in range(365):
        kept = kept_marks([*kept, mark_of(lost(NOW + night * DAY))])
    assert len(kept) == 16
    assert lost_since(lost(NOW + 364 * DAY), kept) == NOW
    assert kept[1] == Mark(NOW + 350 * DAY, NOW + 350 * DAY)


marks = st.lists(st.builds(lambda at, is_lost: Mark(at, at * is_lost), st.integers(1, 9), st.booleans()), max_size=12)


@given(marks, marks)
def test_keeping_is_a_join(some: list[Mark], more: list[Mark]) -> None:
    assert kept_marks([*kept_marks(some), *kept_marks(more)]) == kept_marks([*more, *some])
    assert kept_marks(kept_marks(some)) == kept_marks(some)
