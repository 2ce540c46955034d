"""Audiences: any order, copies and blocks end in the same membership; a crash neither loses nor doubles news.

Also of a lead that is erased on the way: it leaves all, once, and is told of no more.
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.activity import Version
from schemas.posts import LeadNews
from schemas.signals import PersonErased
from schemas.touches import EraseOrder
from streams.core.effects import Effects
from streams.core.lead import fold as lead
from streams.core.lead.fold import Lead
from streams.core.rows import ROWS
from streams.core.rules import load_rules
from tests.unit.core import told_at_random as some
from tests.unit.core.made import ANN, NAMING, NOW, example_files

LEADS = ROWS["leads"]
ERASE = EraseOrder(to=ANN, lead_id=ANN, at=NOW, actor="Olga")
# None of them asks for what a threshold decided on the way.
STATE = """
announce = ["lead.stage_changed", "lead.merged"]
[[audience]]
name = "some"
label = "Some points"
when = { field = "score", op = "at_least", value = 5 }
[[audience]]
name = "few"
label = "Few points"
when = { field = "score", op = "at_most", value = 20 }
[[audience]]
name = "deal"
label = "On a deal"
when = { field = "deal", op = "known", value = true }
[[audience]]
name = "priced"
label = "Read prices"
when = { any = [{ field = "page_kind", value = "pricing" }, { field = "lost_reason", value = "price" }] }
"""
STAGES = '[[audience]]\nname = "late"\nlabel = "Late"\nwhen = { field = "stage", value = ["mql", "meeting", "won"] }\n'
FIXED = load_rules(example_files() | {"audiences.toml": STATE}, naming=NAMING)
RULES = load_rules(example_files() | {"audiences.toml": STATE + STAGES}, naming=NAMING)


def leads(
    blocks: Sequence[Sequence[Any]], row: Lead | None = None, *, start: int = 0, rules: Any = RULES
) -> tuple[list[Lead], list[Effects]]:
    rows: list[Lead] = []
    said: list[Effects] = []
    for offset, block in enumerate(blocks, start):
        row, effects = lead.fold(ANN, row, block, version=Version(0, offset), rules=rules)
        rows.append(row)
        said.append(effects)
    return rows, said


def inside(row: Lead) -> frozenset[str]:
    newest: dict[str, bool] = {}
    for one in row.audience_moves:
        newest.setdefault(one.audience, one.is_in)
    return frozenset(name for name, is_in in newest.items() if is_in)


@settings(max_examples=60)
@given(sent=some.touches(), data=st.data())
def test_order_copies_and_blocks_do_not_matter_to_who_is_in(sent: list[Any], data: st.DataObject) -> None:
    if not sent:
        return
    one, other = leads([sent], rules=FIXED)[0][-1], leads(data.draw(some.arrivals(sent)), rules=FIXED)[0][-1]
    if bool(one.moves) == bool(other.moves) and one.stage == other.stage:
        assert inside(other) == inside(one)


@settings(max_examples=60)
@given(sent=some.touches(), data=st.data())
def test_changes_alternate_and_have_numbers_of_their_own(sent: list[Any], data: st.DataObject) -> None:
    rows, _ = leads(data.draw(some.arrivals(sent)))
    for row in rows:
        numbers = [one.number for one in row.audience_moves]
        assert numbers == sorted(set(numbers), reverse=True)
        of_each: dict[str, list[bool]] = {}
        for one in row.audience_moves:
            of_each.setdefault(one.audience, []).append(one.is_in)
        for changes in of_each.values():
            assert all(before != after for before, after in pairwise(changes))


@settings(max_examples=60)
@given(sent=some.touches(), data=st.data())
def test_an_erased_lead_is_in_none_and_whoever_follows_them_knows(sent: list[Any], data: st.DataObject) -> None:
    rows, said = leads(data.draw(some.arrivals([*sent, ERASE])))
    first = next(number for number, row in enumerate(rows) if row.erased is not None)
    assert all(inside(row) == frozenset() for row in rows[first:])
    newest: dict[str, bool] = {}
    for effects in said:
        news = [one for one in effects.posts if isinstance(one, LeadNews) and one.audience]
        newest |= {one.audience: one.kind == "audience.entered" for one in news}
    assert not any(newest.values())
    assert [one for effects in said[first + 1 :] for one in effects.posts if not isinstance(one, PersonErased)] == []


@settings(max_examples=60)
@given(sent=some.touches(), erases=st.booleans(), data=st.data())
def test_a_crash_at_any_point_neither_loses_nor_doubles_news(
    sent: list[Any], erases: bool, data: st.DataObject
) -> None:
    """Rows may have survived beyond the commit, and what those said may have got out or not."""
    blocks = data.draw(some.arrivals([*sent, ERASE] if erases else sent))
    rows, said = leads(blocks)
    committed, survived, got_out = data.draw(some.crashes(len(blocks)))
    restored = LEADS.decode(LEADS.encode(rows[survived - 1])) if survived else None
    _, said_again = leads(blocks[committed:], restored, start=committed)
    heard = [
        *said[:committed],
        *(one for one, out in zip(said[committed:survived], got_out, strict=True) if out),
        *said_again,
    ]
    told: dict[str, LeadNews] = {}
    for news in (post for effects in heard for post in effects.posts if isinstance(post, LeadNews)):
        assert told.setdefault(news.post_id, news) == news
    calm = {post.post_id for effects in said for post in effects.posts if isinstance(post, LeadNews)}
    assert told.keys() == calm
