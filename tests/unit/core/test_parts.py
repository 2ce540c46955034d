"""Parts: the newest of each source stands, an empty one withdraws; who was told is told when it ends."""

from itertools import permutations

from schemas.activity import Version
from streams.core.parts import Part, Told, addressed, live, newest, to_withdraw


def part(offset: int, body: str | None) -> Part[str]:
    return Part(Version(0, offset), offset, body)


def test_the_newest_of_each_source_stands_in_any_order_and_number() -> None:
    said = [("a", part(1, "old")), ("a", part(3, None)), ("a", part(2, "newer")), ("b", part(1, "b"))]
    for order in permutations(said):
        parts: dict[str, Part[str]] = {}
        for one in (*order, *order):
            parts = newest(parts, [one])
        assert parts == newest({}, said)
        assert live(parts) == {"b": "b"}


def test_a_new_epoch_is_newer_than_any_offset() -> None:
    parts = newest({"a": part(900, "old")}, [("a", Part(Version(1, 0), 0, "new"))])
    assert live(parts) == {"a": "new"}


def test_whom_a_row_no_longer_concerns_is_told_by_that_message_and_again_when_it_comes_again() -> None:
    told: Told = addressed({}, ["x", "y"], version=Version(0, 1))
    told = addressed(told, ["y"], version=Version(0, 2))
    assert to_withdraw(told, version=Version(0, 2)) == ("x",)
    assert to_withdraw(told, version=Version(0, 1)) == ("x",)
    assert to_withdraw(told, version=Version(0, 3)) == ()
    again = addressed(told, ["x", "y"], version=Version(0, 4))
    assert to_withdraw(again, version=Version(0, 0)) == ()


def test_of_those_withdrawn_from_only_the_newest_are_remembered() -> None:
    told: Told = {}
    for offset in range(100):
        told = addressed(told, [f"to{offset}"], version=Version(0, offset))
    assert len(told) == 33
    assert "to67" in told
    assert "to66" not in told


def test_of_one_version_what_the_rules_of_now_made_stands_in_any_order_and_number() -> None:
    said = [("a", part(1, "former")), ("a", part(1, "now"))]
    for order in permutations((*said, *said)):
        parts: dict[str, Part[str]] = {}
        for one in order:
            parts = newest(parts, [one], stale=lambda body: body == "former")
        assert live(parts) == {"a": "now"}
    later = newest(dict(said[1:]), [("a", part(2, "former"))], stale=lambda body: body == "former")
    assert live(later) == {"a": "former"}
