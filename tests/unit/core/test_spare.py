"""What the walks let go and is remembered for a while: the same in any order of arrival, of a busy browser too."""

from random import Random
from typing import Final

import pytest

from streams.core.events.facts import Facts
from streams.core.visitor.fold import Visitor
from tests.unit.core.made import DAY, HOUR, MINUTE, NOW, delivery, engaged, facts, identify, page, track, visited

PATHS: Final = ("/", "/pricing", "/products/a", "/compare/x", "/security", "/careers/dev", "/team", "/legal")
DWELLS: Final = (0, 1_500, 5_000, 10_000, 30_000, 60_000)
MOST_PAGES: Final = 48


def glanced(minute: int) -> Facts:
    """A page that nobody read for five seconds: it counts for nothing, so the walks keep few of a day."""
    return facts(engaged("/team", NOW - minute * MINUTE, dwell_ms=1_500))


def told_in_turn(messages: list[Facts]) -> Visitor:
    row = visited(messages[:1])[0]
    for message in messages[1:]:
        row = visited([message], row=row)[0]
    return row


def of_a_busy_browser(chance: Random) -> list[Facts]:
    """A hundred pages and more of twenty days, most told of several times, with downloads and a title that changes."""
    told = [facts(identify(NOW - day * DAY, email="ann@acme.example", title=f"Buyer {day}")) for day in range(3)]
    for n in range(140):
        at, path = NOW - chance.randrange(20 * 24) * HOUR - chance.randrange(HOUR), chance.choice(PATHS)
        again = delivery(at=NOW + chance.choice((0, 40, 900)), sent_at=NOW)  # the clocks differ from sending to sending
        if n % 5 == 0:
            told += [facts(track("file_downloaded", at, asset="A", n=n), sent) for sent in (None, again)]
            continue
        told.append(facts(page(path, at, n)))
        for dwell_ms in chance.sample(DWELLS, chance.randrange(4)):
            told.append(facts(engaged(path, at, n, dwell_ms=dwell_ms, touched=chance.randrange(3)), again))
    return told


@pytest.mark.parametrize("seed", range(12))
def test_of_a_busy_browser_the_same_is_remembered_in_any_order(seed: int) -> None:
    chance = Random(seed)
    messages = of_a_busy_browser(chance)
    rows = []
    for _ in range(3):
        chance.shuffle(messages)
        rows.append(told_in_turn(messages))
    spare = rows[0].spare
    assert all((spare.hits, spare.pages, spare.traits)), "a busy browser lets something go of each kind"
    assert [row.spare for row in rows[1:]] == [spare] * 2
    assert [row.by_lead for row in rows[1:]] == [rows[0].by_lead] * 2


def test_a_page_that_is_read_after_all_leaves_its_place_to_nobody_who_was_pushed_out() -> None:
    """The opening takes a place for a moment; whoever went for it would have stayed had the attention come first."""
    before = [glanced(minute) for minute in range(MOST_PAGES + 2, 0, -1)]
    opened, read = (facts(engaged("/", NOW - 90_000, dwell_ms=dwell_ms)) for dwell_ms in (1_500, 30_000))
    assert told_in_turn([*before, opened, read]).spare == told_in_turn([read, opened, *before]).spare


def test_whatever_is_as_fresh_as_the_freshest_pages_is_remembered_and_nothing_else() -> None:
    row = told_in_turn([glanced(minute) for minute in range(60, 0, -1)])
    known = {one.hit_id: one for done in row.by_lead.values() for one in done.pages} | {
        one.hit_id: one for one in row.spare.pages
    }
    freshest = sorted(known.values(), reverse=True)[:MOST_PAGES]
    assert [one.at for one in freshest] == [NOW - minute * MINUTE for minute in range(1, MOST_PAGES + 1)]
    assert set(row.spare.pages) <= set(freshest)


def test_a_sender_at_fault_who_takes_back_what_it_said_of_a_page_does_not_grow_the_row() -> None:
    """Each later message says less, so that none covers another."""
    at, row = NOW - DAY, visited([glanced(1)])[0]
    for step in range(300):
        said = engaged("/team", at, dwell_ms=4_900 - step)
        said["properties"]["started_at"] = at + step
        row = visited([facts(said)], row=row)[0]
    assert len(row.spare.pages) == 2 * MOST_PAGES
