"""The worked example: one person, 113.8 points, line by line, and what becomes of it."""

from datetime import UTC, datetime

import pytest

from streams.core.events.facts import Facts
from streams.core.score.explain import headline
from streams.core.score.scoring import Scored, falls_below
from tests.unit.core.made import DAY, NOW, human_click, imported, mailed, page, points, scored, track
from tests.unit.core.made import identify as identify_event

WHO = identify_event(NOW, title="Manager", department="Marketing", employees="120", segment="growth")


def journey() -> list[Facts]:
    """Five pages today, one each 2, 5, 12 and 20 days ago; two clicks, a guide, a webinar."""
    today = [page("/products/a", NOW), page("/products/b", NOW), page("/products/c", NOW), page("/pricing", NOW),
             page("/about", NOW)]  # fmt: skip
    before = [page("/pricing", NOW - 2 * DAY), *(page("/about", NOW - days * DAY) for days in (5, 12, 20))]
    other = [
        track("file_downloaded", NOW - 20 * DAY, asset="guide"),
        track("webinar_attended", NOW - 10 * DAY, program_id="w1"),
    ]
    return imported([WHO, *today, *before, *other])


MAIL = [*human_click(NOW - 5 * DAY, "m1"), *human_click(NOW - 12 * DAY, "m2")]


@pytest.fixture(scope="module")
def example() -> Scored:
    return scored(journey(), mail=MAIL)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("page_view", 6.9),
        ("return_visit", 13.4),
        ("product_page", 9.0),
        ("pricing_page", 19.1),
        ("mail_click", 4.0),
        ("gated_download", 6.3),
        ("webinar_attended", 17.1),
        ("fit", 38.0),
    ],
)
def test_each_line_of_the_example_is_what_it_should_be(example: Scored, name: str, expected: float) -> None:
    assert points(example, name) == expected


def test_the_example_scores_113_8_and_is_an_a1(example: Scored) -> None:
    assert (example.total_tenths, example.engagement_tenths, example.fit, example.grade) == (1138, 758, 38, "A1")
    assert sum(line.tenths for line in example.lines) == example.total_tenths
    assert sum(line.points for line in example.fit_lines) == example.fit


@pytest.mark.parametrize(
    ("threshold_tenths", "expected"),
    [(1000, "03-25 02:34"), (800, "04-03 22:09"), (1200, None), (0, None), (380, None)],
)
def test_the_example_falls_below_a_threshold_at_the_minute(
    example: Scored, threshold_tenths: int, expected: str | None
) -> None:
    at = falls_below(example, threshold_tenths=threshold_tenths)
    assert (None if at is None else datetime.fromtimestamp(at / 1_000, UTC).strftime("%m-%d %H:%M")) == expected


def test_the_grade_becomes_a2_at_the_minute(example: Scored) -> None:
    at = falls_below(example, threshold_tenths=600 + 380)
    assert at is not None
    assert datetime.fromtimestamp(at / 1_000, UTC).strftime("%m-%d %H:%M") == "03-25 21:36"
    assert scored(journey(), mail=MAIL, as_of=at).grade == "A2"
    assert scored(journey(), mail=MAIL, as_of=at - 60_000).grade == "A1"


def test_the_day_before_it_was_86_5() -> None:
    """A score at a past time uses only what had happened then."""
    assert scored(journey(), mail=MAIL, as_of=NOW - DAY).total_tenths == 865


def test_the_example_in_one_paragraph(example: Scored) -> None:
    said = headline(
        total_tenths=example.total_tenths, grade=example.grade, stage="mql", stage_since=NOW, day_before_tenths=865,
        lines=example.lines, threshold_tenths=1000, falls_below_at=falls_below(example, threshold_tenths=1000),
    )  # fmt: skip
    assert said == (
        "113.8 A1, mql since 03-20, 27.3 more than yesterday. "
        "Up: pricing_page 19.1, webinar_attended 17.1, return_visit 13.4. Down: none. "
        "13.8 above 100; without new events below 100 on 03-25 02:34."
    )


def test_a_sixth_page_today_changes_nothing(example: Scored) -> None:
    more = imported([page("/about", NOW, 7)])
    assert scored([*journey(), *more], mail=MAIL).total_tenths == example.total_tenths


def test_any_event_three_times_counts_once(example: Scored) -> None:
    assert scored([*journey(), *journey(), *journey()], mail=[*MAIL, *MAIL, *MAIL]).lines == example.lines


def test_if_the_five_day_old_click_is_found_to_be_a_machine_s_it_is_111_5() -> None:
    rest = [one for one in MAIL if one.at != NOW - 5 * DAY + 1_000]  # nobody was seen behind it
    second_link = mailed("clicked", NOW - 5 * DAY + 400, "m1", link="2")
    told = scored(journey(), mail=[*rest, second_link])
    assert (points(told, "mail_click"), told.total_tenths) == (1.7, 1115)
