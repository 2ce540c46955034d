"""Keys that stand twice: whatever an event looks like, the short look misses none that reading all of it would find."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from producers.collector.reading.twins import DECIDING, twin_in
from producers.collector.reading.wire import NAMING, read
from schemas.rejected import Reason

NAMES = st.sampled_from([*sorted(DECIDING), "email", "name", "x"])
TEXTS = st.sampled_from(["a", "userId", '"userId"', 'x\\"userId', "email", "\\", '\\"traits"', "김", "\u2028"])


class Pairs(list[tuple[str, Any]]):
    """An object as it is to be written, names twice and all."""


VALUES = st.recursive(
    TEXTS | st.integers() | st.none(),
    lambda inner: st.lists(inner, max_size=3) | st.lists(st.tuples(NAMES, inner), max_size=4).map(Pairs),
    max_leaves=10,
)
EVENTS = st.lists(st.tuples(NAMES, VALUES), max_size=9).map(Pairs)


def written(value: Any, *, spaced: bool, escaped: bool) -> str:
    """`escaped`: a letter of each name by its number, which says the same."""
    if isinstance(value, Pairs):
        colon, comma = (" : ", " , ") if spaced else (":", ",")
        names = [json.dumps(name) for name, _ in value]
        if escaped:
            names = [f'"\\u{ord(name[1]):04x}{name[2:]}' for name in names]
        texts = [written(inner, spaced=spaced, escaped=escaped) for _, inner in value]
        return "{" + comma.join(name + colon + text for name, text in zip(names, texts, strict=True)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(written(one, spaced=spaced, escaped=escaped) for one in value) + "]"
    return json.dumps(value, ensure_ascii=escaped)


def twins(event: Pairs) -> bool:
    """By looking at everything."""
    def twice(found: Pairs, names: frozenset[str]) -> bool:
        deciding = [name for name, _ in found if name in names]
        return len(set(deciding)) < len(deciding)

    inside = [value for name, value in event if name == "traits"]
    contexts = [value for name, value in event if name == "context" and isinstance(value, Pairs)]
    inside += [value for context in contexts for name, value in context if name == "traits"]
    return twice(event, DECIDING) or any(
        isinstance(one, Pairs) and twice(one, frozenset({"email"})) for one in inside
    )


@given(event=EVENTS, spaced=st.booleans(), escaped=st.booleans())
def test_of_who_is_named_none_is_missed_and_none_is_made_up(event: Pairs, spaced: bool, escaped: bool) -> None:
    raw = written(event, spaced=spaced, escaped=escaped).encode()
    assert bool(twin_in(raw)) == twins(event)


@given(event=EVENTS, spaced=st.booleans(), escaped=st.booleans())
def test_of_what_somebody_did_no_id_twice_is_missed(event: Pairs, spaced: bool, escaped: bool) -> None:
    raw = written(event, spaced=spaced, escaped=escaped).encode()
    ids = [name for name, _ in event if name in {"userId", "anonymousId"}]
    if len(set(ids)) < len(ids):
        assert twin_in(raw, tells_of_people=False)
    if not twins(event):
        assert twin_in(raw, tells_of_people=False) == ""


IDS = st.tuples(st.sampled_from(["userId", "anonymousId"]), st.sampled_from(["a", "b", 7, None, "userId"]))
MORE = st.tuples(st.sampled_from(["properties", "name", "x"]), VALUES)
BATCH = st.lists(
    st.tuples(st.sampled_from(["track", "page", "identify", "alias"]), st.lists(IDS | MORE, max_size=5)), max_size=6
)


@given(batch=BATCH, spaced=st.booleans(), escaped=st.booleans(), outside=st.sampled_from(["", ',"userId":"x"']))
def test_one_look_for_a_whole_request_judges_each_event_as_a_look_at_each(
    batch: list[tuple[str, list[tuple[str, Any]]]], spaced: bool, escaped: bool, outside: str
) -> None:
    items = [
        written(Pairs([("type", kind), *members]), spaced=spaced, escaped=escaped) for kind, members in batch
    ]
    request = read(('{"batch":[' + ",".join(items) + "]" + outside + "}").encode(), "batch")
    expected = []
    for place, (item, (kind, members)) in enumerate(zip(items, batch, strict=True)):
        known = dict(members).get("userId") is not None
        if (kind in NAMING or known) and twin_in(item.encode(), tells_of_people=kind in NAMING):
            expected.append(place)
    assert [one.place for one in request.bad] == expected
    assert {one.reason for one in request.bad} <= {Reason.DUP_KEY}
    assert [raw.decode() for raw, _ in request.events] == [
        item for place, item in enumerate(items) if place not in expected
    ]
