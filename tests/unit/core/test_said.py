"""What the core says is data: English as it stands, anything else by whoever speaks it."""

import pytest

from streams.core.said import Counted, Name, Row, Said, SaidError, Value, in_english, spoken


class Backwards:
    """A language in which each text is said from its end, and names are spelt in capitals."""

    def text(self, text: str) -> str:
        turned = {"%(a)s before %(b)s": "%(b)s after %(a)s", "%(others)s or %(last)s": "%(last)s / %(others)s"}
        return turned.get(text, text)

    def of_many(self, one: str, many: str, count: int) -> str:
        return f"<{one if count == 1 else many}>"

    def name(self, name: str) -> str:
        return name.upper()


@pytest.mark.parametrize(
    ("value", "english", "backwards"),
    [
        ("as it is", "as it is", "as it is"),
        (7, "7", "7"),
        (Said("100% plain"), "100% plain", "100% plain"),
        (Said(""), "", ""),
        (Said("%(a)s before %(b)s", {"a": "x", "b": Name("y")}), "x before y", "Y after x"),
        (Counted("%(n)s day", "%(n)s days", 1), "1 day", "<1 day>"),
        (Counted("%(n)s day", "%(n)s days", 2.5), "2.5 days", "<2.5 days>"),
        (Row(("a", Name("b")), "; "), "a; b", "a; B"),
        (Row(("a",), ends="or"), "a", "a"),
        (Row(("a", "b", "c"), ends="or"), "a, b or c", "c / a, b"),
        (Row(("a", "b", "c"), ends="then"), "a, b then c", "a, b then c"),
        (Row(()), "", ""),
    ],
)  # fmt: skip
def test_each_part_is_said_in_each_language(value: Value, english: str, backwards: str) -> None:
    assert (in_english(value), spoken(value, Backwards())) == (english, backwards)


def test_what_others_wrote_is_no_place_for_a_value() -> None:
    """A label, a path or a name may have `%` in it."""
    said = Said("%(rule)s: %(path)s", {"rule": Said("50%(off)s"), "path": "/a%20b"})
    assert said.words == str(said) == "50%(off)s: /a%20b"


def test_an_error_says_it_too() -> None:
    said = Said("Kafka at %(servers)s", {"servers": "a:1"})
    assert (str(SaidError(said)), SaidError(said).said) == ("Kafka at a:1", said)
    assert SaidError("plainly").said == Said("plainly")
