"""Documents that lie as text in a body: found, shown and patched, with all that is around them as it was."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.replay.inside import MOST, document_in, documents_of, inside
from streams.replay.patch import BadPatch, Patch, expression, merge_patch, patched
from streams.replay.readable import difference

INNER = {"eventType": "Bounce", "mail": {"messageId": "ses-1", "destination": ["nobody"]}}
AROUND = {"Type": "Notification", "MessageId": "165545c9", "Signature": "as it was"}
ANN = merge_patch('{"mail": {"destination": ["ann@acme.example"]}}')


def body(message: Any = INNER, **more: Any) -> bytes:
    text = message if isinstance(message, str) else json.dumps(message)
    return json.dumps(AROUND | {"Message": text} | more).encode()


def mended(raw: bytes, patch: Patch, name: str = "Message") -> Any:
    return json.loads(patched(raw, inside(patch, name)))


@pytest.mark.parametrize(
    "patch", [ANN, expression("merge(@, {mail: merge(mail, {destination: ['ann@acme.example']})})")]
)
def test_the_document_is_patched_and_what_is_around_it_stays(patch: Patch) -> None:
    after = mended(body(), patch)
    assert {name: after[name] for name in AROUND} == AROUND
    assert json.loads(after["Message"]) == {
        "eventType": "Bounce", "mail": {"messageId": "ses-1", "destination": ["ann@acme.example"]},
    }  # fmt: skip


def test_no_patch_of_a_document_reaches_what_is_around_it() -> None:
    after = mended(body(), merge_patch('{"MessageId": "another", "Message": "x"}'))
    assert (after["MessageId"], json.loads(after["Message"])["MessageId"]) == ("165545c9", "another")


def test_what_a_patch_leaves_alone_stays_byte_for_byte() -> None:
    raw = body('{ "eventType":"Open",  "n":1.50 }')
    for patch in (merge_patch("{}"), merge_patch('{"absent": null}'), merge_patch('{"eventType": "Open"}')):
        assert patched(raw, inside(patch, "Message")) is raw


def test_what_is_no_json_number_can_be_taken_out_there_too() -> None:
    after = mended(body('{"eventType":"Open","n":NaN}'), merge_patch('{"n": null}'))
    assert after["Message"] == '{"eventType":"Open"}'


def test_letters_of_any_script_come_out_as_they_went_in() -> None:
    after = mended(body({"name": "김서연 🦊 \u2028"}), merge_patch('{"more": "Zoë"}'))
    assert json.loads(after["Message"]) == {"name": "김서연 🦊 \u2028", "more": "Zoë"}


@pytest.mark.parametrize(
    ("raw", "patch", "why"),
    [
        (body("Successfully validated SNS topic"), ANN, "the text in Message is not JSON"),
        (body("[" * 100_000), ANN, "the text in Message is not JSON"),
        (json.dumps(AROUND).encode(), ANN, "no text in Message"),
        (json.dumps(AROUND | {"Message": {"deep": 1}}).encode(), ANN, "no text in Message"),
        (b"[1]", ANN, "no text in Message"),
        (b"not json", ANN, "its bytes are not JSON"),
        (body(), expression("absent"), "makes null of what lies in Message"),
        (body(), expression("sort(mail)"), "does not fit"),
        (body('{"n":NaN}'), merge_patch('{"m": 1}'), "still none that JSON knows"),
    ],
)
def test_what_cannot_be_patched_says_why(raw: bytes, patch: Patch, why: str) -> None:
    with pytest.raises(BadPatch, match=why):
        patched(raw, inside(patch, "Message"))


def test_the_difference_is_that_of_the_document_line_by_line() -> None:
    raw = body()
    lines = difference(raw, patched(raw, inside(ANN, "Message")), inside="Message")
    assert [line for line in lines if line[0] in "+-"] == ['-      "nobody"', '+      "ann@acme.example"']
    assert difference(raw, raw, inside="Message") == []
    assert difference(b"no JSON", b"still none", inside="Message") == ["@@ -1 +1 @@", "-no JSON", "+still none"]


def test_documents_are_found_and_no_other_text_is_one() -> None:
    assert documents_of(body(other='{"a": 1}', text="{not", listed="[1]", number=1, empty="")) == ("Message", "other")
    assert len(documents_of(json.dumps({str(number): "{}" for number in range(100)}).encode())) == MOST


TEXTS = st.text(max_size=30).map(lambda text: json.dumps({"m": text, "n": "{" + text}).encode())


@given(st.binary(max_size=60) | TEXTS)
def test_whatever_the_bytes_are_looking_for_documents_never_raises(raw: bytes) -> None:
    for name in (*documents_of(raw), "m", "n"):
        assert isinstance(document_in(raw, name), bytes)
