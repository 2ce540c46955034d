"""Leads that turn out to be others: by a link or by an operator's order, divided by time, in circles, and undone."""

from typing import Any

import pytest
from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import LeadCard
from schemas.signals import LeadStanding
from schemas.touches import LeadLink, MergeOrder, Tick
from streams.core.lead import fold as lead
from streams.core.parts import live
from tests.unit.core.crowd import Crowd, shown
from tests.unit.core.made import DAY, HOUR, NOW, RULES, human_click, mailed
from tests.unit.core.told import browser, deal, decided, did, hits, of_deal, read

ACME, OTHER = "acme.example", "other.example"
SIGNED = replace(RULES, identity="signed")
EARLY, LATE = NOW - 5 * DAY, NOW - DAY
ENOUGH = (
    hits("pricing_page", NOW, NOW - DAY, NOW - 2 * DAY)
    | hits("comparison_page", NOW, NOW - DAY)
    | hits("request", NOW)
    | hits("form", NOW)
)


def at_work(who: str, *ats: int, offset: int = 1, email: str = "", **more: Any) -> Any:
    """What `who` read through a browser of its own."""
    pages = (read(f"/{who}", at) for at in ats)
    done = did(*pages, points=hits("pricing_page", *ats), email=email or f"{who}@acme.example")
    return browser(done, offset=offset, visitor=f"v-{who}", to=who, **more)


def link(one: str, other: str, at: int = NOW, *, by: Any = "email", trust: Any = "claimed") -> LeadLink:
    return LeadLink(to=one, lead_id=other, at=at, by=by, trust=trust)


def merge(one: str, into: str, at: int = NOW) -> MergeOrder:
    return MergeOrder(to=one, into=into, at=at, actor="sam", reason="the same person")


def seen(card: LeadCard) -> list[tuple[str, int]]:
    return sorted((page.path, page.at) for page in card.pages)


def stands(crowd: Crowd) -> dict[str, list[tuple[str, int]]]:
    """What each lead that stands for itself has on its card."""
    return {key: seen(card) for key, card in crowd.cards().items() if card.pages}


def test_a_user_id_that_has_an_email_is_its_lead_from_any_device() -> None:
    """Ask A9, law 8: what a second device did under the user id alone comes to the lead of the e-mail."""
    crowd = Crowd().hears(at_work("u1", EARLY, email=""), at_work("ann", LATE), link("u1", "ann"))
    assert stands(crowd) == {"ann": [("/ann", LATE), ("/u1", EARLY)]}
    assert crowd.cards()["ann"].visitors == ("v-ann", "v-u1")
    assert crowd.cards()["ann"].aliases == ("u1",)
    crowd.hears(at_work("u1", EARLY, NOW, offset=2))
    assert stands(crowd) == {"ann": [("/ann", LATE), ("/u1", EARLY), ("/u1", NOW)]}


def test_a_second_email_owns_from_its_time_on_and_the_first_what_came_before() -> None:
    said = [link("u1", "ann", EARLY), link("u1", "ben", LATE)]
    crowd = Crowd().hears(at_work("u1", EARLY - DAY, EARLY, LATE - 1, LATE, NOW), *said)
    assert stands(crowd) == {
        "ann": [("/u1", EARLY - DAY), ("/u1", EARLY), ("/u1", LATE - 1)],
        "ben": [("/u1", LATE), ("/u1", NOW)],
    }
    asked = decided("dead_end", "student", at=LATE - 1, to="u1")
    lost = of_deal(deal("lost", at=LATE), offset=1, to="u1")
    crowd.hears(asked, lost)
    assert crowd.cards()["ann"].stage == "dead_end"
    assert crowd.cards()["ann"].deals == ()
    assert (crowd.cards()["ben"].stage, len(crowd.cards()["ben"].deals)) == ("recycle_b", 1)


