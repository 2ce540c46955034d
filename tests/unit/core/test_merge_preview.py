"""What a merge, an un-merge and a browser that is taken out will make of a score, held against what they then do."""

from typing import Any

import pytest

from schemas.touches import MergeOrder, Tick
from streams.core.lead.merge_preview import engagement_of
from tests.unit.core.crowd import Crowd
from tests.unit.core.made import DAY, NOW, RULES
from tests.unit.core.told import browser, did, hits

ANN = hits("pricing_page", NOW, NOW - DAY) | hits("request", NOW - 3 * DAY) | hits("careers_page", NOW)
BEN = hits("pricing_page", NOW - 2 * DAY, NOW - 5 * DAY) | hits("comparison_page", NOW)


def standing(who: str, points: Any, *, offset: int = 1, visitor: str = "") -> Any:
    done = did(points=points, email=f"{who}@acme.example")
    return browser(done, offset=offset, visitor=visitor or f"v-{who}", to=who)


def two() -> Crowd:
    return Crowd().hears(standing("ann", ANN), standing("ben", BEN))


def merge(into: str, at: int = NOW + 1) -> MergeOrder:
    return MergeOrder(to="ben", into=into, at=at, actor="sam", reason="the same")


def test_a_merge_gives_what_was_foreseen() -> None:
    """Three pricing pages are kept of four: the sum of both scores would be wrong."""
    crowd = two()
    cards = crowd.cards()
    foreseen = engagement_of([cards["ann"], cards["ben"]], RULES, at=NOW + 2)
    crowd.hears(merge("ann"), Tick(to="ann", at=NOW + 2))
    assert crowd.cards()["ann"].engagement_tenths == foreseen
    assert foreseen < cards["ann"].engagement_tenths + cards["ben"].engagement_tenths


def test_one_alone_has_its_own() -> None:
    card = two().cards()["ann"]
    assert engagement_of([card], RULES, at=card.as_of) == card.engagement_tenths


def test_an_un_merge_takes_out_what_came_through_the_other() -> None:
    crowd = two().hears(merge("ann"))
    card = crowd.cards()["ann"]
    foreseen = engagement_of([card], RULES, at=NOW + 3, counts=lambda via: not via.endswith("@ben"))
    crowd.hears(merge("", NOW + 2), Tick(to="ann", at=NOW + 3))
    # The third pricing page of the other one had pushed nothing out here.
    assert crowd.cards()["ann"].engagement_tenths == foreseen


@pytest.mark.parametrize("gone", ["v-ann", "v-2"])
def test_a_browser_that_is_taken_out_takes_its_points(gone: str) -> None:
    crowd = Crowd().hears(standing("ann", ANN), standing("ann", hits("request", NOW), visitor="v-2"))
    foreseen = engagement_of([crowd.cards()["ann"]], RULES, at=NOW, counts=lambda via: via != gone)
    crowd.hears(browser(None, offset=9, visitor=gone, to="ann"))
    after = crowd.cards()["ann"]
    # The request of the other browser had taken the one place; then the older one has it again.
    assert foreseen == after.engagement_tenths or gone == "v-2"
    assert foreseen <= after.engagement_tenths
