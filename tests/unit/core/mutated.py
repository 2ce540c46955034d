"""How the core's tests run on a core with a fault in it (`make mutate`): thousands of times, so in short.

Properties look at few examples, always the same and never made smaller, and come last. A process is forked for each
fault from one where all tests have run: what caches remember from there is forgotten before each test.
"""

from __future__ import annotations

import gc
import os
from functools import _lru_cache_wrapper
from typing import Any, Final

import pytest
from hypothesis import HealthCheck, Phase, settings

__all__ = ["MUTATED", "caches", "forgetful", "in_short"]

MUTATED: Final = "MUTANT_UNDER_TEST" in os.environ
EXAMPLES: Final = 12
SETTINGS: Final = "_hypothesis_internal_use_settings"


def in_short(items: list[pytest.Item]) -> None:
    """Few examples even where a test asks for more."""
    few = settings(deadline=None, database=None, derandomize=True, max_examples=EXAMPLES, phases=[Phase.generate],
                   suppress_health_check=list(HealthCheck))  # fmt: skip
    for item in items:
        if _is_property(item):
            setattr(getattr(item, "obj"), SETTINGS, few)  # noqa: B009
    items.sort(key=_is_property)


def _is_property(item: pytest.Item) -> bool:
    return hasattr(getattr(item, "obj", None), "hypothesis")


@pytest.fixture(scope="session")
def caches() -> list[_lru_cache_wrapper[Any]]:
    """All caches of the core that there are once the tests are imported."""
    if not MUTATED:
        return []
    gc.unfreeze()  # what was set aside once all was collected (tests/conftest.py) is not found
    return [found for found in gc.get_objects()
            if isinstance(found, _lru_cache_wrapper) and str(found.__module__).startswith("streams.core")]  # fmt: skip


@pytest.fixture(autouse=True)
def forgetful(caches: list[_lru_cache_wrapper[Any]]) -> None:
    """Nothing remembered from before the fault."""
    for cache in caches:
        cache.cache_clear()
