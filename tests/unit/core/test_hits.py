"""What a rule remembers: a join with limits inside, so that order and copies cannot matter."""

from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.activity import Hit
from streams.core.activity.hits import Keep, freshest, keep_of, latest_of_each
from streams.core.days import DAY_MS, HOUR_MS, day_in, week_of
from streams.core.rulebook.scoring_rules import ScoringRule

NO_LIMIT = Keep(3, None, lambda _: 0)
TWO_A_DAY = Keep(3, 2, lambda hit: hit[0] // 10)
hits = st.builds(Hit, st.integers(0, 39), st.integers(1, 6), st.sampled_from(("", "a")))


def rule(**more: Any) -> ScoringRule:
    return ScoringRule(name="some", kind="page", label="Some", points=1, keep=9, half_life_days=1, group="web", **more)


@pytest.mark.parametrize(
    ("keep", "found", "kept"),
    [
        pytest.param(NO_LIMIT, [1, 2, 3, 4], [4, 3, 2], id="the freshest"),
        pytest.param(TWO_A_DAY, [1, 2, 11, 12, 13], [13, 12, 2], id="the freshest two of a day, three in all"),
        pytest.param(TWO_A_DAY, [1, 11, 12, 13, 14], [14, 13, 1], id="a busy day does not push out the day before"),
        pytest.param(TWO_A_DAY, [], [], id="nothing"),
    ],
)
def test_the_freshest_hits_are_kept_within_the_limit(keep: Keep, found: list[int], kept: list[int]) -> None:
    assert [hit.at for hit in freshest([Hit(at, at) for at in found], keep)] == kept


def test_equal_times_are_ordered_by_id() -> None:
    assert [hit.hit_id for hit in freshest([Hit(1, n) for n in (3, 1, 4, 2)], NO_LIMIT)] == [4, 3, 2]


def test_of_two_times_in_one_bucket_the_later_is_the_hit_and_takes_one_place() -> None:
    assert freshest([Hit(1, 7), Hit(2, 7), Hit(3, 8)], TWO_A_DAY) == (Hit(3, 8), Hit(2, 7))


def test_of_two_times_in_two_buckets_only_the_later_is_scored() -> None:
    kept = freshest([Hit(9, 7), Hit(11, 7)], TWO_A_DAY)
    assert (kept, latest_of_each(kept)) == ((Hit(11, 7), Hit(9, 7)), (Hit(11, 7),))


@given(sets=st.lists(st.lists(hits, max_size=8), min_size=2, max_size=4), keep=st.sampled_from((NO_LIMIT, TWO_A_DAY)))
def test_joining_is_the_same_in_any_order_and_grouping(sets: list[list[Hit]], keep: Keep) -> None:
    whole = freshest([hit for one in sets for hit in one], keep)
    for order in permutations(sets):
        joined: tuple[Hit, ...] = ()
        for one in order:
            joined = freshest((*joined, *freshest(one, keep), *one), keep)
        assert joined == whole


@pytest.mark.parametrize(
    ("said", "same", "other"),
    [
        pytest.param({"limit": 1, "limit_per": "day"}, Hit(DAY_MS - 1, 1), Hit(DAY_MS, 1), id="day"),
        pytest.param({"limit": 1, "limit_per": "week"}, Hit(4 * DAY_MS - 1, 1), Hit(4 * DAY_MS, 1), id="ISO week"),
        pytest.param({"limit": 1, "limit_per": "asset"}, Hit(9 * DAY_MS, 1, "a"), Hit(0, 1, "b"), id="asset"),
    ],
)
def test_buckets_are_days_weeks_or_assets(said: dict[str, Any], same: Hit, other: Hit) -> None:
    bucket_of = keep_of(rule(**said), day_in("UTC")).bucket_of
    assert bucket_of(Hit(0, 2, "a")) == bucket_of(same) != bucket_of(other)


@pytest.mark.parametrize(
    ("zone", "at", "day"),
    [
        ("UTC", 0, 0),
        ("UTC", -1, -1),
        ("Asia/Seoul", 15 * HOUR_MS - 1, 0),
        ("Asia/Seoul", 15 * HOUR_MS, 1),
        ("America/New_York", 5 * HOUR_MS - 1, -1),
        ("Asia/Kathmandu", DAY_MS - 5 * HOUR_MS - HOUR_MS // 2, 1),
    ],
)
def test_a_day_is_a_calendar_day_of_the_site(zone: str, at: int, day: int) -> None:
    assert day_in(zone)(at) == day


def test_weeks_begin_on_monday() -> None:
    assert [week_of(day) for day in (3, 4, 10, 11)] == [0, 1, 1, 2]  # 4 January 1970 was a Sunday