def test_what_came_of_mails_belongs_to_the_one_whose_time_it_was() -> None:
    early, late = (mailed("sent", at, sent) for at, sent in ((EARLY, "m1"), (NOW, "m2")))
    said = [early, mailed("replied", EARLY, "m1"), *human_click(EARLY, "m1"), late, *human_click(NOW, "m2")]
    crowd = Crowd().hears(*(replace(one, to="u1") for one in said), link("u1", "ann", EARLY), link("u1", "ben", LATE))
    given = {key: sorted((line.name, hit.what) for line in card.lines for hit in line.hits)
             for key, card in crowd.cards().items() if key != "u1"}  # fmt: skip
    assert given == {"ann": [("mail_click", "m1"), ("mail_reply", "m1")], "ben": [("mail_click", "m2")]}
    sent = {key: [mark.at for body in live(row.absorbed).values() for mark in body.body.mail.marks["sent"]]
            for key, row in crowd.rows.items() if key != "u1"}  # fmt: skip
    assert sent == {"ann": [EARLY], "ben": [NOW]}


@pytest.mark.parametrize("email_first", [True, False])
def test_an_alias_points_to_another_user_and_an_email_outranks_it(email_first: bool) -> None:
    alias, email = link("u1", "u2", EARLY, by="alias"), link("u1", "ann", LATE)
    crowd = Crowd().hears(at_work("u1", NOW), at_work("u2", NOW), alias)
    assert stands(crowd) == {"u2": [("/u1", NOW), ("/u2", NOW)]}
    crowd = Crowd().hears(at_work("u1", NOW), at_work("u2", NOW), *([email, alias] if email_first else [alias, email]))
    assert stands(crowd) == {"ann": [("/u1", NOW)], "u2": [("/u2", NOW)]}


def test_links_are_followed_one_after_another() -> None:
    crowd = Crowd().hears(at_work("u1", NOW), link("u1", "u2", by="alias"), link("u2", "ann"), merge("ann", "ben"))
    assert stands(crowd) == {"ben": [("/u1", NOW)]}
    assert crowd.cards()["ben"].aliases == ("ann", "u1", "u2")


@pytest.mark.parametrize(("trust", "whose"), [("claimed", "u1"), ("proven", "ann")])
@pytest.mark.parametrize("by", ["alias", "email"])
def test_a_claimed_link_counts_for_nothing_where_identities_must_be_signed(by: str, trust: str, whose: str) -> None:
    """Law 9."""
    crowd = Crowd(rules=SIGNED).hears(at_work("u1", NOW), link("u1", "ann", by=by, trust=trust))
    assert list(stands(crowd)) == [whose]


def test_a_link_without_anything_to_forward_says_nothing() -> None:
    row, effects = lead.fold("u1", None, [link("u1", "ann")], version=Version(0, 1), rules=RULES)
    assert effects.touches == ()
    assert (effects.leads, effects.transitions, row.moves) == ((), (), ())


def test_a_merge_brings_everything_and_the_absorbed_stands_for_nobody() -> None:
    crowd = Crowd().hears(at_work("ann", LATE), at_work("ben", NOW, email="ben@other.example"))
    lost = deal("lost", at=EARLY, account_id="third.example")
    crowd.hears(of_deal(lost, offset=1, to="ann"), decided("dead_end", "student", at=NOW - HOUR, to="ann"))
    assert crowd.members(ACME) == {"ann"}
    before = crowd.card("ben")
    crowd.hears(merge("ann", "ben", NOW + 5))
    ann, ben = crowd.card("ann"), crowd.card("ben")
    assert ann is not None
    assert ben is not None
    assert before is not None
    assert (ann.merged_into, ann.stage, ann.hot, ann.wake_at) == ("ben", "merged", False, None)
    assert (ann.score_tenths, ann.fit, ann.day_before_tenths) == (0, 0, 0)
    assert all(line.hits == () for line in ann.lines)
    assert seen(ann) == [("/ann", LATE)]  # its history is told
    assert (ann.moves[0].rule_id, ann.moves[0].via, ann.moves[0].actor) == ("M1", "merged", "sam")
    assert (ann.moves[0].evidence, ann.moves[0].effective_at) == (("merged:ben",), NOW + 5)
    assert ann.moves[0].skipped == ()
    assert crowd.members(ACME) == set()
    assert (ben.stage, ben.deals, ben.aliases) == ("dead_end", (lost,), ("ann",))
    assert (ben.email, ben.account_id) == ("ben@other.example", OTHER)  # of two e-mails its own
    assert crowd.members(OTHER) == {"ben"} == crowd.members("third.example")
    said = crowd.accounts[OTHER, "ben"]
    assert isinstance(said, LeadStanding)
    assert said.member is not None
    assert said.member.aliases == ("ann",)
    assert seen(ben) == [("/ann", LATE), ("/ben", NOW)]
    assert sum(line.tenths for line in ben.lines) == ben.score_tenths > before.score_tenths


