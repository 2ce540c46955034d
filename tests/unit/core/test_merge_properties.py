"""Links, aliases, merges and un-merges between leads: any order, copies and crashes give the same rows and cards."""

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.touches import LeadLink, MergeOrder, Tick
from tests.unit.core.crowd import Crowd, shown, shuffled
from tests.unit.core.made import DAY, HOUR, NOW
from tests.unit.core.told import browser, deal, decided, did, hits, of_deal, read

LEADS = ("ann", "ben", "cem", "dan", "eve")
MAIL = {name: f"{name}@{name}.example" for name in LEADS}
TICKS = [Tick(to=lead_id, at=NOW + 10) for lead_id in LEADS]  # what passed on the way brought its time along
ats = st.builds(lambda hours: NOW - hours * HOUR, st.integers(0, 6))


@st.composite
def doings(draw: st.DrawFn) -> list[Any]:
    """What each lead did through a browser of its own, or several, in up to two versions."""
    said: list[Any] = []
    for who in draw(st.sets(st.sampled_from(LEADS), min_size=1)):
        for version in range(1, draw(st.integers(1, 2)) + 1):
            at = draw(ats)
            done = did(read(f"/{who}", at), points=hits("pricing_page", at), email=MAIL[who])
            gone = draw(st.integers(0, 5)) == 0
            told = None if gone else done
            said.append(browser(told, offset=version, visitor=f"v-{who}", to=who, as_of=NOW + version))
    if draw(st.booleans()):
        said.append(of_deal(deal("lost", at=NOW - DAY), offset=1, to=draw(st.sampled_from(LEADS))))
    if draw(st.booleans()):
        said.append(decided("dead_end", "student", at=draw(ats), to=draw(st.sampled_from(LEADS))))
    return said


@st.composite
def links(draw: st.DrawFn) -> LeadLink:
    one, other = draw(st.sampled_from(LEADS)), draw(st.sampled_from(LEADS))
    return LeadLink(to=one, lead_id=other, at=draw(ats), by=draw(st.sampled_from(("alias", "email"))), trust="claimed")


@st.composite
def merges(draw: st.DrawFn) -> MergeOrder:
    into = draw(st.sampled_from(("", *LEADS)))
    return MergeOrder(to=draw(st.sampled_from(LEADS)), into=into, at=draw(ats), actor=draw(st.sampled_from("XY")))


@settings(max_examples=60)
@given(done=doings(), said=st.lists(st.one_of(links(), merges(), merges()), max_size=7), seed=st.integers(0, 2**32))
def test_order_copies_and_crashes_do_not_matter(done: list[Any], said: list[Any], seed: int) -> None:
    chance = Random(seed)
    one = Crowd().hears(*done, *said).hears(*TICKS)
    other = Crowd(chance=chance).hears(*shuffled([*done, *said], chance)).hears(*TICKS)
    assert other.content() == one.content()
    assert other.cards().keys() == one.cards().keys()
    for key, card in one.cards().items():
        assert shown(other.cards()[key]) == shown(card)
    for account in {account for account, _ in one.accounts}:
        assert other.members(account) == one.members(account)


@settings(max_examples=60)
@given(done=doings(), orders=st.lists(merges(), max_size=6), said=st.lists(links(), max_size=4))
def test_everything_stands_once_whatever_circles_pointers_make(
    done: list[Any], orders: list[Any], said: list[Any]
) -> None:
    """Each page that somebody read is on the card of exactly one lead that stands for itself."""
    crowd = Crowd().hears(*done, *orders, *said)
    newest = {one.to: one for one in sorted((one for one in done if hasattr(one, "activity")), key=_version)}
    read_pages = sorted(page.hit_id for one in newest.values() if one.activity for page in one.activity.pages)
    assert sorted(page.hit_id for card in crowd.cards().values() for page in card.pages) == read_pages


@settings(max_examples=50)
@given(done=doings(), said=st.lists(st.one_of(links(), merges()), max_size=5), into=st.sampled_from(LEADS),
       whom=st.sampled_from(LEADS), seed=st.integers(0, 2**32))  # fmt: skip
def test_an_un_merge_leaves_nothing_behind(
    done: list[Any], said: list[Any], into: str, whom: str, seed: int
) -> None:
    """As if it had never been: the same rows, cards and accounts, also for what comes meanwhile and later."""
    early, late = done[: len(done) // 2], done[len(done) // 2 :]
    earlier = [one for one in said if not (isinstance(one, MergeOrder) and one.to == whom)]
    base = [MergeOrder(to=whom, into="", at=NOW, actor="sam")]
    never = Crowd().hears(*early, *earlier, *base, *late)
    merge = MergeOrder(to=whom, into=into, at=NOW + 1, actor="sam")
    back = MergeOrder(to=whom, into="", at=NOW + 2, actor="sam")
    undone = Crowd(chance=Random(seed)).hears(*early, *earlier, *base).hears(merge).hears(*late)
    undone.hears(back).hears(*TICKS)
    never.hears(back, *TICKS)
    assert undone.content() == never.content()
    assert {key: shown(card) for key, card in undone.cards().items()} == {
        key: shown(card) for key, card in never.cards().items()
    }
    for account in {account for account, _ in undone.accounts}:
        assert undone.members(account) == never.members(account)


def _version(said: Any) -> Any:
    return said.version
