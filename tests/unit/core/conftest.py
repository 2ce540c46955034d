"""Fixtures of the core's tests. Builders are in `made.py`, random ones in `strategies.py`."""

import pytest

from streams.core.rules import Rules
from tests.unit.core.made import RULES
from tests.unit.core.mutated import MUTATED, caches, forgetful, in_short

__all__ = ["caches", "forgetful"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Under mutation: few examples, and what takes longest last."""
    if MUTATED:
        in_short(items)


@pytest.fixture
def rules() -> Rules:
    """The packaged rules, with mail and programs."""
    return RULES
