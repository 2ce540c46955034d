"""Costs: what a file of them says, how a bill falls on days, and what one result cost."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.core.flow.books import ANY, Cut, Wanted
from streams.core.flow.costs import Cost, costs_in, per_result, spent
from streams.core.rulebook.faults import RulesError
from streams.core.rulebook.returns_rules import ReturnsRules

RETURNS = ReturnsRules(currency="EUR", rates={"USD": 0.5})
FAIR = """
[[cost]]
medium = "fair"
program = "expo-26"
from = 2026-03-01
to = 2026-03-10
amount = 1000.00
note = "stand, and the travel there"

[[cost]]
medium = "search"
from = 2026-03-05
amount = 80
currency = "USD"
"""
MARCH = date(2026, 3, 1), date(2026, 3, 31)


def test_what_an_operator_wrote_is_spent_in_the_sites_currency() -> None:
    costs = costs_in(FAIR, RETURNS)
    assert spent(costs, *MARCH, wanted=ANY, returns=RETURNS) == {
        Cut("fair", "", "expo-26"): 1_000.0, Cut("search"): 40.0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("first", "last", "share"),
    [
        (date(2026, 3, 1), date(2026, 3, 10), 1_000.0), (date(2026, 3, 10), date(2026, 3, 31), 100.0),
        (date(2026, 2, 1), date(2026, 3, 3), 300.0), (date(2026, 3, 4), date(2026, 3, 4), 100.0),
        (None, date(2026, 3, 2), 200.0), (date(2026, 3, 11), date(2026, 3, 31), None),
        (date(2026, 2, 1), date(2026, 2, 28), None),
    ],
)  # fmt: skip
def test_a_bill_falls_evenly_on_its_days(first: date | None, last: date, share: float | None) -> None:
    assert costs_in(FAIR, RETURNS)[0].share(first, last) == share


@given(first=st.integers(0, 40), days=st.integers(0, 40), cut=st.integers(-5, 90))
def test_two_windows_that_meet_spend_what_both_do(first: int, days: int, cut: int) -> None:
    start = date(2026, 1, 1).toordinal()
    cost = Cost(medium="fair", amount=700, first=date.fromordinal(start + first),
                last=date.fromordinal(start + first + days))  # fmt: skip
    here, there = date.fromordinal(start + cut), date.fromordinal(start + cut + 1)
    both = (cost.share(None, here) or 0.0) + (cost.share(there, date(2027, 1, 1)) or 0.0)
    assert both == pytest.approx(700)


def test_only_what_was_spent_on_who_is_asked_for_counts() -> None:
    costs = costs_in(FAIR, RETURNS)

    def of(**wanted: str) -> list[Cut]:
        return list(spent(costs, *MARCH, wanted=Wanted(**wanted), returns=RETURNS))

    assert of(medium="search") == [Cut("search")]
    assert of(program="expo-26") == [Cut("fair", "", "expo-26")]
    assert of(program="") == [Cut("search")]
    assert of(segment="batch") == []  # nobody knows
    assert of(source="google") == []


def test_nothing_is_divided_by_nobody() -> None:
    assert per_result(100.0, 4) == 25.0
    assert per_result(0.0, 4) == 0.0
    assert per_result(100.0, 0) is None
    assert per_result(None, 4) is None


@pytest.mark.parametrize(
    ("was", "is_", "says"),
    [
        ("amount = 80", "amount = -1", "costs.toml:13"), ("amount = 80", "amount = nan", "costs.toml:13"),
        ("amount = 80", "amount = inf", "costs.toml:13"), ('"search"', '""', "costs.toml:11"),
        ('medium = "search"', 'medum = "search"', 'did you mean "medium"?'), ('"USD"', '"usd"', "costs.toml:14"),
        ('"USD"', '"CHF"', 'costs.toml:14: returns.toml has no rate for "CHF"'),
        ("to = 2026-03-10", "to = 2026-02-10", '"to" lies before "from"'), ("from = 2026-03-05", "", "costs.toml:10"),
        ("2026-03-05", '"March"', "costs.toml:12"), ("[[cost]]", "[cost]", "costs.toml:"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_by_its_line(was: str, is_: str, says: str) -> None:
    with pytest.raises(RulesError, match=r"^costs\.toml:\d+: ") as found:
        costs_in(FAIR.replace(was, is_), RETURNS)
    assert says in str(found.value)
