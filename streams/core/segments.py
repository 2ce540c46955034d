"""Which segment somebody belongs to: the first row of segments.toml that is true of them, `none` otherwise.

A trait `segment` that was said goes before. The same predicates select audiences: they read fields by name and know
nothing of rows.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Final, TypeAlias

from schemas.activity import PageSeen, Trait
from streams.core.segments_rules import NO_SEGMENT, Op, Predicate, SegmentsRules, Value

__all__ = ["Fields", "Segments", "fields_of", "holds", "segment_of"]

# A field's name -> all that is known of it, as texts.
Fields: TypeAlias = Callable[[str], Iterable[str]]
TRAIT: Final = "trait."
_NUMBER: Final = re.compile(r"\d[\d,' ]*(?:\.\d+)?")


class Segments:
    """`segments.toml` made ready. Immutable."""

    __slots__ = ("rules", "said_no")

    def __init__(self, rules: SegmentsRules) -> None:
        self.rules = rules
        self.said_no = frozenset(one.name for one in rules.segment if one.not_target)

    def of(self, fields: Fields) -> str:
        """Name of the first segment that is true, `none` where none is."""
        return next((one.name for one in self.rules.segment if holds(one.when, fields)), NO_SEGMENT)

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
    return segments.of(fields_of(traits, pages, topics)) if segments.rules.segment else NO_SEGMENT


def fields_of(traits: Mapping[str, Trait], pages: Iterable[PageSeen], topics: Iterable[str]) -> Fields:
    """What is known of a lead, by field."""

    def field(name: str) -> Iterable[str]:
        if name == "topic":
            return topics
        if name == "page_kind":
            return {page.kind for page in pages}
        trait = traits.get(name.removeprefix(TRAIT))
        return () if trait is None or not trait.value else (trait.value,)

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


@lru_cache(1_024)
def _texts(value: Value) -> tuple[str, ...]:
    several = value if isinstance(value, tuple) else (value,)
    return tuple(str(one).strip().casefold() for one in several)


def _number(text: str) -> float | None:
    """A number, or the end of a range such as `51-200`."""
    found = _NUMBER.findall(text)
    return float(re.sub(r"[,' ]", "", found[-1])[:15]) if found else None
