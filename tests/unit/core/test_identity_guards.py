"""Kiosks and test scripts: very many people at one browser, very many browsers of one person (fault 28)."""

from time import process_time

from schemas.touches import LeadLink, VisitorStanding
from streams.core.events.facts import Facts, Ordered
from streams.core.rows import ROWS
from tests.unit.core.crowd import Crowd
from tests.unit.core.made import HOUR, MINUTE, NAMING, NOW, engaged, facts, identify
from tests.unit.core.test_visitor_orders import Browser
from tests.unit.core.told import LeadStory, browser, did, hits, read

MANY = 500
FAST_S = 20.0  # of a hundred times as much: a guard against what grows with the square, not a measurement


def test_a_browser_of_very_many_people_is_bounded_and_nothing_counts_twice() -> None:
    kiosk, began = Browser(), process_time()
    met = 0
    for n in range(MANY):
        at = NOW - (MANY - n) * MINUTE
        who = identify(at, email=f"p{n}@acme.example", user=f"u{n}")
        kiosk.hears(facts(who), facts(engaged("/pricing", at, n)))
        met += kiosk.last.approximated == ("identities",)
        links = [one for one in kiosk.last.touches if isinstance(one, LeadLink)]
        assert [one.to for one in links] == [NAMING.lead_of_user(f"u{n}")]
        assert len(kiosk.last.touches) <= 8 + 8 + 32 + 32 + 1
    assert process_time() - began < FAST_S
    assert met == MANY - 16  # from when on a lead is forgotten: its link was remembered longer than its claim
    row = kiosk.row
    assert row is not None
    assert (len(row.claims), len(row.links), len(row.former)) == (8, 16, 32)
    assert len(ROWS["visitors"].encode(row)) < 12_000
    alive = {lead_id: one for lead_id, one in kiosk.heard.items() if one.activity is not None}
    assert set(alive) == {NAMING.lead_of_email(f"p{n}@acme.example") for n in range(MANY - 8, MANY)}
    pages = [page.hit_id for one in alive.values() if one.activity for page in one.activity.pages]
    assert len(set(pages)) == len(pages)


def test_an_email_of_very_many_browsers_is_bounded_and_nothing_counts_twice() -> None:
    story, began = LeadStory(), process_time()
    for n in range(MANY):
        done = did(read(f"/{n}", NOW - n * MINUTE), points=hits("pricing_page", NOW - n * HOUR))
        story.hears(browser(done, offset=1, visitor=f"v{n:03}", as_of=NOW + n))
        assert story.last.approximated == (("sources",) if n >= 16 else ())
    assert process_time() - began < FAST_S
    assert story.row is not None
    assert len(story.row.sources) == 16
    assert len(ROWS["leads"].encode(story.row)) < 40_000
    card = story.card
    assert len(card.visitors) <= 16
    assert len({page.hit_id for page in card.pages}) == len(card.pages)
    before = card.score_tenths
    again = did(read("/0", NOW), points=hits("pricing_page", NOW))
    assert story.hears(browser(again, offset=2, visitor="v000", as_of=NOW + MANY)).score_tenths == before
    assert all(len({hit.hit_id for hit in line.hits}) == len(line.hits) for line in card.lines)


def test_an_email_of_very_many_user_ids_is_bounded_and_says_so() -> None:
    crowd, began = Crowd(), process_time()
    links = (LeadLink(to=f"u{n}", lead_id="ann", at=NOW, by="email", trust="claimed") for n in range(MANY))
    for n, link in enumerate(links):
        done = did(read(f"/{n}", NOW - n * MINUTE), points=hits("pricing_page", NOW - n * HOUR))
        crowd.folds = 0
        crowd.hears(link, browser(done, offset=1, visitor="w", to=link.to, as_of=NOW + n))
    assert process_time() - began < 2 * FAST_S
    row, card = crowd.rows["ann"], crowd.cards()["ann"]
    assert len(row.absorbed) == 16
    assert len(ROWS["leads"].encode(row)) < 40_000
    assert len(card.aliases) <= 32
    assert len({page.hit_id for page in card.pages}) == len(card.pages)
    assert sum(line.tenths for line in card.lines) == card.score_tenths


def test_row_28_a_user_id_with_very_many_emails_points_to_eight_at_most_and_leaves_the_others() -> None:
    crowd = Crowd().hears(browser(did(read("/a", NOW)), offset=1, to="u1"))
    for n in range(MANY):
        crowd.folds = 0
        crowd.hears(LeadLink(to="u1", lead_id=f"p{n}", at=NOW - MANY + n, by="email", trust="claimed"))
    row = crowd.rows["u1"]
    assert len(row.emails) == 8
    assert {to for to, gone in row.pointed.items() if gone is None} == {f"p{n}" for n in range(MANY - 8, MANY)}
    assert len(row.pointed) == 8 + 32
    pages = {key: [page.path for page in card.pages] for key, card in crowd.cards().items() if card.pages}
    assert pages == {f"p{MANY - 1}": ["/a"]}


def test_very_many_denials_are_bounded() -> None:
    kiosk = Browser()
    for n in range(MANY):
        said = Ordered(f"lead{n}", NOW + n, "deny")
        kiosk.hears(Facts(to="v1", received_at=NOW, at=NOW + n, orders=(said,)))
    assert kiosk.row is not None
    assert len(kiosk.row.orders) == 32
    assert not any(isinstance(one, VisitorStanding) for one in kiosk.last.touches)
