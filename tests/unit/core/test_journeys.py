"""Golden journeys: what comes out of whole stories. Told anew by `python -m tests.unit.core.journeys.retell`."""

import pytest

from tests.unit.core.journeys.telling import NAMES, golden, told


@pytest.mark.parametrize("name", NAMES)
def test_a_journey_ends_as_it_did_before(name: str) -> None:
    assert told(name) == golden(name).read_text(encoding="utf-8")


def test_every_golden_file_belongs_to_a_journey() -> None:
    assert {path.stem for path in golden("any").parent.glob("*.json")} == set(NAMES)
