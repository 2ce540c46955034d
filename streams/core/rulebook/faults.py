"""Why a file of rules is refused, as data: each fault is said in the language of whoever reads it.

Checks raise `RuleFault` where they see one; `parse_rules` adds the file and the line and raises `RulesError`.
"""

from collections.abc import Iterable
from difflib import get_close_matches

from streams.core.said import Said, SaidError, Value

__all__ = ["RuleFault", "RulesError", "at", "is_twice", "near", "no_such_timezone"]


class RuleFault(SaidError, ValueError):
    """What a file of rules may not say, told by a check of it: a ValueError, as the decoder wants it."""


class RulesError(SaidError):
    """A rules file cannot be used. Its text is one clear message: `scoring.toml:6: ...`.

    `file`: its name; `line` from 1, 0 for the file as a whole.
    """

    def __init__(self, file: str, said: Said | str, *, line: int = 0) -> None:
        self.file, self.line = file, line
        super().__init__(at(f"{file}:{line}" if line else file, said))


def at(place: Value, said: Value) -> Said:
    """What is said of one place; a text names it as the file does, in every language: `rule "pricing_page"`."""
    return Said("%(place)s: %(what)s", {"place": place, "what": Said(said) if isinstance(said, str) else said})


def is_twice(what: str) -> Said:
    """Something that may be there once: `signal "deal_person"`."""
    return Said("%(what)s is there twice", {"what": what})


def no_such_timezone(name: str, *, such_as: str) -> Said:
    """A time zone that nobody knows."""
    return Said('no time zone is named "%(name)s"; write one such as "%(such)s"', {"name": name, "such": such_as})


def near(word: str, known: Iterable[str]) -> Value:
    """`; did you mean "half_life_days"?`, or nothing where nothing is near."""
    found = get_close_matches(word, list(known), n=1, cutoff=0.5)
    return Said('; did you mean "%(near)s"?', {"near": found[0]}) if found else ""
