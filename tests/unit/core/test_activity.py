"""Everything that is kept of somebody: joining two is union within bounds."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.activity import Activity, Milestone, Trait
from streams.core.activity.activity import EMPTY, freshest_milestones, gather, join, newest_traits
from streams.core.events.facts import Facts
from tests.unit.core import strategies as some
from tests.unit.core.made import RULES, visited


def done(told: list[Facts]) -> Activity:
    return visited(told)[0].by_lead.get("", EMPTY) if told else EMPTY


activities = st.lists(some.anonymous, max_size=10).map(done)


@given(a=activities, b=activities, c=activities)
def test_joining_is_commutative_associative_and_idempotent(a: Activity, b: Activity, c: Activity) -> None:
    def both(one: Activity, other: Activity) -> Activity:
        return join(one, other, RULES)

    assert both(a, b) == both(b, a)
    assert both(both(a, b), c) == both(a, both(b, c)) == gather([c, a, b], RULES)
    assert both(a, a) == both(a, EMPTY) == a


@given(told=st.lists(some.anonymous, max_size=10), more=st.lists(some.anonymous, max_size=10))
def test_joining_what_came_apart_is_what_came_together(told: list[Facts], more: list[Facts]) -> None:
    """Ask A1."""
    assert join(done(told), done(more), RULES) == done([*told, *more])


def test_the_newest_trait_wins_and_ties_by_value() -> None:
    old = {"title": Trait(1, "Manager"), "name": Trait(5, "Ann")}
    new = {"title": Trait(2, "CEO"), "name": Trait(5, "Bea")}
    expected = {"name": Trait(5, "Bea"), "title": Trait(2, "CEO")}
    assert newest_traits([old, new]) == newest_traits([new, old]) == expected


def test_of_too_many_traits_those_that_leadstream_reads_stay() -> None:
    many: dict[str, Any] = {f"x{n:02}": Trait(n, "y") for n in range(40)} | {"email": Trait(0, "a@b.example")}
    kept = newest_traits([many])
    assert len(kept) == 32
    assert {"email", "x39"} <= kept.keys()
    assert "x08" not in kept


def test_of_each_kind_of_milestone_the_eight_freshest_stay_each_once() -> None:
    said = [Milestone(n, kind, str(n % 20), "quote") for n in range(30) for kind in ("requested", "won")]
    kept = freshest_milestones(said)
    assert [one.at for one in kept if one.kind == "won"] == list(range(29, 21, -1))
    assert len(kept) == 16
