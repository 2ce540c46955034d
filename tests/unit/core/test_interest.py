"""What an account's people read against the reason of its loss."""

from zlib import crc32

import pytest

from schemas.activity import PageSeen
from schemas.deals import DealFacts
from schemas.ids import Naming
from streams.core.account.interest import Interest, interest_of
from streams.core.rulebook.content_rules import Content, ContentRules
from streams.rules_files import read_rules

RULES = read_rules(None, Naming(b"a secret of sixteen or more"))
LOST = 1_795_000_000_000
CONTENT = ContentRules(
    content=(
        Content(title="Comparison", path="/compare*", review="mid", gate="open", answers=("competitor",)),
        Content(title="Against Helios", path="/vs/helios", review="mid", gate="open", answers=("competitor:Helios",)),
        Content(title="Film", asset="film", review="mid", answers=("competitor",)),
        Content(title="Prices", path="/pricing*", review="late", answers=("price",)),
    )
)


def deal(reason: str | None, competitor: str | None = None) -> DealFacts:
    return DealFacts(
        deal_id="d", status="lost", account_id="a.example", account_name="A", reported_at=LOST, lost_at=LOST,
        lost_reason=reason, competitor=competitor,
    )  # fmt: skip


def seen(path: str, *, at: int = LOST + 1, dwell_ms: int | None = 9_000) -> PageSeen:
    return PageSeen(at, crc32(path.encode()), path, RULES.site.page(path).kind, dwell_ms, 3)


def interest(lost: DealFacts, **read: list[PageSeen]) -> Interest:
    return interest_of(lost, read, meanings=RULES.site, content=CONTENT)


def test_the_answers_come_first_and_then_the_latest() -> None:
    found = interest(
        deal("price"), ann=[seen("/security", at=LOST + 9), seen("/pricing", at=LOST + 2), seen("/blog")],
        bob=[seen("/compare", at=LOST + 5)],
    )  # fmt: skip
    assert [(page.path, page.answers_loss) for page in found.pages] == [
        ("/pricing", True), ("/security", False), ("/compare", False),
    ]  # fmt: skip
    assert found.answered


def test_one_page_of_several_people_is_one_line() -> None:
    early, late = seen("/pricing", at=LOST + 2, dwell_ms=None), seen("/pricing", at=LOST + 7, dwell_ms=4_000)
    read = {"ann": [early], "bob": [late]}
    for order in (["ann", "bob"], ["bob", "ann"]):
        [page] = interest(deal("price"), **{who: read[who] for who in order}).pages
        assert (set(page.who), page.at, page.dwell_ms) == ({"ann", "bob"}, LOST + 7, 4_000)


@pytest.mark.parametrize(("at", "answered"), [(LOST - 1, False), (LOST, False), (LOST + 1, True)])
def test_only_what_was_read_after_the_loss_answers_it(at: int, answered: bool) -> None:
    found = interest(deal("price"), ann=[seen("/pricing", at=at)])
    assert (found.answered, found.pages[0].answers_loss) == (answered, True)


def test_a_later_visit_makes_it_one_of_after_the_loss() -> None:
    found = interest(deal("price"), ann=[seen("/pricing", at=LOST - 5)], bob=[seen("/pricing", at=LOST + 5)])
    assert found.answered


def test_without_a_reason_nothing_answers() -> None:
    found = interest(deal(None), ann=[seen("/pricing")])
    assert (found.reason, found.answered, found.unread) == ("", False, ())
    assert [page.path for page in found.pages] == ["/pricing"], "prices are of interest all the same"


@pytest.mark.parametrize(
    ("lost", "read", "unread"),
    [
        (deal("competitor", "Helios"), [], ("Comparison", "Against Helios")),
        (deal("competitor", "Helios"), ["/vs/helios"], ("Comparison",)),
        (deal("competitor", "Other"), ["/compare/other"], ()),
        (deal("price"), [], ("Prices",)),
        (deal("timing"), [], ()),
    ],
)
def test_what_would_answer_and_was_not_read_is_named(lost: DealFacts, read: list[str], unread: tuple[str, ...]) -> None:
    assert interest(lost, ann=[seen(path) for path in read]).unread == unread


def test_no_more_than_twenty_pages() -> None:
    assert len(interest(deal("price"), ann=[seen(f"/pricing/{n}") for n in range(50)]).pages) == 20
