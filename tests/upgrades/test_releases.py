"""Every release can be taken over: its rows, changelogs and topics are read by this one, and go on to the same cards.

A difference that is meant is written, with its reason, into that release's `accepted.json`: `leads/<id>/field: why`.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from schemas.codec import POSTS, REJECTED, SIGNALS, TOUCHES, TRANSITION, VISITS
from streams.core.rows import ROWS
from tests.simulation.log import TABLES, changelog
from tests.simulation.run import quiet
from tests.upgrades.going_on import gone_on, lived
from tests.upgrades.release import RELEASES, Release, read

PLACES = sorted(path for path in RELEASES.iterdir() if path.is_dir())
CODECS: dict[str, Any] = {"touches": TOUCHES, "signals": SIGNALS, "posts": POSTS, "visits": VISITS}


@pytest.fixture(params=PLACES, ids=lambda place: place.name, scope="module")
def release(request: pytest.FixtureRequest) -> Release:
    return read(request.param)


def test_there_is_a_release() -> None:
    assert PLACES


def test_every_record_of_a_release_is_read(release: Release) -> None:
    log = release.log()
    for topic, codec in CODECS.items():
        refused = [one for record in log.all(topic) for one in codec.decode(record.value or b"[]")[1]]
        assert not refused, topic
        assert log.all(topic), topic
    for topic, one in (("transitions", TRANSITION), ("rejected", REJECTED)):
        assert [one.decode(record.value or b"") for record in log.all(topic)], topic


def test_every_row_of_a_release_is_read_and_written_again(release: Release) -> None:
    log = release.log()
    for table in TABLES.values():
        rows = [ROWS[table].decode(record.value or b"") for record in log.all(changelog(table))]
        assert rows
        assert [ROWS[table].decode(ROWS[table].encode(row)) for row in rows] == rows


def test_a_release_goes_on_to_the_same_cards(release: Release) -> None:
    with quiet():
        cards = gone_on(release)
    found = dict(differing(cards, release.cards))
    assert found.keys() <= release.accepted.keys(), "\n".join(f"{place}: {how}" for place, how in found.items())
    assert all(release.accepted.values()), "each accepted difference says why"
    assert len(release.cards["leads"]) > 2


def test_a_difference_would_be_seen(release: Release) -> None:
    lead_id, card = next(iter(release.cards["leads"].items()))
    other = {**release.cards, "leads": {**release.cards["leads"], lead_id: {**card, "score_tenths": -1}}}
    assert [place for place, _ in differing(other, release.cards)] == [f"leads/{lead_id}/score_tenths"]
    fewer = {**release.cards, "leads": {key: one for key, one in release.cards["leads"].items() if key != lead_id}}
    assert [place for place, _ in differing(fewer, release.cards)] == [f"leads/{lead_id}"]


def test_recording_gives_the_same_world_each_time() -> None:
    with quiet():
        assert lived("x") == lived("x")


def differing(mine: dict[str, Any], theirs: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each place where two sets of cards are not the same. A field that only a later release knows is no difference."""
    for topic, cards in theirs.items():
        for key in sorted({*cards, *mine[topic]}):
            if key not in cards or key not in mine[topic]:
                yield f"{topic}/{key}", "only one of them has it"
                continue
            one, other = mine[topic][key], cards[key]
            for field in sorted(other):
                if one.get(field) != other[field]:
                    yield f"{topic}/{key}/{field}", f"{one.get(field)!r} instead of {other[field]!r}"
