"""Why this score, in words."""

from typing import Any

import pytest

from schemas.cards import ScoreLine
from streams.core.score.explain import headline, in_points, reasons_down, reasons_up
from tests.unit.core.made import NOW


def line(name: str, tenths: int, kind: Any = "rule") -> ScoreLine:
    return ScoreLine(kind=kind, name=name, group="web", tenths=tenths, label=name.replace("_", " "))


LINES = [line("a", 10), line("b", 300), line("c", 20), line("d", 20), line("e", -100), line("web", -30, "cap"),
         line("engagement", -200, "clamp"), line("fit", 380, "fit"), line("zero", 0)]  # fmt: skip


def test_the_three_greatest_rules_go_up_and_the_two_greatest_losses_down() -> None:
    assert reasons_up(LINES) == ("b 30.0", "c 2.0", "d 2.0")
    assert reasons_down(LINES) == ("engagement -20.0", "e -10.0")


def test_without_anything_there_is_no_reason() -> None:
    assert (reasons_up([]), reasons_down([])) == ((), ())


@pytest.mark.parametrize(("tenths", "text"), [(0, "0.0"), (5, "0.5"), (-105, "-10.5"), (1138, "113.8")])
def test_tenths_are_read_as_points(tenths: int, text: str) -> None:
    assert in_points(tenths) == text


@pytest.mark.parametrize(
    ("total", "before", "falls_at", "said"),
    [
        pytest.param(995, 1000, None, "0.5 less than yesterday. Up: b 30.0. Down: none. 0.5 below 100.", id="below"),
        pytest.param(1000, 1000, None, "0.0 more than yesterday. Up: b 30.0. Down: none. 0.0 above 100; without new "
                     "events not below it within 90 days.", id="for long"),
    ],
)  # fmt: skip
def test_one_paragraph_says_it_all(total: int, before: int, falls_at: int | None, said: str) -> None:
    told = headline(
        total_tenths=total, grade="A2", stage="mql", stage_since=NOW, day_before_tenths=before,
        lines=[line("b", 300)], threshold_tenths=1000, falls_below_at=falls_at,
    )  # fmt: skip
    assert told == f"{in_points(total)} A2, mql since 03-20, {said}"