def test_an_un_merge_gives_everything_back_exactly_with_what_came_meanwhile() -> None:
    crowd = Crowd().hears(at_work("ann", LATE), at_work("ben", NOW, email="ben@other.example"))
    never = Crowd().hears(at_work("ann", LATE), at_work("ben", NOW, email="ben@other.example"))
    crowd.hears(merge("ann", "ben", NOW + 5))
    meanwhile = at_work("ann", LATE, NOW, offset=2, as_of=NOW + 6)
    crowd.hears(meanwhile, merge("ann", "", NOW + 7))
    later = at_work("ann", LATE, NOW, NOW + 8, offset=3, as_of=NOW + 8)
    ticks = [Tick(to=one, at=NOW + 9) for one in ("ann", "ben")]
    crowd.hears(later, *ticks)
    never.hears(meanwhile, later, *ticks)
    for who in ("ann", "ben"):
        assert shown(crowd.cards()[who]) == shown(never.cards()[who])
        assert crowd.cards()[who].stage == never.cards()[who].stage == "nurture"
    assert crowd.members(ACME) == {"ann"}
    back = crowd.cards()["ann"].moves[0]
    assert (back.from_stage, back.to_stage, back.rule_id, back.via) == ("merged", "nurture", "M2", "unmerged")
    assert (back.actor, back.effective_at, back.skipped) == ("sam", NOW + 7, ())


@pytest.mark.parametrize("newest", ["ben", "cem", ""])
def test_the_newest_order_wins_whatever_comes_first(newest: str) -> None:
    orders = [merge("ann", "ben", NOW), merge("ann", "cem", NOW + 1), merge("ann", newest, NOW + 2)]
    for said in (orders, orders[::-1]):
        assert list(stands(Crowd().hears(at_work("ann", NOW), *said))) == [newest or "ann"]


def test_an_order_to_be_oneself_undoes_a_link_and_an_order_taken_back_lets_it_count_again() -> None:
    crowd = Crowd().hears(at_work("u1", NOW), link("u1", "ann"))
    assert list(stands(crowd)) == ["ann"]
    assert list(stands(crowd.hears(merge("u1", "u1", NOW + 1)))) == ["u1"]
    assert list(stands(crowd.hears(link("u1", "ben", NOW + 2)))) == ["u1"]
    assert list(stands(crowd.hears(merge("u1", "", NOW + 3)))) == ["ann"]


def test_an_mql_stays_one_in_the_lead_that_absorbs_it_and_an_un_merge_corrects_that() -> None:
    """The latch travels with its evidence: points that faded meanwhile demote nobody, and an un-merge takes it back."""
    crowd = Crowd().hears(browser(did(points=ENOUGH, email="ann@acme.example"), offset=1, visitor="v-ann", to="ann"))
    crowd.hears(at_work("ben", NOW), Tick(to="ann", at=NOW + 60 * DAY))
    assert crowd.cards()["ann"].stage == "mql"
    assert crowd.cards()["ann"].score_tenths < 1_000
    crowd.hears(merge("ann", "ben", NOW + 60 * DAY))
    assert (crowd.cards()["ben"].stage, crowd.cards()["ben"].moves[0].rule_id) == ("mql", "T3")
    assert crowd.cards()["ben"].moves[0].evidence[0].startswith("score 1")
    crowd.hears(merge("ann", "", NOW + 61 * DAY))
    assert (crowd.cards()["ben"].stage, crowd.cards()["ben"].moves[0].via) == ("nurture", "correction")
    assert crowd.cards()["ann"].stage == "mql"


def test_a_score_that_only_both_together_reach_is_taken_back_by_an_un_merge() -> None:
    """Also where the evidence came through a lead that the absorbed one had absorbed."""
    half = hits("pricing_page", NOW, NOW - DAY, NOW - 2 * DAY) | hits("form", NOW)
    rest = hits("comparison_page", NOW, NOW - DAY) | hits("request", NOW)
    crowd = Crowd().hears(
        browser(did(points=half, email="ben@acme.example"), offset=1, visitor="v-ben", to="ben"),
        browser(did(points=rest, email="cem@acme.example"), offset=1, visitor="v-cem", to="cem"),
        at_work("ann", NOW), merge("ann", "ben"), merge("cem", "ann"),
    )  # fmt: skip
    assert crowd.cards()["ben"].stage == "mql"
    crowd.hears(merge("cem", "", NOW + 1))
    assert (crowd.cards()["ben"].stage, crowd.cards()["ben"].moves[0].via) == ("nurture", "correction")
    assert list(stands(crowd)) == ["ben"]


