"""The five checks of a talk: whether it counts as a consultation, and whether one to negotiate in (asks A35, A36)."""

from collections.abc import Mapping, Sequence
from typing import Final

from streams.core.rulebook.stages_rules import Check

__all__ = ["ACTIVE", "WATCH", "verdict"]

ACTIVE: Final = "active"
WATCH: Final = "watch"
YES: Final = frozenset({"yes", "true", "y", "1", "on"})
NO: Final = frozenset({"no", "false", "n", "0", "off"})
UNKNOWN: Final = frozenset({"", "unknown", "?", "-", "n/a"})


def verdict(said: Mapping[str, str], checks: Sequence[Check]) -> str:
    """`active` if every check is answered yes, `watch` if every check is answered, "" while one is not.

    Each report says all of it: an answer that is missing is unknown.
    """
    asked = [(flag, check.text) for check in checks for flag in check.flags or (check.name,)]
    answers = [_answer(said.get(flag, ""), text=text) for flag, text in asked]
    if not answers or None in answers:
        return ""
    return ACTIVE if all(answers) else WATCH


def _answer(said: str, *, text: bool) -> bool | None:
    """Yes, no, or None for unknown; other words are a yes only where words or a number are asked for."""
    word = said.strip().casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    return True if text and word not in UNKNOWN else None
