"""Whatever a row holds and whatever rules are tried on it: the trial says what publishing makes of it."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.activity import Version
from schemas.touches import Tick
from streams.core.account import fold as account
from streams.core.account.fold import Account
from streams.core.backtest.comparison import Comparing
from streams.core.backtest.two_rules import account_by_two, lead_by_two, seen_by_two
from streams.core.days import DAY_MS
from streams.core.flow.crossings import counted_at, reach_of, thresholds
from streams.core.lead import fold as lead
from streams.core.lead.fold import Lead
from streams.core.rules import Rules
from tests.unit.core import told_at_random as some
from tests.unit.core.made import ANN, RULES
from tests.unit.core.publishing import SEVERAL
from tests.unit.core.told import ACME


def folded(fold: Any, key: str, blocks: Sequence[Any]) -> Any:
    row = None
    for offset, block in enumerate(blocks):
        row = fold(key, row, block, version=Version(0, offset), rules=RULES).row
    return row


@settings(max_examples=40)
@given(sent=some.touches(), rules=st.sampled_from(SEVERAL), later=st.integers(0, 40 * DAY_MS), data=st.data())
def test_a_lead_by_other_rules_is_what_publishing_makes_of_it(
    sent: list[Any], rules: Rules, later: int, data: st.DataObject
) -> None:
    row: Lead = folded(lead.fold, ANN, data.draw(some.arrivals(sent)))
    if row is None:
        return
    now = row.as_of + later
    seen, views = seen_by_two(ANN, row, (RULES, rules), now=now)
    found = lead_by_two(ANN, seen, (RULES, rules), views=views)
    for side, published in ((0, RULES), (1, rules)):
        effects = lead.fold(ANN, row, [Tick(to=ANN, at=now)], version=Version(0, 10_000), rules=published).effects
        for card in effects.leads:
            if card.merged_into or found is None:
                continue
            assert (found.was, found.is_now)[side] == card.score_tenths
            if card.crossed_by_rules is not None:
                assert (found.was_above, found.is_above)[side]
    if found is not None and not found.lines:
        assert found.was == found.is_now


@settings(max_examples=40)
@given(sent=some.touches(), rules=st.sampled_from((RULES, *SEVERAL)), later=st.integers(0, 40 * DAY_MS),
       data=st.data())  # fmt: skip
def test_fewer_cross_a_higher_threshold_and_each_lead_at_most_once(
    sent: list[Any], rules: Rules, later: int, data: st.DataObject
) -> None:
    row: Lead = folded(lead.fold, ANN, data.draw(some.arrivals(sent)))
    if row is None:
        return
    asked = thresholds(rules.stages.qualified.total)
    reach = reach_of(ANN, row, now=row.as_of + later, rules=rules, lowest=asked[0])
    found = counted_at([reach], asked)
    assert set(found.counted.values()) | set(found.above.values()) <= {0, 1}
    above = [found.above[theta] for theta in asked]
    assert above == sorted(above, reverse=True)
    alone = [counted_at([replace(reach, began=-1)], asked).counted[theta] for theta in asked]
    assert alone == sorted(alone, reverse=True)


@settings(max_examples=40)
@given(sent=some.signals(), rules=st.sampled_from(SEVERAL), data=st.data())
def test_an_account_by_the_same_rules_differs_in_nothing(sent: list[Any], rules: Rules, data: st.DataObject) -> None:
    row: Account = folded(account.fold, ACME, data.draw(some.arrivals(sent)))
    if row is None:
        return
    same = account_by_two(ACME, row, (rules, rules), now=row.as_of)
    assert same is None or (not same.differs and same.lines == ())
    found = Comparing(RULES, rules, now=row.as_of)
    found.account(ACME, row)
    said = found.comparison()
    assert said.candidates <= 1
    assert said.alerts_gained + said.alerts_lost <= len(said.accounts) <= 1
    assert said.precision[1].of <= said.precision[0].of
    assert said.recall[1].hits <= said.recall[0].hits
