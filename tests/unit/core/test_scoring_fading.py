"""What a score becomes without new events."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.score.fading import Fading, FadingRule, tenths_of
from tests.unit.core.made import DAY, HOUR, MINUTE, NOW

rules = st.lists(
    st.builds(
        FadingRule,
        half_life_days=st.sampled_from((7.0, 14.0, 60.0)),
        group=st.sampled_from(("web", "forms", "penalty")),
        given=st.lists(
            st.tuples(
                st.integers(0, 40).map(lambda hours: NOW - hours * HOUR), st.sampled_from((-10.0, 1.0, 5.0, 20.0, 50.0))
            ),
            max_size=3,
        ).map(tuple),
    ),
    max_size=5,
)


def fading(*of: FadingRule, fit_tenths: int = 0) -> Fading:
    return Fading(NOW, of, {"web": 500, "forms": 600}, -500, 1000, fit_tenths)


@pytest.mark.parametrize(("points", "tenths"), [([0.05], 1), ([0.04], 0), ([-10.0], -100), ([0.1] * 10, 10), ([], 0)])
def test_a_line_is_rounded_to_tenths_halves_up(points: list[float], tenths: int) -> None:
    assert tenths_of(points) == tenths


@given(of=rules, threshold=st.integers(0, 1_000), fit_tenths=st.integers(0, 500))
def test_it_is_below_from_that_minute_on_and_not_the_minute_before(
    of: list[FadingRule], threshold: int, fit_tenths: int
) -> None:
    told = fading(*of, fit_tenths=fit_tenths)
    at = told.falls_below(threshold)
    if at is None:
        assert told.total(NOW) < threshold or all(told.total(NOW + day * DAY) >= threshold for day in range(91))
    else:
        assert at % MINUTE == 0
        assert NOW < at <= NOW + 90 * DAY + MINUTE
        assert told.total(at) < threshold <= told.total(max(at - MINUTE, NOW))


def test_penalties_fade_too_so_a_score_may_rise_by_itself() -> None:
    told = fading(FadingRule(60, "forms", ((NOW, 20),)), FadingRule(7, "penalty", ((NOW, -10),)))
    assert told.total(NOW) < told.total(NOW + 14 * DAY)
    assert told.falls_below(100) is not None


def test_after_half_a_life_half_is_left() -> None:
    told = fading(FadingRule(10, "forms", ((NOW, 20),)))
    assert [told.total(NOW + days * DAY) for days in (0, 10, 20)] == [200, 100, 50]
    assert told.falls_below(100) == NOW + 10 * DAY + 1 * HOUR + 45 * MINUTE  # when 9.95 are left
