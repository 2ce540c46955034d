"""The second pass: what the fast one refused."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from producers.collector.reading import mend
from producers.collector.reading.wire import read

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=5), children, max_size=4),
    max_leaves=12,
)


@given(
    items=st.lists(JSON, max_size=5),
    more=st.dictionaries(st.text(max_size=6), JSON, max_size=3),
    indent=st.sampled_from([None, 1]),
)
def test_items_are_found_by_their_borders(items: list[object], more: dict[str, object], indent: int | None) -> None:
    """Any JSON as items, any neighbours of `batch`: what is cut out is what was put in."""
    envelope = {name: value for name, value in more.items() if name != "batch"} | {"batch": items}
    found = mend.items(json.dumps(envelope, indent=indent).encode())
    assert found is not None
    assert [json.loads(item) for item in found.items] == items
    assert json.loads(found.envelope) == envelope | {"batch": []}


@given(value=JSON)
def test_nothing_sound_is_changed(value: object) -> None:
    text = json.dumps(value).encode()
    assert mend.surrogates(text) == text
    assert mend.numbers(text) == text


@pytest.mark.parametrize("text", [b"[1, 2", b'{"batch":', b'{"batch":3}', b'{"a":{"batch":[1]}}', b"{}", b'["'])
def test_no_list_or_no_end_is_none(text: bytes) -> None:
    assert mend.items(text) is None


@pytest.mark.parametrize("head", [b'["', b'{"batch":["' + b"\\" * 1_000, b"[" * 1_000, b'{"batch":[' + b'"a' * 1_000])
def test_no_body_takes_long(head: bytes) -> None:
    """Half a megabyte of the worst that we can think of."""
    body = (head * (500_000 // len(head)))[:500_000]
    start = time.process_time()
    mend.items(mend.surrogates(mend.numbers(body)))
    assert time.process_time() - start < 2


def test_one_item_that_is_no_json_costs_no_neighbour() -> None:
    items = b'{"type":"page","anonymousId":"a"},{"type":01},{"type":"page","anonymousId":"b","n":-Infinity},oops'
    body = b'{"batch":[' + items + b"]}"
    request = read(body, "batch")
    assert [head.anonymous_id for _, head in request.events] == ["a"]
    assert [bad.reason for bad in request.bad] == ["json", "number", "json"]
