"""Where reading begins: at what was committed, at a first record that nothing is missing before, or nowhere."""

from collections.abc import Mapping
from typing import Literal

import pytest
from faust.types import TP

from streams.engine.guards.exits import STOPPED
from streams.engine.reading.beginnings import Beginnings, Gap, first_gaps
from streams.metrics import Metrics
from tests.unit.engine.conftest import Died, raising

INBOX, OTHER, CARDS = TP("visits", 0), TP("visits", 1), TP("leads", 0)


def beginnings(
    metrics: Metrics, *, newest: int | None = None, lost_offsets: Literal["stop", "replay"] = "stop"
) -> Beginnings:
    return Beginnings(
        inbox=lambda topic: topic == "visits", newest=lambda _: newest, metrics=metrics, lost_offsets=lost_offsets,
        die=raising,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("first", "committed", "newest", "gap"),
    [
        pytest.param(0, None, None, None, id="new"),
        pytest.param(0, None, 500, None, id="killed before its first commit, or the group is gone: all is there"),
        pytest.param(7, 7, None, None, id="all that is gone was read"),
        pytest.param(7, 50, None, None, id="the common case"),
        pytest.param(7, 4, None, Gap(4, 7, 4), id="three were never read"),
        pytest.param(7, 4, 90, Gap(4, 7, 4), id="what is committed counts, not what rows know"),
        pytest.param(7, None, None, Gap(0, 7, None), id="nobody knows of any"),
        pytest.param(7, None, 4, Gap(5, 7, None), id="rows know up to the fifth"),
        pytest.param(7, None, 90, Gap(91, 7, None), id="rows know more than is gone, but not what of the rest"),
    ],
)
def test_what_is_missing(first: int, committed: int | None, newest: int | None, gap: Gap | None) -> None:
    found = first_gaps({INBOX: first}, {INBOX: committed}, newest=lambda _: newest)
    assert found == ({} if gap is None else {INBOX: gap})


def test_how_many_are_missing() -> None:
    assert (Gap(4, 7, 4).records, Gap(91, 7, None).records) == (3, 0)


def said(metrics: Metrics) -> Mapping[str, float]:
    samples = [one for family in metrics.families() for one in family.samples]
    return {one.labels["partition"]: one.value for one in samples if one.name == "leadstream_inbox_gap_records"}


async def test_a_gap_stops_the_worker_and_the_gauge_says_how_wide_it_is() -> None:
    metrics = Metrics()
    with pytest.raises(Died) as died:
        await beginnings(metrics).judged({INBOX: 7, OTHER: 9}, {INBOX: 4, OTHER: 9})
    assert (died.value.code, died.value.facts) == (STOPPED, {"gap_records": 3})
    assert said(metrics) == {"0": 3}


async def test_a_lost_offset_stops_although_the_rows_know_all_that_is_gone() -> None:
    """Where to go on from, they do not know."""
    with pytest.raises(Died):
        await beginnings(Metrics(), newest=90).judged({INBOX: 7}, {INBOX: None})


async def test_a_person_may_say_that_it_goes_on() -> None:
    metrics = Metrics()
    starts = await beginnings(metrics, lost_offsets="replay").judged({INBOX: 7, OTHER: 0}, {INBOX: 4, OTHER: 3})
    assert starts == {INBOX: 7, OTHER: 3}
    assert said(metrics) == {"0": 3}


async def test_cards_have_no_gaps() -> None:
    """What compaction took is older than what is there."""
    assert await beginnings(Metrics()).judged({CARDS: 7}, {CARDS: 4}) == {CARDS: 7}
    assert await beginnings(Metrics()).judged({CARDS: 7}, {CARDS: None}) == {CARDS: 7}
