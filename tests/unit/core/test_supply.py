"""Supply control proposes a threshold with its arithmetic (asks A33, A34)."""

import tomllib

import pytest

from streams.core.flow.supply import CANDIDATES, Desk, forecast_at, in_words, propose, weekly
from streams.core.rulebook.threshold_text import with_threshold
from streams.core.rules import load_rules
from tests.unit.core.made import NAMING, files

DESK = Desk(sdrs=3, attempts=4)
COUNTED = {100.0: 61.0, 110.0: 44.0, 115.0: 35.0}


def test_the_worked_example() -> None:
    found = propose(COUNTED, fast_passes=18, current=100, desk=DESK)
    assert (DESK.slots, DESK.supply) == (240, 54.0)
    assert (found.target, found.theta, found.expected, found.over, found.fits) == (115, 110.0, 44.0, 8.0, True)
    assert in_words(found) == (
        "3 SDR x 80 = 240 half-hours a week, 4 attempts each -> 60 x 0.9 = 54 leads a week.",
        "18 fast passes a week -> 36 left for the score.",
        "Crossings a week by threshold: 100 → 61, 110 → 44, 115 → 35.",
        "Target: 115.",
        "This week: from 100 to 110 (at most 10 points a week).",
        "8 a week are still over.",
    )


def test_the_week_after_it_arrives() -> None:
    found = propose(COUNTED, fast_passes=18, current=110, desk=DESK)
    assert (found.theta, found.over) == (115.0, -1.0)
    assert in_words(found)[-1] == "This week: from 110 to 115."
    stays = propose(COUNTED, fast_passes=18, current=115, desk=DESK)
    assert in_words(stays)[-2:] == ("Target: 115.", "This week: stay at 115.")


@pytest.mark.parametrize(("fast_passes", "target"), [(18, 115), (19, 115), (19.1, 140)])
def test_the_target_is_within_the_supply_to_the_last_lead(fast_passes: float, target: int) -> None:
    assert propose(COUNTED, fast_passes=fast_passes, current=115, desk=DESK).target == target


def test_exactly_the_supply_is_not_over() -> None:
    found = propose({100.0: 54.0}, fast_passes=0, current=100, desk=DESK)
    assert (found.over, in_words(found)[-1]) == (0.0, "This week: stay at 100.")


def test_where_no_threshold_fits_it_says_so() -> None:
    found = propose({70.0: 500.0, 140.0: 90.0}, fast_passes=18, current=100, desk=DESK)
    assert (found.target, found.theta, found.fits, found.over) == (140, 110.0, False, 464.0)
    assert in_words(found)[3:] == (
        "No threshold up to 140 is within the supply. Target: 140, and still over.",
        "This week: from 100 to 110 (at most 10 points a week).",
        "464 a week are still over.",
    )
    there = propose({70.0: 500.0, 140.0: 90.0}, fast_passes=18, current=140, desk=DESK)
    assert (there.theta, there.over) == (140.0, 54.0)


def test_too_few_leads_lower_it_as_slowly() -> None:
    found = propose({70.0: 30.0, 100.0: 5.0}, fast_passes=0, current=100, desk=DESK)
    assert (found.target, found.theta, found.expected, found.over) == (70, 90.0, 30.0, -24.0)


def test_the_lowest_candidate_that_fits_is_taken() -> None:
    every = {float(theta): 200.0 - theta for theta in CANDIDATES}
    assert propose(every, fast_passes=0, current=100, desk=Desk(sdrs=1, attempts=0.72)).target == 100  # supply 100
    assert propose(every, fast_passes=0, current=100, desk=Desk(sdrs=9, attempts=1)).target == 70


def test_a_threshold_that_nobody_counted_has_as_many_as_the_next_lower_one() -> None:
    assert [forecast_at(COUNTED, theta) for theta in (99, 100, 109, 110, 140)] == [None, 61.0, 61.0, 44.0, 35.0]
    found = propose({130.0: 5.0, 120.0: 10.0}, fast_passes=0, current=100, desk=DESK)
    assert (found.target, found.theta, found.expected) == (120, 110.0, 10.0)
    with pytest.raises(ValueError, match="no crossings"):
        propose({}, fast_passes=0, current=100, desk=DESK)


def test_counts_become_means_a_week() -> None:
    assert weekly({100: 244, 110: 7}, days=28) == {100: 61.0, 110: 1.75}
    assert weekly({100: 244}, days=7) == {100: 244.0}


# ─── the threshold in the text
def test_the_packaged_file_changes_in_one_line() -> None:
    before = files()["stages.toml"]
    after = with_threshold(before, 110)
    assert [pair for pair in zip(before.splitlines(), after.splitlines(), strict=True) if pair[0] != pair[1]] == [
        ("total = 100.0", "total = 110.0")
    ]
    assert load_rules(files() | {"stages.toml": after}, naming=NAMING).stages.qualified.total == 110.0


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("[qualified]\ntotal=100 # x\n", "[qualified]\ntotal=110.0 # x\n"),
        (
            "[qualified]\nengagement = 40\n\n[other]\ntotal = 1\n",
            "[qualified]\ntotal = 110.0\nengagement = 40\n\n[other]\ntotal = 1\n",
        ),
        ("[other]\ntotal = 1\n[qualified]\n total = 99.5\n", "[other]\ntotal = 1\n[qualified]\n total = 110.0\n"),
        ("[other]\ntotal = 1", "[other]\ntotal = 1\n\n[qualified]\ntotal = 110.0\n"),
        ("[qualified]", "[qualified]\ntotal = 110.0\n"),
        ("", "\n[qualified]\ntotal = 110.0\n"),
    ],
)
def test_only_the_threshold_changes(before: str, after: str) -> None:
    assert with_threshold(before, 110) == after
    assert tomllib.loads(after)["qualified"]["total"] == 110.0
