"""Passwords of these tests are hashed quickly: what a hash costs in production is a matter of tests/unit/console."""

from functools import partial
from typing import Final

import pytest
from argon2 import PasswordHasher

QUICK: Final = partial(PasswordHasher, time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("user_book", "users"):
        monkeypatch.setattr(f"streams.console.access.{module}.PasswordHasher", QUICK)
