"""Which pages are remembered, and how one page is shown that was told of several times."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.activity import PageSeen
from streams.core.activity import pages
from tests.unit.core.made import DAY, HOUR, MINUTE, NOW, RULES

POINTS, SITE = RULES.scoring, RULES.site
NOON = NOW - NOW % DAY + 12 * HOUR


def seen(
    n: int,
    *,
    at: int = NOON,
    kind: str = "other",
    path: str = "/x",
    dwell_ms: int | None = 30_000,
    touched: int | None = 1,
) -> PageSeen:
    return PageSeen(at, n, path, kind, dwell_ms, touched)


def kept(*told: PageSeen) -> list[int]:
    return [page.hit_id for page in pages.freshest(told, POINTS, SITE)]


elements = st.builds(
    PageSeen,
    st.builds(lambda day, apart: NOON - day * DAY - apart, st.integers(0, 19), st.sampled_from((0, 1, 13 * HOUR))),
    st.integers(1, 12),
    st.sampled_from(("/x", "/pricing", "/security")),
    st.sampled_from(("other", "pricing", "careers")),
    st.sampled_from((None, 0, 5_000, 9_000)),
    st.sampled_from((None, 0, 2)),
)


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        pytest.param(seen(1, dwell_ms=4_999), False, id="a glance"),
        pytest.param(seen(1, dwell_ms=5_000), True, id="five seconds"),
        pytest.param(seen(1, dwell_ms=None), True, id="cannot be measured"),
        pytest.param(seen(1, kind="careers"), False, id="careers"),
        pytest.param(seen(1, kind="login"), False, id="login"),
        pytest.param(seen(1, kind="team"), True, id="team"),
    ],
)
def test_a_page_counts_when_somebody_reads_it(page: PageSeen, *, expected: bool) -> None:
    assert pages.is_counted(page, POINTS) is expected


def test_of_a_busy_day_the_freshest_eight_and_the_longest_eight_stay() -> None:
    """The freshest count; the longest are there to be shown with what they were read for."""
    told = [seen(n, at=NOON + n * MINUTE, dwell_ms=5_000 + (1_000 if n < 10 else 0)) for n in range(40)]
    assert kept(*told) == [39, 38, 37, 36, 35, 34, 33, 32, 9, 8, 7, 6, 5, 4, 3, 2]


def test_of_a_day_without_reading_the_freshest_page_and_the_freshest_human_one_stay() -> None:
    told = [seen(n, at=NOON + n, dwell_ms=0, touched=1 if n < 3 else 0) for n in range(6)]
    assert kept(*told) == [5, 2]


def test_careers_pages_stay_once_a_day_for_sixteen_days() -> None:
    told = [seen(n * 2 + k, at=NOON - n * DAY + k, kind="careers", touched=0) for n in range(20) for k in range(2)]
    assert kept(*told) == [n * 2 + 1 for n in range(16)]


def test_counted_days_are_ten_and_one_page_stays_of_six_more() -> None:
    told = [seen(n * 2 + k, at=NOON - n * DAY + k) for n in range(20) for k in range(2)]
    assert kept(*told) == [n * 2 + k for n in range(10) for k in (1, 0)] + [n * 2 + 1 for n in range(10, 16)]


def test_the_freshest_answer_stays_however_old() -> None:
    old = [seen(100 + n, at=NOON - (50 + n) * DAY, path="/security/sso") for n in range(2)]
    assert kept(*old, *(seen(n, at=NOON - n * DAY) for n in range(20)))[-1] == 100


@given(told=st.lists(elements, max_size=60), cuts=st.lists(st.integers(0, 60), max_size=4))
def test_what_stays_does_not_depend_on_how_it_came(told: list[PageSeen], cuts: list[int]) -> None:
    whole = pages.freshest(told, POINTS, SITE)
    joined: pages.Pages = ()
    grown: pages.Pages = ()
    for start, end in pairwise(sorted({0, *cuts, len(told)})):
        joined = pages.freshest((*joined, *pages.freshest(told[start:end], POINTS, SITE)), POINTS, SITE)
        more = [page for page in told[start:end] if page not in grown]
        if more:
            grown = pages.grown(grown, more, POINTS, meanings=SITE)[0]
    assert joined == grown == whole
    assert pages.freshest(reversed(told), POINTS, SITE) == whole


@given(told=st.lists(elements, max_size=60))
def test_reading_what_stays_is_reading_everything(told: list[PageSeen]) -> None:
    """The counted pages of the score are those of all pages, not only of the kept ones."""
    stays = pages.freshest(told, POINTS, SITE)
    assert pages.counted(stays, POINTS, SITE) == pages.counted(told, POINTS, SITE)


def test_a_page_is_shown_once_with_its_latest_time_and_its_greatest_attention() -> None:
    opened = seen(1, dwell_ms=0, touched=0, at=NOON + 5)
    told = [opened, seen(1, dwell_ms=9_000, touched=1), seen(1, dwell_ms=8_000, touched=7)]
    assert pages.seen(told) == (seen(1, at=NOON + 5, dwell_ms=9_000, touched=7),)


def test_what_cannot_be_measured_and_what_can_live_side_by_side() -> None:
    told = [seen(1, dwell_ms=None, touched=None), seen(1, dwell_ms=0, touched=0)]
    assert pages.seen(told) == pages.seen(reversed(told)) == (seen(1, dwell_ms=0, touched=0),)
