"""The roll-up of an account's engagement: who is in it, what networks and third parties add; nobody lowers it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.cards import RollUpLine
from schemas.signals import Intent, Member
from streams.core.account.roll_up import engagement_of, roll_up
from streams.core.account.row import Rest
from streams.core.rulebook.returns_rules import ReturnsRules
from tests.unit.core.made import DAY, NOW, RULES
from tests.unit.core.told import ACME, member

RULES_OF_RETURNS = RULES.returns


def warm(points: float, **more: object) -> Member:
    return member(engagement_tenths=round(10 * points), **more)


def lines(
    members: dict[str, Member] | None = None, *, rest: dict[str, Rest] | None = None,
    networks: dict[str, Member] | None = None, intent_at: int | None = None, rules: ReturnsRules = RULES_OF_RETURNS,
) -> list[tuple[str, int]]:  # fmt: skip
    intent = None if intent_at is None else Intent(to=ACME, intent_id="i1", at=intent_at)
    found = roll_up(members or {}, rest=rest or {}, networks=networks or {}, intent=intent, as_of=NOW, rules=rules)
    return [(line.who, line.tenths) for line in found]


def engagement(points: list[int]) -> int:
    return engagement_of([RollUpLine(who="", tenths=tenths) for tenths in points])


def test_the_worked_example() -> None:
    assert engagement([800, 500, 300, 200]) == 944


def test_the_five_strongest_ties_by_the_smaller_id() -> None:
    people = {who: warm(20) for who in ("f", "e", "d", "c", "b")} | {"a": warm(10), "z": warm(30)}
    assert lines(people) == [("z", 300), ("b", 200), ("c", 200), ("d", 200), ("e", 200)]


def test_nobody_at_a_dead_end_nobody_silenced_and_nobody_cold() -> None:
    people = {"a": warm(80, dead_end=True), "b": warm(70, silenced=True), "c": warm(0), "d": warm(-20), "e": warm(0.1)}
    assert lines(people) == [("e", 1)]


def test_a_member_counts_a_hundred_points_at_most() -> None:
    assert lines({"a": warm(140)}) == [("a", 1_000)]


def test_a_visitor_of_the_companys_network_weighs_a_third() -> None:
    assert lines({"a": warm(10)}, networks={"v1": warm(50), "v2": warm(5.5)}) == [
        ("network:v1", 150), ("a", 100), ("network:v2", 17),
    ]  # fmt: skip
    assert engagement([150]) == 150


def test_the_weight_of_networks_is_a_rule() -> None:
    rules = replace(RULES_OF_RETURNS, network_weight=0.5)
    assert lines(networks={"v1": warm(50)}, rules=rules) == [("network:v1", 250)]


@pytest.mark.parametrize(("age_days", "tenths"), [(0, 100), (30, 50), (60, 25), (10, 79), (-1, 100)])
def test_what_a_third_party_saw_is_one_more_member_and_fades(age_days: int, tenths: int) -> None:
    assert lines(intent_at=NOW - age_days * DAY) == [("intent:i1", tenths)]


def test_intent_that_is_worth_nothing_any_more_is_left_out() -> None:
    assert lines(intent_at=NOW - 400 * DAY) == []


def test_points_and_half_life_of_intent_are_rules() -> None:
    rules = replace(RULES_OF_RETURNS, intent_points=20, intent_half_life_days=10)
    assert lines(intent_at=NOW - 10 * DAY, rules=rules) == [("intent:i1", 100)]


def test_people_beyond_the_64_are_in_it() -> None:
    rest = {
        "r1": Rest("mql", counts=True, engagement_tenths=300, fit=0, fit_company=0, active_at=0, human_at=0),
        "r2": Rest("dead_end", counts=False, engagement_tenths=900, fit=0, fit_company=0, active_at=0, human_at=0),
    }
    assert lines({"a": warm(10)}, rest=rest) == [("r1", 300), ("a", 100)]


scores = st.integers(-500, 1_200)


@given(st.lists(scores, max_size=8), scores, st.booleans(), st.booleans())
def test_it_never_falls_when_a_colleague_joins(points: list[int], more: int, dead: bool, anonymous: bool) -> None:
    people = {f"p{n}": member(engagement_tenths=one) for n, one in enumerate(points)}
    joins = {"new": member(engagement_tenths=more, dead_end=dead)}

    def rolled(members: dict[str, Member], networks: dict[str, Member]) -> int:
        found = roll_up(members, rest={}, networks=networks, intent=None, as_of=NOW, rules=RULES_OF_RETURNS)
        return engagement_of(found)

    before = rolled(people, {})
    after = rolled(people, joins) if anonymous else rolled(people | joins, {})
    assert 0 <= before <= after <= 1_000
    assert before >= max((min(max(one, 0), 1_000) for one in points), default=0)
