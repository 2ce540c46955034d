"""The explanation of every golden journey adds up, and each of its hits can be taken away alone."""

import pytest

from schemas.cards import LeadCard, ScoreLine
from schemas.touches import VoidOrder
from streams.core.lead import fold as lead
from streams.core.score.explained import explained, headline_of
from tests.unit.core.journeys.telling import NAMES, played


def rules_of(card: LeadCard) -> dict[str, ScoreLine]:
    return {line.name: line for line in card.lines if line.kind == "rule"}


@pytest.mark.parametrize("name", NAMES)
def test_every_card_of_the_journey_explains_itself(name: str) -> None:
    core = played(name)
    for card in core.leads.values():
        assert sum(line.tenths for line in card.lines) == card.score_tenths
        text = explained(card)
        assert text.startswith(headline_of(card))
        assert all(f"{line.tenths / 10:>6.1f} {line.label}" in text for line in card.lines)
        for line in card.lines:
            assert all(hit.at <= card.as_of and (not hit.set_aside or not hit.points_hundredths) for hit in line.hits)
            assert len({hit.hit_id for hit in line.hits}) == len(line.hits)


@pytest.mark.parametrize("name", NAMES)
def test_a_hit_that_is_void_changes_only_its_rules(name: str) -> None:
    core = played(name)
    for card in core.leads.values():
        row = core.rows["leads"][card.lead_id]
        version = row.version._replace(offset=row.version.offset + 1)
        for hit_id in {hit.hit_id for line in card.lines for hit in line.hits}:
            order = VoidOrder(to=card.lead_id, hit_id=hit_id, at=row.as_of, actor="olga", reason="a test")
            after = lead.fold(card.lead_id, row, [order], version=version, rules=core.rules).effects.leads[0]
            assert sum(line.tenths for line in after.lines) == after.score_tenths
            assert after.fit == card.fit
            lines = rules_of(after)
            for line in rules_of(card).values():
                if all(hit.hit_id != hit_id for hit in line.hits):
                    assert lines[line.name] == line
                else:
                    assert {hit.set_aside for hit in lines[line.name].hits if hit.hit_id == hit_id} <= {
                        "void: a test", *(hit.set_aside for hit in line.hits if hit.hit_id == hit_id and hit.set_aside)
                    }  # fmt: skip
