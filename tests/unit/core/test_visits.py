"""Blocks: every event is facts, filtered or refused; a bad one never takes its neighbours along."""

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.rejected import Envelope, Reason
from streams.core.events.facts import Ordered
from streams.core.events.visits import decode_visits
from tests.unit.core.made import NOW, RULES, identify, page

GOOD = msgspec.json.encode(page("/pricing", NOW))
ENVELOPE = Envelope(received_at=NOW, user_agent="")


def block(*events: bytes, source: str = "site", agent: str = "") -> bytes:
    head = msgspec.json.encode({"v": 1, "received_at": NOW, "source": source, "user_agent": agent})
    return head[:-1] + b',"events":[' + b",".join(events) + b"]}"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (b'{"type":"page"}', Reason.NO_ID),
        (b'{"type":"nonsense","anonymousId":"v"}', Reason.UNKNOWN_TYPE),
        (b'{"type":"page","anonymousId":"v","properties":{"x":1e999}}', Reason.NUMBER),
        (b'{"type":"page","anonymousId":true}', Reason.SCHEMA),
        (b'{"type":"identify","anonymousId":"v","traits":{"email":"no"}}', Reason.BAD_EMAIL),
        (b"7", Reason.SCHEMA),
    ],
)
def test_a_bad_event_is_refused_with_its_bytes_and_its_neighbours_live(bad: bytes, reason: Reason) -> None:
    told = decode_visits(b"[" + block(GOOD, bad, GOOD) + b"," + block(GOOD, source="shop") + b"]", RULES)
    assert len(told.facts) == 3
    (refused,) = told.refused
    assert (refused.raw, refused.error.reason, refused.source, refused.envelope) == (bad, reason, "site", ENVELOPE)


def test_several_bad_events_keep_their_own_bytes() -> None:
    bad = [b'{"type":"page","n":%d}' % n for n in range(3)]
    told = decode_visits(b"[" + block(bad[0], GOOD) + b"," + block(GOOD, bad[1], bad[2], source="shop") + b"]", RULES)
    assert [(one.raw, one.source) for one in told.refused] == [(bad[0], "site"), (bad[1], "shop"), (bad[2], "shop")]


def test_machines_are_counted_and_left_out() -> None:
    told = decode_visits(b"[" + block(GOOD, GOOD, agent="Googlebot/2.1") + b"," + block(GOOD) + b"]", RULES)
    assert (len(told.facts), told.refused, told.filtered) == (1, [], Counter(machine=2))


@pytest.mark.parametrize(
    "raw",
    [b"", b"nonsense", b"[", b"{}", b"null", b"[1]", b'[{"events":[]}]', b"\xff\xfe", b'["\\ud800"]', b"[" * 50_000],
)
def test_what_is_no_block_is_refused_whole(raw: bytes) -> None:
    told = decode_visits(raw, RULES)
    assert (told.facts, len(told.refused), told.refused[0].source) == ([], 1, "")


ORDER = {"to": "v1", "kind": "deny", "lead_id": "ann", "at": NOW - 5, "actor": "sam"}


def ordered(*orders: Any, events: tuple[bytes, ...] = ()) -> bytes:
    return block(*events)[:-1] + b',"orders":' + msgspec.json.encode(orders) + b"}"


def test_orders_come_alone_or_beside_events() -> None:
    """An operator's word travels in the visitor's own inbox."""
    told = decode_visits(b"[" + ordered(ORDER) + b"," + ordered(ORDER, ORDER, events=(GOOD,)) + b"]", RULES)
    assert (len(told.facts), told.refused) == (4, [])
    alone = told.facts[0]
    assert (alone.to, alone.received_at, alone.at) == ("v1", NOW, NOW - 5)
    assert alone.orders == (Ordered("ann", NOW - 5, "deny"),)


@pytest.mark.parametrize("bad", [{"to": "v1"}, {**ORDER, "kind": "kill"}, 7, None, {**ORDER, "at": "today"}])
def test_a_malformed_order_is_refused_with_its_bytes_and_its_neighbours_live(bad: Any) -> None:
    told = decode_visits(b"[" + ordered(ORDER, bad, events=(GOOD,)) + b"]", RULES)
    assert [len(one.orders) for one in told.facts] == [1, 0]
    (refused,) = told.refused
    assert (refused.raw, refused.source, refused.envelope) == (msgspec.json.encode(bad), "site", ENVELOPE)


json_like: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("type", "event", "messageId", "anonymousId", "userId", "timestamp", "properties", "traits", "context")


@given(told=st.sampled_from((page("/pricing", NOW), identify(NOW, email="ann@acme.example"))), data=st.data())
def test_no_event_makes_it_raise(told: dict[str, Any], data: st.DataObject) -> None:
    """Any field may be anything: what comes out is facts or a refusal that is not a bug of ours."""
    changes = data.draw(st.dictionaries(st.sampled_from(FIELDS), json_like, max_size=3))
    event = msgspec.json.encode({**told, **changes})
    said = decode_visits(b"[" + block(event, GOOD) + b"]", RULES)
    assert len(said.facts) + len(said.refused) == 2
    assert Reason.FOLD not in [one.error.reason for one in said.refused]


@given(raw=st.binary(max_size=64))
def test_no_bytes_make_it_raise(raw: bytes) -> None:
    said = decode_visits(b"[" + block(raw) + b"]", RULES)
    assert Reason.FOLD not in [one.error.reason for one in said.refused]
