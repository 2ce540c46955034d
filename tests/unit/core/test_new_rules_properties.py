"""Whatever rules are published, whenever: what brings no news announces nothing, and rows are what messages say."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.activity import Version
from schemas.posts import Post
from schemas.touches import Tick
from streams.core.account import fold as account
from streams.core.account.fold import Account
from streams.core.lead import fold as lead
from streams.core.lead.fold import Lead
from streams.core.returns.strength import EXCLUDED
from streams.core.rules import Rules
from tests.unit.core import told_at_random as some
from tests.unit.core.made import ANN, RULES
from tests.unit.core.publishing import SEVERAL
from tests.unit.core.test_lead_properties import content
from tests.unit.core.told import ACME

ALL = (RULES, *SEVERAL)


@st.composite
def publications(draw: st.DrawFn, blocks: int) -> list[list[Rules]]:
    """Behind each block the rules that are published there, one after another."""
    found = st.lists(st.sampled_from(ALL), max_size=2)
    return [draw(found) for _ in range(blocks)]


class Told:
    """One row, its rules, and what was announced by folds that brought nothing but rules."""

    def __init__(self, fold: Any, key: str) -> None:
        self.fold, self.key = fold, key
        self.rules = RULES
        self.row: Any = None
        self.offset = 0

    def hears(self, *messages: Any) -> Any:
        self.offset += 1
        folded = self.fold(self.key, self.row, messages, version=Version(0, self.offset), rules=self.rules)
        self.row = folded.row
        return folded.effects

    def published(self, rules: Rules) -> Any:
        """The tick that follows brings no time: only the rules are others."""
        self.rules = rules
        return self.hears(Tick(to=self.key, at=0))


@settings(max_examples=60)
@given(sent=some.touches(), data=st.data())
def test_rules_alone_move_no_lead(sent: list[Any], data: st.DataObject) -> None:
    blocks: Sequence[Any] = data.draw(some.arrivals(sent))
    told, plain = Told(lead.fold, ANN), Told(lead.fold, ANN)
    for block, several in zip(blocks, data.draw(publications(len(blocks))), strict=True):
        told.hears(*block)
        for rules in several:
            before: Lead = told.row
            effects = told.published(rules)
            assert effects.transitions == ()
            assert told.row.moves == before.moves
            assert told.row.latches == before.latches
            assert told.row.rules_version == rules.version
            for card in effects.leads:
                assert card.rules_version == rules.version
                assert card.stage == card.moves[0].to_stage
                assert sum(line.tenths for line in card.lines) == card.score_tenths
                assert card.wake_at is None or card.wake_at > card.as_of
                assert told.row.held_back != card.stage
    for block in blocks:
        plain.rules = told.rules
        plain.hears(*block)
    if told.row is not None:
        assert content(told.row)[:4] == content(plain.row)[:4]


@settings(max_examples=60)
@given(sent=some.signals(), data=st.data())
def test_rules_alone_raise_no_alert(sent: list[Any], data: st.DataObject) -> None:
    blocks: Sequence[Any] = data.draw(some.arrivals(sent))
    told = Told(account.fold, ACME)
    for block, several in zip(blocks, data.draw(publications(len(blocks))), strict=True):
        told.hears(*block)
        for rules in several:
            before: Account = told.row
            effects = told.published(rules)
            assert not any(isinstance(one, Post) for one in effects.posts)
            assert told.row.rules_version == rules.version
            assert (told.row.announced_at, told.row.announced) == (before.announced_at, before.announced)
            assert [(one.deal_id, one.number) for one in told.row.episodes] == [
                (one.deal_id, one.number) for one in before.episodes
            ]
            for was, now in zip(before.episodes, told.row.episodes, strict=True):
                assert (now.level, now.posts) == (was.level, was.posts)
                set_aside = now.status == "dismissed" and now.card.closed_reason == EXCLUDED
                assert set_aside or now.status in {was.status, "expired"}
            assert {card.status for card in effects.alerts} <= {"expired", "dismissed"}
