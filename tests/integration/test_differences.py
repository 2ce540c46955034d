"""What a finding of the ledger says of two values."""

import pytest

from tests.integration.differences import differences


@pytest.mark.parametrize(
    ("actual", "expected", "said"),
    [
        ({"a": 1, "b": 2}, {"a": 1, "b": 3}, ["b: 2 instead of 3"]),
        ({"a": 1}, {"b": 1}, ["a: 1 instead of None", "b: None instead of 1"]),
        ({"a": {"b": [1, 2]}}, {"a": {"b": [2, 1]}},
         ["a.b: [1, 2] instead of [2, 1], the same in another order or number"]),
        ({"pages": [{"at": 1}, {"at": 2}]}, {"pages": [{"at": 1}, {"at": 3}]}, ["pages[1].at: 2 instead of 3"]),
        ({"pages": [1]}, {"pages": [1, 2, 3]}, ["pages: lacks 2 [2, 3]"]),
        ({"pages": [1, 4]}, {"pages": [1, 2, 3]}, ["pages: lacks 2 [2, 3] and has 1 [4] too many"]),
        ({"a": [1, {"b": 2}]}, {"a": [1, {"b": 2}]}, []),
    ],
)  # fmt: skip
def test_what_differs_is_named_and_no_more(actual: object, expected: object, said: list[str]) -> None:
    assert list(differences(actual, expected)) == said
