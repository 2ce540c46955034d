"""Bytes to messages: one error, and a bad message never takes its neighbours along."""

import pytest

from schemas.codec import EVENT, TOUCHES, VISITS, VISITS_TYPED, encode, encode_block
from schemas.delivery import Delivery
from schemas.errors import SchemaError, Undecodable
from schemas.events import Track
from schemas.rejected import Reason
from schemas.touches import Tick


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", Reason.JSON), (b"{", Reason.JSON), (b"\xff", Reason.JSON), (b'{"type":NaN}', Reason.JSON),
        (b"7", Reason.SCHEMA), (b"{}", Reason.SCHEMA), (b'{"type":"x"}', Reason.UNKNOWN_TYPE),
        (b'{"type":"track"}', Reason.SCHEMA),
        (b'{"type":"track","event":7}', Reason.SCHEMA), (b'{"type":"page","timestamp":1e999}', Reason.NUMBER),
        (b'{"type":"page","userId":' + b"9" * 5_000 + b"}", Reason.NUMBER),
        (b'{"type":"page","userId":true}', Reason.SCHEMA),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_error_with_its_reason(raw: bytes, reason: Reason) -> None:
    with pytest.raises(SchemaError) as refused:
        EVENT.decode(raw)
    assert isinstance(refused.value, Undecodable)
    assert refused.value.reason == reason


def test_too_much_nesting_is_refused_by_its_depth() -> None:
    with pytest.raises(Undecodable) as refused:
        EVENT.decode(b'{"type":"track","event":"x","deep":' + b"[" * 100_000)
    assert refused.value.reason == Reason.DEPTH


def test_a_bad_message_of_a_block_is_refused_and_its_neighbours_are_read() -> None:
    good = encode(Tick(to="lead", at=1))
    read, refused = TOUCHES.decode(encode_block([good, b'{"t":"alien"}', good]))
    assert list(read) == [Tick(to="lead", at=1)] * 2
    assert [one.raw for one in refused] == [b'{"t":"alien"}']


def test_the_bytes_of_an_event_travel_as_they_came() -> None:
    original = b'{"type":"track", "event":"x","anonymousId":"v","properties":{"b":1,  "a":[1.50]}}'
    block = encode_block([b'{"received_at":1,"source":"site","events":[' + original + b"]}"])
    (delivery,), _ = VISITS.decode(block)
    assert isinstance(delivery, Delivery)
    assert bytes(delivery.events[0]) == original
    (typed,), _ = VISITS_TYPED.decode(block)
    (event,) = typed.events
    assert isinstance(event, Track)
    assert bytes(event.properties) == b'{"b":1,  "a":[1.50]}'


def test_unknown_fields_are_skipped_so_that_newer_senders_can_be_read() -> None:
    assert EVENT.decode(b'{"type":"track","event":"x","brand_new":{"a":1}}') == Track(event="x")


def test_an_empty_block_is_empty() -> None:
    assert TOUCHES.decode(b"[]") == ([], ())
    assert encode_block([]) == b"[]"
