"""Which segment somebody belongs to: the first row of segments.toml that is true of them, `none` otherwise.

A trait `segment` that was said goes before. The same predicates select audiences: they read fields by name and know
nothing of rows.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Final, TypeAlias

from schemas.activity import PageSeen, Trait
from schemas.lookups import remembered
from streams.core.rulebook.segments_rules import NO_SEGMENT, Op, Predicate, SegmentsRules, Value, single_tests

__all__ = ["TRAIT", "Fields", "Segments", "fields_of", "holds", "segment_of"]

# A field's name -> all that is known of it, as texts.
Fields: TypeAlias = Callable[[str], Iterable[str]]
TRAIT: Final = "trait."
REMEMBERED: Final = 4_096  # distinct answers
_NUMBER: Final = re.compile(r"\d[\d,' ]*(?:\.\d+)?")


class Segments:
    """`segments.toml` made ready. Immutable but for its look-up cache."""

    __slots__ = ("_traits", "_with", "rules", "said_no")

    def __init__(self, rules: SegmentsRules) -> None:
        self.rules = rules
        self.said_no = frozenset(one.name for one in rules.segment if one.not_target)
        asked = {test.field or "" for one in rules.segment for test in single_tests(one.when)}
        self._traits = tuple(sorted(name.removeprefix(TRAIT) for name in asked if name.startswith(TRAIT)))
        self._with = remembered("segments", most=REMEMBERED)(self._look_up)

    def of(self, fields: Fields) -> str:
        """Name of the first segment that is true, `none` where none is."""
        return next((one.name for one in self.rules.segment if holds(one.when, fields)), NO_SEGMENT)

    def of_known(self, traits: Mapping[str, Trait], pages: Iterable[PageSeen], topics: Iterable[str]) -> str:
        """The same of what is known of a lead; looked up once for all of whom the same is known."""
        said = tuple([traits.get(name) for name in self._traits])
        values = tuple([None if trait is None else trait[1] for trait in said])
        return self._with(values, frozenset([page[3] for page in pages]), tuple(topics))

    def _look_up(self, values: tuple[str | None, ...], kinds: frozenset[str], topics: tuple[str, ...]) -> str:
        found = {name: value for name, value in zip(self._traits, values, strict=True) if value}
        return self.of(_fields(found, kinds, topics))

    def is_target(self, segment: str) -> bool:
        """Whether we sell to this segment: to each that is not marked otherwise, also to those that nobody listed."""
        return segment.strip().casefold() not in self.said_no


def segment_of(
    traits: Mapping[str, Trait], pages: Iterable[PageSeen], topics: Iterable[str], *, segments: Segments
) -> str:
    """The segment that a trait says, else the one that follows from traits and from what was read."""
    said = traits.get("segment")
    if said is not None and said.value.strip():
        return said.value
    return segments.of_known(traits, pages, topics) if segments.rules.segment else NO_SEGMENT


def fields_of(traits: Mapping[str, Trait], pages: Iterable[PageSeen], topics: Iterable[str]) -> Fields:
    """What is known of a lead, by field."""
    said = {name: trait.value for name, trait in traits.items() if trait.value}
    return _fields(said, frozenset(page.kind for page in pages), tuple(topics))


def _fields(said: Mapping[str, str], kinds: frozenset[str], topics: tuple[str, ...]) -> Fields:
    def field(name: str) -> Iterable[str]:
        if name == "topic":
            return topics
        if name == "page_kind":
            return kinds
        value = said.get(name.removeprefix(TRAIT))
        return () if value is None else (value,)

    return field


def holds(predicate: Predicate, fields: Fields) -> bool:
    """Whether it is true. What is unknown is neither equal to anything nor a number."""
    if predicate.field is not None:
        known = [text.strip().casefold() for text in fields(predicate.field)]
        return _is_so(known, predicate.op, predicate.value)
    if predicate.no is not None:
        return not holds(predicate.no, fields)
    found = (holds(one, fields) for one in predicate.every or predicate.some)
    return all(found) if predicate.every else any(found)


def _is_so(known: list[str], op: Op, value: Value) -> bool:
    """One test of what is known in one field."""
    match op:
        case "is":
            return any(text in known for text in _texts(value))
        case "contains":
            return any(part in text for part in _texts(value) for text in known)
        case "known":
            return bool(known) is bool(value)
        case "at_least" | "at_most":
            numbers = [number for text in known if (number := _number(text)) is not None]
            bound = float(str(value))
            return any(number >= bound if op == "at_least" else number <= bound for number in numbers)


@remembered("segment_values", most=1_024)
def _texts(value: Value) -> tuple[str, ...]:
    several = value if isinstance(value, tuple) else (value,)
    return tuple(str(one).strip().casefold() for one in several)


def _number(text: str) -> float | None:
    """A number, or the end of a range such as `51-200`."""
    found = _NUMBER.findall(text)
    return float(re.sub(r"[,' ]", "", found[-1])[:15]) if found else None
