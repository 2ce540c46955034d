"""Which clock a time came from: remembered where it is ours and not the sender's, and nowhere else."""

from collections.abc import Sequence
from typing import Any

import pytest
from msgspec.structs import replace

from schemas.activity import OUR_CLOCK, Activity, Hit
from schemas.event_time import OLDEST_MS
from schemas.touches import VisitorStanding
from streams.core.events.facts import Facts
from streams.core.lead.fold import fold
from streams.core.rows import ROWS
from tests.unit.core.made import (
    ANN,
    BEN,
    DAY,
    HOUR,
    MINUTE,
    NOW,
    RULES,
    delivery,
    engaged,
    facts,
    identify,
    page,
    track,
    visited,
)
from tests.unit.core.told import LeadStory, browser

AHEAD = NOW + 2 * HOUR  # what a clock says that is two hours ahead


def marks(one: Facts) -> list[tuple[int, str]]:
    """When, and why it is ours."""
    return [(hit.at, hit.what) for hit in one.hits.get(OUR_CLOCK, ())]


@pytest.mark.parametrize(
    ("stamp", "sent_at", "expected"),
    [
        (NOW - HOUR, None, []), (NOW - HOUR, NOW - 5_000, []),
        (AHEAD, AHEAD + 40, []),  # corrected by what it says of the time of sending: it is right
        (NOW + 59_999, None, []), (NOW + MINUTE, None, [(NOW, "too_late")]),
        (AHEAD, NOW, [(NOW, "too_late")]),
        (NOW - 8 * DAY, None, [(NOW - OLDEST_MS, "too_old")]), (NOW - 7 * DAY, None, []),
        ("yesterday", None, [(NOW, "unreadable")]), (1e18, None, [(NOW, "unreadable")]),
        (None, None, []),  # a pixel names none: nothing is said of its clock
    ],
)  # fmt: skip
def test_a_time_that_is_ours_is_marked_with_its_reason(
    stamp: Any, sent_at: int | None, expected: list[tuple[int, str]]
) -> None:
    told = facts(page("/pricing", NOW) | {"timestamp": stamp}, delivery(sent_at=sent_at))
    assert marks(told) == expected
    assert told.at == (expected[0][0] if expected else told.at)


def test_what_is_marked_is_the_page_or_the_hit_itself() -> None:
    one = facts(page("/pricing", AHEAD, 1))
    assert one.hits[OUR_CLOCK] == (Hit(one.pages[0].at, one.pages[0].hit_id, "too_late"),)
    form = facts(track("form_submitted", AHEAD, form="quote"))
    assert {hit[:2] for found in form.hits.values() for hit in found} == {form.hits[OUR_CLOCK][0][:2]}
    read = facts(engaged("/pricing", NOW - 9 * DAY, 1, dwell_ms=5_000, touched=1))
    assert read.hits[OUR_CLOCK] == (Hit(read.pages[0].at, read.pages[0].hit_id, "too_old"),)


def test_but_for_the_mark_it_is_the_event_that_came_now() -> None:
    """A page of nobody takes another way through the code where its clock is right."""
    now, late = (facts(page("/pricing", at, 1, messageId="m1")) for at in (NOW, AHEAD))
    assert replace(late, hits={name: hits for name, hits in late.hits.items() if name != OUR_CLOCK}) == now


def test_what_server_keys_import_keeps_its_past_and_is_not_marked() -> None:
    assert marks(facts(page("/pricing", NOW - 300 * DAY), delivery(trust="proven"))) == []
    assert marks(facts(page("/pricing", AHEAD), delivery(trust="proven"))) == [(NOW, "too_late")]


def test_what_leaves_no_page_and_no_hit_is_not_marked() -> None:
    told = facts(identify(AHEAD, email="ann@acme.example"))
    assert (told.hits, told.pages) == ({}, ())


def standings(messages: Sequence[Facts]) -> dict[str, Activity]:
    _, effects = visited(messages)
    return {one.to: one.activity for one in effects.touches if isinstance(one, VisitorStanding) and one.activity}


def test_rows_of_right_clocks_hold_nothing_of_it_and_one_mark_is_some_bytes() -> None:
    right, _ = visited([facts(page("/pricing", NOW - 1, 1)), facts(identify(NOW, email="ann@acme.example"))])
    wrong, _ = visited([facts(page("/pricing", AHEAD, 1)), facts(identify(NOW, email="ann@acme.example"))])
    small, large = (len(ROWS["visitors"].encode(row)) for row in (right, wrong))
    assert OUR_CLOCK.encode() not in ROWS["visitors"].encode(right)
    assert 0 < large - small < 64


def test_a_mark_goes_to_the_lead_in_whose_time_it_lies() -> None:
    told = standings([
        facts(identify(NOW - DAY, email="ann@acme.example")), facts(page("/pricing", NOW - 10 * DAY, 1)),
        facts(identify(NOW - HOUR, email="ben@acme.example")), facts(page("/pricing", AHEAD, 2)),
    ])  # fmt: skip
    assert [hit.what for hit in told[ANN].hits[OUR_CLOCK]] == ["too_old"]
    assert [hit.what for hit in told[BEN].hits[OUR_CLOCK]] == ["too_late"]


def test_the_freshest_32_are_known() -> None:
    some = [facts(identify(NOW - 2 * DAY, email="ann@acme.example"))]
    for n in range(40):
        late = delivery(at=NOW - n * HOUR)
        some.append(facts(page(f"/{n}", AHEAD, n), late))
    marked = standings(some)[ANN].hits[OUR_CLOCK]
    assert [hit.at for hit in marked] == [NOW - n * HOUR for n in range(32)]


def test_the_card_says_so_until_the_same_is_told_with_a_later_time() -> None:
    story = LeadStory()
    done = standings([facts(identify(NOW - DAY, email="ann@acme.example")), facts(page("/pricing", AHEAD, 1))])[ANN]
    card = story.hears(browser(done, offset=1))
    assert [(one.at, one.hit_id, one.what) for one in card.by_our_clock] == [
        (card.pages[0].at, card.pages[0].hit_id, "too_late")
    ]
    assert card.score_tenths == LeadStory().hears(browser(unmarked(done), offset=1)).score_tenths, "it gives no points"


def unmarked(done: Activity) -> Activity:
    return replace(done, hits={name: hits for name, hits in done.hits.items() if name != OUR_CLOCK})


def test_a_release_that_does_not_know_marks_lets_go_of_them_alone() -> None:
    """As hits of a rule that the rules no longer name: in a roll-out both releases give the same but for the marks."""
    done = standings([facts(identify(NOW - DAY, email="ann@acme.example")), facts(page("/pricing", AHEAD, 1))])[ANN]
    older = replace(done, hits={("a_rule_that_is_gone" if name == OUR_CLOCK else name): hits
                                for name, hits in done.hits.items()})  # fmt: skip
    cards = [
        fold(ANN, None, [browser(one, offset=1)], version=browser(one, offset=1).version, rules=RULES).effects.leads
        for one in (older, unmarked(done))
    ]
    assert cards[0] == cards[1]
