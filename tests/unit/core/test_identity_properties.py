"""Who it was, through browsers and leads: claims, links, aliases, merges, un-merges, denials; any order, any crash."""

from random import Random
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.touches import MergeOrder, Tick
from streams.core.events.facts import Facts, Ordered
from tests.unit.core.crowd import Crowd, shown, shuffled
from tests.unit.core.made import HOUR, NAMING, NOW, alias, engaged, facts, identify

PEOPLE = ("ann@acme.example", "ben@acme.example")
USERS = ("u1", "u2", None)
BROWSERS = ("v1", "v2")
LEADS = (*(NAMING.lead_of_email(one) for one in PEOPLE), NAMING.lead_of_user("u1"), NAMING.lead_of_user("u2"))
TICKS = [Tick(to=lead_id, at=NOW + 10) for lead_id in LEADS]
ats = st.builds(lambda hours: NOW - hours * HOUR, st.integers(0, 9))


@st.composite
def doings(draw: st.DrawFn) -> Facts:
    at, who, user = draw(ats), draw(st.sampled_from(BROWSERS)), draw(st.sampled_from(USERS))
    match draw(st.sampled_from(("page", "page", "identify", "identify", "alias", "order"))):
        case "page":
            page = draw(st.sampled_from(("/pricing", "/a")))
            event = engaged(page, at, BROWSERS.index(who), who=who) | {"userId": user}
        case "identify":
            traits = {"email": draw(st.sampled_from(PEOPLE))} if draw(st.booleans()) else {}
            event = identify(at, who=who, user=user, **traits)
        case "alias":
            event = alias(draw(st.sampled_from(("u1", "u2", who))), user, at, who=who)
        case _:
            said = Ordered(draw(st.sampled_from(LEADS)), at, draw(st.sampled_from(("allow", "deny"))))
            return Facts(to=who, received_at=NOW, at=at, orders=(said,))
    return facts(event)


@st.composite
def merges(draw: st.DrawFn) -> MergeOrder:
    into = draw(st.sampled_from(("", *LEADS)))
    return MergeOrder(to=draw(st.sampled_from(LEADS)), into=into, at=draw(ats), actor="sam")


def told(crowd: Crowd) -> Any:
    """What people see: the cards of those who stand for themselves, and who stands at which account."""
    cards = {key: msgspec.to_builtins(shown(card)) for key, card in crowd.cards().items()}
    return cards, {account: crowd.members(account) for account, _ in crowd.accounts if crowd.members(account)}


@settings(max_examples=80)
@given(said=st.lists(doings(), max_size=9), orders=st.lists(merges(), max_size=3), seed=st.integers(0, 2**32))
def test_order_copies_and_crashes_do_not_matter_to_who_it_was(said: list[Any], orders: list[Any], seed: int) -> None:
    chance = Random(seed)
    one = Crowd().hears(*said, *orders).hears(*TICKS)
    other = Crowd(chance=chance).hears(*shuffled([*said, *orders], chance)).hears(*TICKS)
    assert other.content() == one.content()
    assert told(other) == told(one)


@settings(max_examples=80)
@given(said=st.lists(doings(), max_size=12), orders=st.lists(merges(), max_size=3))
def test_nothing_stands_for_two_and_only_what_is_nobodys_is_missing(said: list[Any], orders: list[Any]) -> None:
    crowd = Crowd().hears(*said, *orders)
    shown_pages = [page.hit_id for card in crowd.cards().values() for page in card.pages]
    owned = {
        page.hit_id
        for row in crowd.visitors.values() for lead_id, done in row.by_lead.items() if lead_id for page in done.pages
    }  # fmt: skip
    assert len(set(shown_pages)) == len(shown_pages)
    assert set(shown_pages) == owned
    for card in crowd.cards().values():
        assert sum(line.tenths for line in card.lines) == card.score_tenths


@settings(max_examples=60)
@given(said=st.lists(doings(), min_size=1, max_size=9), whom=st.sampled_from(LEADS), who=st.sampled_from(BROWSERS),
       seed=st.integers(0, 2**32))  # fmt: skip
def test_a_denial_that_is_taken_back_was_never_there(said: list[Any], whom: str, who: str, seed: int) -> None:
    said = [one for one in said if not one.orders]
    deny, allow = (
        Facts(to=who, received_at=NOW, at=NOW + n, orders=(Ordered(whom, NOW + n, kind),))
        for n, kind in enumerate(("deny", "allow"))  # type: ignore[arg-type]
    )
    half = len(said) // 2
    plain = Crowd().hears(*said).hears(allow, *TICKS)
    back = Crowd(chance=Random(seed)).hears(*said[:half]).hears(deny).hears(*said[half:]).hears(allow).hears(*TICKS)
    assert told(back) == told(plain)