CIRCLES = [
    pytest.param(["ann>ben", "ben>ann"], {"ann"}, id="two"),
    pytest.param(["ann>ben", "ben>cem", "cem>ann"], {"ann"}, id="three"),
    pytest.param(["cem>ben", "ben>ann", "ann>cem", "dan>cem"], {"ann"}, id="three and one that leads in"),
    pytest.param(["ben>cem", "cem>ben", "ann>cem"], {"ben"}, id="a smaller one only leads in"),
    pytest.param(["ann>ben", "ben>ann", "cem>dan", "dan>cem"], {"ann", "cem"}, id="two circles"),
]


@pytest.mark.parametrize(("said", "roots"), CIRCLES)
def test_a_circle_is_quiet_and_its_smallest_lead_stands_for_all(said: list[str], roots: set[str]) -> None:
    names = sorted({name for one in said for name in one.split(">")})
    work = [at_work(name, NOW) for name in names]
    orders = [merge(*one.split(">")) for one in said]
    for crowd in (Crowd().hears(*work, *orders), Crowd().hears(*orders, *work)):
        assert set(stands(crowd)) == roots
        assert sorted(path for pages in stands(crowd).values() for path, _ in pages) == [f"/{name}" for name in names]
        crowd.hears(at_work("ann", NOW, NOW + 1, offset=2, as_of=NOW + 1))
        assert sum(len(pages) for pages in stands(crowd).values()) == len(names) + 1
        assert crowd.members(ACME) == roots


@pytest.mark.parametrize(("said", "roots"), CIRCLES)
def test_a_circle_that_is_opened_leaves_nothing_behind(said: list[str], roots: set[str]) -> None:
    names = sorted({name for one in said for name in one.split(">")})
    work = [at_work(name, NOW) for name in names]
    crowd = Crowd().hears(*work, *(merge(*one.split(">")) for one in said))
    for one in said:
        crowd.hears(merge(one.split(">")[0], "", NOW + 1))
    assert stands(crowd) == {name: [(f"/{name}", NOW)] for name in names}
    assert all(crowd.cards()[name].aliases == () for name in names)
    assert crowd.members(ACME) == set(names)


def test_a_circle_whose_smallest_lead_has_nothing_stands_in_one_that_has() -> None:
    crowd = Crowd().hears(merge("ann", "ben"), merge("ben", "ann"), at_work("ben", NOW))
    assert stands(crowd) == {"ben": [("/ben", NOW)]}
    crowd.hears(at_work("ann", NOW))
    assert stands(crowd) == {"ann": [("/ann", NOW), ("/ben", NOW)]}


def test_what_enters_an_empty_circle_stands_where_it_enters() -> None:
    crowd = Crowd().hears(merge("ann", "ben"), merge("ben", "ann"), merge("cem", "ben"), at_work("cem", NOW))
    assert stands(crowd) == {"ben": [("/cem", NOW)]}
    crowd.hears(at_work("dan", NOW), merge("dan", "ann"))
    assert stands(crowd) == {"ann": [("/cem", NOW), ("/dan", NOW)]}


def test_very_many_user_ids_of_one_email_stay_bounded_and_nothing_is_lost_or_doubled() -> None:
    crowd = Crowd()
    for n in range(40):
        crowd.hears(at_work(f"u{n:02}", NOW - n * HOUR, as_of=NOW + n), link(f"u{n:02}", "ann"))
    row = crowd.rows["ann"]
    assert len(row.absorbed) == 16
    card = crowd.cards()["ann"]
    assert len({page.hit_id for page in card.pages}) == len(card.pages)
    assert all(len({hit.hit_id for hit in line.hits}) == len(line.hits) for line in card.lines)
    again = at_work("u00", NOW, offset=2, as_of=NOW + 50)
    assert crowd.hears(again).cards()["ann"].score_tenths == card.score_tenths
