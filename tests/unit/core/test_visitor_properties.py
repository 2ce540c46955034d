"""Any order, any copies, any blocks, any crash: the same row, the same standings, the same score and explanation."""

from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.activity import Version
from schemas.codec import encode
from schemas.touches import LeadLink, VisitorStanding
from streams.core.effects import NOTHING, Folded
from streams.core.events.facts import Facts
from streams.core.rows import ROWS
from streams.core.score.scoring import Doings, score
from streams.core.visitor import fold as visitor
from streams.core.visitor.fold import Visitor
from tests.unit.core import strategies as some
from tests.unit.core.made import NOW, RULES

ZERO = Version(0, 0)


def folded(blocks: Sequence[Sequence[Facts]]) -> tuple[Visitor | None, dict[str, VisitorStanding]]:
    """The row after these blocks, and what each lead holds of it: its newest standing."""
    row: Visitor | None = None
    held: dict[str, VisitorStanding] = {}
    for offset, block in enumerate(blocks):
        row = heard(visitor.fold("v1", row, block, version=Version(0, offset), rules=RULES), held)
    return row, held


def heard(told: Folded[Visitor], held: dict[str, VisitorStanding]) -> Visitor:
    for standing in told.effects.touches:
        if isinstance(standing, LeadLink):  # a fact: whoever hears it twice knows no more
            continue
        assert isinstance(standing, VisitorStanding)
        before = held.get(standing.to)
        if before is None or standing.version >= before.version:
            held[standing.to] = standing
    return told.row


def content(row: Visitor | None) -> Visitor | None:
    return None if row is None else replace(row, version=ZERO, gone={})


def known(held: dict[str, VisitorStanding]) -> dict[str, VisitorStanding]:
    """What leads know, without versions and without those who know that they have no part in it."""
    return {lead: replace(one, version=ZERO) for lead, one in held.items() if one.activity is not None}


@given(sent=st.lists(some.of_one_person, max_size=40), data=st.data())
def test_order_copies_and_blocks_do_not_matter_with_one_identity(sent: list[Facts], data: st.DataObject) -> None:
    """However much there is: walks overflow here."""
    row, held = folded([sent] if sent else [])
    again, heard_again = folded(data.draw(some.arrivals(sent)))
    assert content(again) == content(row)
    assert known(heard_again) == known(held)


@given(sent=st.lists(some.anything, max_size=16), data=st.data())
def test_order_copies_and_blocks_do_not_matter_with_late_and_second_identities(
    sent: list[Facts], data: st.DataObject
) -> None:
    row, held = folded([sent] if sent else [])
    again, heard_again = folded(data.draw(some.arrivals(sent)))
    assert content(again) == content(row)
    assert known(heard_again) == known(held)


@given(sent=st.lists(some.anything, min_size=1, max_size=16), data=st.data())
def test_a_crash_at_any_point_changes_nothing(sent: list[Facts], data: st.DataObject) -> None:
    """The row of any block may be what survived; what came after it comes again. Leads heard what was said before."""
    blocks = data.draw(some.arrivals(sent))
    row, held = folded(blocks)
    survived, crashed = sorted((data.draw(st.integers(0, len(blocks))), data.draw(st.integers(0, len(blocks)))))
    restored, heard_again = folded(blocks[:survived])
    before_crash = folded(blocks[:crashed])[1]
    if restored is not None:
        restored = ROWS["visitors"].decode(ROWS["visitors"].encode(restored))
    heard_again = heard_again | before_crash
    committed = data.draw(st.integers(0, survived))
    for offset in range(committed, len(blocks)):
        told = visitor.fold("v1", restored, blocks[offset], version=Version(0, offset), rules=RULES)
        restored = heard(told, heard_again)
    assert restored == row
    assert known(heard_again) == known(held)


@given(sent=st.lists(some.anything, min_size=1, max_size=12))
def test_what_comes_again_changes_nothing_and_is_said_again(sent: list[Facts]) -> None:
    first = visitor.fold("v1", None, sent, version=Version(0, 5), rules=RULES)
    again = visitor.fold("v1", first.row, sent, version=Version(0, 5), rules=RULES)
    newer = visitor.fold("v1", first.row, sent, version=Version(0, 6), rules=RULES)
    assert again.row is first.row
    assert newer.row is first.row
    told = [encode(one) for one in again.effects.touches]
    assert {encode(one) for one in first.effects.touches} <= set(told)
    assert newer.effects == NOTHING


@given(sent=st.lists(some.anything, max_size=40), data=st.data())
def test_the_explanation_adds_up_and_no_bound_is_exceeded(sent: list[Facts], data: st.DataObject) -> None:
    row, held = folded(data.draw(some.arrivals(sent)))
    assert row is None or (len(row.claims) <= 16 and len(row.links) <= 16 and len(row.former) <= 32)
    for standing in held.values():
        done = standing.activity
        if done is None:
            continue
        as_of = row.as_of if row else NOW
        told = score(Doings({"v1": done}), traits=done.traits, as_of=as_of, epoch_at=None, rules=RULES)
        assert sum(line.tenths for line in told.lines) == told.total_tenths
        for line in told.lines:
            assert len(line.hits) <= line.keep or line.kind != "rule"
            assert len({hit.hit_id for hit in line.hits}) == len(line.hits)
        assert -500 <= told.engagement_tenths <= 1000
        assert 0 <= told.fit <= 50
        assert len(done.pages) <= 16 * 4 + 10 * 8 + 4 * 8 + 8
        assert all(len(kept) <= RULES.scoring.keeps[name].most for name, kept in done.hits.items())


@given(sent=st.lists(some.anything, max_size=16))
def test_no_hit_belongs_to_two_leads(sent: list[Facts]) -> None:
    """Nothing counts twice, whoever used the browser and however often an event was sent again."""
    row, _ = folded([sent] if sent else [])
    owners: dict[int, set[str]] = {}
    for lead, done in (row.by_lead if row else {}).items():
        for hit_id in [hit.hit_id for kept in done.hits.values() for hit in kept] + [one.hit_id for one in done.pages]:
            owners.setdefault(hit_id, set()).add(lead)
    assert [ids for ids in owners.values() if len(ids) > 1] == []
