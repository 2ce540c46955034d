"""Anonymous visitors from listed office networks: of that company, nobody in particular, until somebody is named."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.activity import Version
from schemas.delivery import Trust
from schemas.signals import NetworkStanding
from streams.core.effects import Effects
from streams.core.events.facts import Facts, Filtered
from streams.core.rows import ROWS
from streams.core.visitor import fold as visitor
from streams.core.visitor.fold import Visitor
from streams.core.visitor.networks import network_of, with_networks
from tests.unit.core import strategies as some
from tests.unit.core.made import DAY, HOUR, NOW, RULES, delivery, engaged, example_rules, identify, page, routed

LISTED = example_rules(routing="""
own_domains = ["us.example"]
competitor_domains = ["rival.example"]
[[company]]
domains = ["acme.example", "acme-eu.example"]
[[network]]
domain = "acme-eu.example"
ranges = ["203.0.113.0/24", "2001:db8:1::/48"]
[[network]]
domain = "other.example"
ranges = ["198.51.100.0/24"]
[[network]]
domain = "us.example"
ranges = ["192.0.2.0/24"]
[[network]]
domain = "rival.example"
ranges = ["10.9.0.0/16"]
""")
NOTHING: Final[Mapping[str, Any]] = MappingProxyType({})
ACME, OTHER = "203.0.113.0", "198.51.100.0"


@pytest.mark.parametrize(("ip", "trust", "account"), [
    pytest.param(ACME, "claimed", "acme.example", id="of a company with two domains the first"),
    pytest.param("2001:db8:1::", "claimed", "acme.example", id="the new kind of address"),
    pytest.param("203.0.114.0", "claimed", "", id="beside it"),
    pytest.param(ACME, "proven", "", id="a server's address says nothing"),
    pytest.param("192.0.2.0", "claimed", "staff", id="our own office"),
    pytest.param("10.9.8.0", "claimed", "", id="a competitor's office"),
    pytest.param(None, "claimed", "", id="no address"),
    pytest.param("nonsense", "claimed", "", id="no address at all"),
])  # fmt: skip
def test_whose_network_it_is(ip: str | None, trust: Trust, account: str) -> None:
    assert network_of(ip, trust=trust, rules=LISTED) == account


def test_an_event_says_from_which_network_it_came() -> None:
    found = routed(page("/", NOW), delivery(ip=ACME), LISTED)
    assert isinstance(found, Facts)
    assert found.network == "acme.example"
    assert isinstance(nowhere := routed(page("/", NOW), delivery(ip=ACME), RULES), Facts)
    assert nowhere.network == ""


def test_what_comes_from_our_own_office_is_left_out() -> None:
    assert routed(page("/", NOW), delivery(ip="192.0.2.0"), LISTED) == Filtered("staff")
    assert isinstance(routed(page("/", NOW), delivery(ip="192.0.2.0", trust="proven"), LISTED), Facts)


def seen(event: dict[str, Any], ip: str | None = ACME, *, at: int = NOW) -> Facts:
    found = routed(event, delivery(at=at, ip=ip), LISTED)
    assert isinstance(found, Facts)
    return found


def hears(row: Visitor | None, *messages: Facts, offset: int) -> tuple[Visitor, Effects]:
    return visitor.fold("v1", row, messages, version=Version(0, offset), rules=LISTED)


def told(effects: Effects) -> dict[str, bool]:
    """Account -> whether somebody stands there."""
    return {one.to: one.member is not None for one in effects.signals if isinstance(one, NetworkStanding)}


def test_who_is_nobody_stands_for_the_company_of_the_network() -> None:
    """Ask A3."""
    row, effects = hears(None, seen(engaged("/pricing", NOW - HOUR)), offset=1)
    (said,) = effects.signals
    assert isinstance(said, NetworkStanding)
    assert (said.to, said.visitor_id, said.version, said.as_of) == ("acme.example", "v1", row.version, NOW)
    one = said.member
    assert one is not None
    assert (one.name, one.email, one.stage, one.dead_end, one.trust) == ("", "", "anonymous", False, "claimed")
    assert (one.engagement_tenths, one.score_tenths) == (110, 110)
    assert [day.at for day in one.days if day.active] == [NOW - HOUR]
    assert one.intents == (NOW - HOUR,)
    assert [seen_page.path for seen_page in one.pages] == ["/pricing"]


def test_who_comes_from_elsewhere_later_still_stands_there() -> None:
    row, _ = hears(None, seen(page("/", NOW)), offset=1)
    row, effects = hears(row, seen(page("/pricing", NOW + 1), None, at=NOW + 1), offset=2)
    assert told(effects) == {"acme.example": True}


def test_the_network_seen_last_counts_in_any_order() -> None:
    first, second = seen(page("/", NOW)), seen(page("/a", NOW + 1), OTHER, at=NOW + 1)
    for messages in ((first, second), (second, first)):
        row, _ = hears(None, messages[0], offset=1)
        row, effects = hears(row, messages[1], offset=2)
        assert told(effects) == {"other.example": True, "acme.example": False}
        assert row.networks == {"acme.example": NOW, "other.example": NOW + 1}


def test_somebody_who_is_named_stands_there_no_more() -> None:
    row, _ = hears(None, seen(page("/", NOW)), offset=1)
    named = seen(identify(NOW + 1, email="ann@acme.example"), at=NOW + 1)
    row, effects = hears(row, named, offset=2)
    assert told(effects) == {"acme.example": False}
    assert len(effects.touches) == 1
    again, effects = hears(row, named, offset=2)
    assert (again, told(effects)) == (row, {"acme.example": False})
    row, effects = hears(row, seen(page("/", NOW + 2), at=NOW + 2), offset=3)
    assert told(effects) == {}


def test_who_was_named_before_never_stood_there() -> None:
    row, _ = hears(None, seen(identify(NOW, email="ann@acme.example"), None), offset=1)
    row, effects = hears(row, seen(page("/", NOW + 1), at=NOW + 1), offset=2)
    assert told(effects) == {}


def test_without_a_listed_network_nothing_is_said_or_kept() -> None:
    row, effects = hears(None, seen(page("/", NOW), None), offset=1)
    assert (row.networks, effects) == ({}, Effects())


def test_4_networks_the_freshest_and_the_same_object_where_nothing_is_new() -> None:
    def fact(network: str, at: int) -> Facts:
        return Facts(to="v1", received_at=at, at=at, network=network)

    kept = with_networks({}, [fact(one, NOW + n) for n, one in enumerate("abcde")])
    assert kept == {one: NOW + n for n, one in enumerate("abcde") if n}
    assert with_networks(kept, [fact("e", NOW), fact("a", NOW), fact("", NOW + DAY)]) is kept


@st.composite
def visits(draw: st.DrawFn) -> list[Facts]:
    events = draw(st.lists(st.one_of(some.page_events(), some.page_events(), some.identify_events()), max_size=8))
    return [
        seen(event, draw(st.sampled_from((ACME, OTHER, None))), at=NOW + draw(st.integers(0, 3)) * HOUR)
        for event in events
    ]


def stands(
    blocks: list[list[Facts]], row: Visitor | None = None, *, start: int = 1, said: Mapping[str, Any] = NOTHING
) -> tuple[Visitor | None, dict[str, NetworkStanding]]:
    """The row, and what each account heard of it last, `said` before."""
    held: dict[str, NetworkStanding] = dict(said)
    for offset, block in enumerate(blocks, start):
        row, effects = hears(row, *block, offset=offset)
        for one in effects.signals:
            assert isinstance(one, NetworkStanding)
            if one.to not in held or one.version >= held[one.to].version:
                held[one.to] = one
    return row, held


def standing(held: dict[str, NetworkStanding]) -> dict[str, Any]:
    return {to: one.member for to, one in held.items() if one.member is not None}


@settings(max_examples=60)
@given(sent=visits(), data=st.data())
def test_order_copies_blocks_and_crashes_do_not_matter(sent: list[Facts], data: st.DataObject) -> None:
    if not sent:
        return
    one, held = stands([sent])
    blocks = data.draw(some.arrivals(sent))
    other, held_too = stands(blocks)
    assert one is not None
    assert other is not None
    assert other.networks == one.networks
    assert standing(held_too) == standing(held)
    cut = data.draw(st.integers(0, len(blocks)))
    survived, _ = stands(blocks[:cut])
    codec = ROWS["visitors"]
    restored = None if survived is None else codec.decode(codec.encode(survived))
    back = data.draw(st.integers(0, cut))
    _, committed = stands(blocks[:back])
    again, held_again = stands(blocks[back:], restored, start=back + 1, said=committed)
    assert (again, standing(held_again)) == (other, standing(held))
