"""What mends an event: RFC 7396 by its own table of examples, JMESPath, and what stays whatever a patch says."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.replay.patch import BadPatch, expression, merge_patch, merged, patched

# RFC 7396, appendix A.
EXAMPLES: list[tuple[Any, Any, Any]] = [
    ({"a": "b"}, {"a": "c"}, {"a": "c"}),
    ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
    ({"a": "b"}, {"a": None}, {}),
    ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
    ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
    ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
    ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
    ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
    (["a", "b"], ["c", "d"], ["c", "d"]),
    ({"a": "b"}, ["c"], ["c"]),
    ({"a": "foo"}, None, None),
    ({"a": "foo"}, "bar", "bar"),
    ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
    ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
    ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**40), 2**40) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=12,
)


@pytest.mark.parametrize(("target", "change", "result"), EXAMPLES)
def test_the_table_of_the_rfc(target: Any, change: Any, result: Any) -> None:
    assert merged(target, change) == result


@given(target=VALUES, change=VALUES)
def test_a_patch_twice_is_a_patch_once_and_never_changes_its_target(target: Any, change: Any) -> None:
    before = json.dumps(target)
    once = merged(target, change)
    assert merged(once, change) == once
    assert json.dumps(target) == before


def test_an_expression_maps_the_event() -> None:
    patch = expression("merge(@, {type: 'track', event: type})")
    mended = patched(b'{"type":"purchase","messageId":"m1","n":1}', patch)
    assert json.loads(mended) == {"type": "track", "messageId": "m1", "n": 1, "event": "purchase"}


def test_what_is_no_json_number_can_be_taken_out() -> None:
    raw = b'{"type":"page","messageId":"m1","properties":{"price":NaN,"n":1e999,"url":"/"}}'
    mended = patched(raw, merge_patch('{"properties": {"price": null, "n": null}}'))
    assert mended == b'{"type":"page","messageId":"m1","properties":{"url":"/"}}'


def test_what_a_patch_leaves_alone_stays_byte_for_byte() -> None:
    raw = b'{ "type":"page",  "n":1.50 }'
    assert patched(raw, merge_patch("{}")) is raw
    assert patched(raw, merge_patch('{"absent": null}')) is raw


@pytest.mark.parametrize(("was", "wanted"), [("1", "true"), ("0", "false"), ("1", "1.0"), ("[1]", "[true]")])
def test_what_python_calls_equal_and_json_does_not_is_a_change(was: str, wanted: str) -> None:
    assert patched(f'{{"a":{was}}}'.encode(), merge_patch(f'{{"a":{wanted}}}')) == f'{{"a":{wanted}}}'.encode()


def test_the_id_of_an_event_stays() -> None:
    raw = b'{"type":"x","messageId":"m1","a":1}'
    assert json.loads(patched(raw, expression("{type: 'track', event: 'e'}")))["messageId"] == "m1"
    assert json.loads(patched(raw, merge_patch('{"messageId": null, "a": 2}')))["messageId"] == "m1"
    with pytest.raises(BadPatch, match="messageId"):
        patched(raw, merge_patch('{"messageId": "m2"}'))
    assert json.loads(patched(b'{"messageId":{"deep":1}}', merge_patch('{"messageId": "m2"}')))["messageId"] == "m2"


@pytest.mark.parametrize(
    ("raw", "patch", "why"),
    [
        (b"not json", merge_patch("{}"), "not JSON"),
        (b"[" * 100_000, merge_patch("{}"), "not JSON"),
        (b'{"a":NaN}', merge_patch('{"b": 1}'), "still none"),
        (b'{"a":1}', expression("a"), "a number"),
        (b'{"a":1}', expression("b"), "null"),
        (b'{"a":1}', expression("sort(a)"), "does not fit"),
    ],
)
def test_what_cannot_be_patched_says_why(raw: bytes, patch: Any, why: str) -> None:
    with pytest.raises(BadPatch, match=why):
        patched(raw, patch)


@pytest.mark.parametrize("text", ["", "{", "[]", "7", '{"a": NaN}', "[" * 100_000])
def test_a_bad_merge_patch_is_refused(text: str) -> None:
    with pytest.raises(BadPatch):
        merge_patch(text)


@pytest.mark.parametrize("text", ["", "merge(", "a..b", "{a"])
def test_a_bad_expression_is_refused_in_one_line(text: str) -> None:
    with pytest.raises(BadPatch) as refused:
        expression(text)
    assert "\n" not in str(refused.value)
