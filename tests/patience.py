"""Clients that wait longer than in production: a busy machine takes its time, and only a failure takes all of it."""

import sys
from collections.abc import Iterable
from typing import Final

import pytest

__all__ = ["PATIENCE_S", "patient"]

PATIENCE_S: Final = 60.0


def patient(monkeypatch: pytest.MonkeyPatch, modules: Iterable[str], *, name: str) -> None:
    """The bound `name` of those modules of `streams` that are imported; tests of the bound set their own after it."""
    for one in modules:
        if (module := sys.modules.get(f"streams.{one}")) is not None:
            monkeypatch.setattr(module, name, PATIENCE_S)
