"""What `rules/segments.toml` may say: groups of people with a common need, as predicates that are data.

A predicate is one test (`field`, `op`, `value`), or `all`, `any`, `not` of others. Those of audiences may ask for the
card's own fields too; a segment may not, for what it says decides about them.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from streams.core.rulebook.faults import RuleFault, at, is_twice
from streams.core.said import Said

__all__ = [
    "CARD_FIELDS", "NO_SEGMENT", "Name", "Op", "Predicate", "Segment", "SegmentsRules", "Value", "refuse_too_deep",
    "refuse_twice", "single_tests",
]  # fmt: skip

NO_SEGMENT: Final = "none"
MAX_DEPTH: Final = 8
Name: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Op: TypeAlias = Literal["is", "contains", "at_least", "at_most", "known"]
Value: TypeAlias = str | bool | int | float | tuple[str, ...]
CARD_FIELDS: Final = (
    "account", "deal", "engagement", "fit", "grade", "lost_reason", "score", "segment", "stage", "sub_stage", "trust",
)  # fmt: skip
Field: TypeAlias = Annotated[
    str, Meta(pattern=rf"^(topic|page_kind|trait\.[A-Za-z0-9_.-]+|{'|'.join(CARD_FIELDS)})$", max_length=128)
]


class Predicate(
    Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename={"every": "all", "some": "any", "no": "not"}
):
    """What must be true of somebody: exactly one of `all`, `any`, `not` and `field`.

    Fields: `trait.<name>`, `topic` (what the pages answer that were read), `page_kind`, in audiences `CARD_FIELDS` too.
    `is`: one of the values;
    `contains`: one of the values is in it; `at_least`, `at_most`: numbers; `known`: whether anything is.
    """

    every: tuple["Predicate", ...] = ()
    some: tuple["Predicate", ...] = ()
    no: "Predicate | None" = None
    field: Field | None = None
    op: Op = "is"
    value: Value = ""

    def __post_init__(self) -> None:
        """Raises ValueError for what cannot be decided."""
        if sum(map(bool, (self.every, self.some, self.no is not None, self.field is not None))) != 1:
            raise RuleFault(Said('say exactly one of "all", "any", "not" and "field"'))
        if self.field is not None and (wrong := _wrong_value(self.op, self.value)):
            raise RuleFault(wrong)


def _wrong_value(op: Op, value: Value) -> Said | None:
    of = {"op": op}
    match op:
        case "at_least" | "at_most":
            is_wrong = isinstance(value, bool | str | tuple)
            return Said('"value" of "%(op)s" is a number', of) if is_wrong else None
        case "known":
            return None if isinstance(value, bool) else Said('"value" of "%(op)s" is true or false', of)
        case "is" | "contains":
            texts = value if isinstance(value, tuple) else (value,)
            is_right = bool(texts) and all(isinstance(one, str) and one.strip() for one in texts)
            return None if is_right else Said('"value" of "%(op)s" is a text or texts', of)


class Segment(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """People with one common need. `not_target`: we say no to them: low fit, no supply to sales, but no dead end."""

    name: Name
    label: str
    when: Predicate
    not_target: bool = False


class SegmentsRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file: the first row that is true of somebody is the segment."""

    segment: tuple[Segment, ...] = ()

    def __post_init__(self) -> None:
        """Names are unique, predicates not deeper than anybody reads. Raises ValueError."""
        names = [one.name for one in self.segment]
        refuse_twice("segment", names)
        if NO_SEGMENT in names:
            raise RuleFault(at(f'segment "{NO_SEGMENT}"', Said("this name means that no row is true; choose another")))
        for one in self.segment:
            refuse_too_deep(f'segment "{one.name}"', one.when)
            if of_card := next((test.field for test in single_tests(one.when) if test.field in CARD_FIELDS), None):
                said = Said('only audiences may ask for "%(field)s"', {"field": of_card})
                raise RuleFault(at(f'segment "{one.name}": when', said))


def refuse_twice(what: str, names: Sequence[str]) -> None:
    """Names are there once. Raises ValueError."""
    if doubled := next((name for name in names if names.count(name) > 1), None):
        raise RuleFault(is_twice(f'{what} "{doubled}"'))


def refuse_too_deep(whose: str, predicate: Predicate) -> None:
    """Nobody reads more levels. Raises ValueError."""
    if _depth(predicate) > MAX_DEPTH:
        said = Said("more than %(most)s levels of all, any and not", {"most": MAX_DEPTH})
        raise RuleFault(at(f"{whose}: when", said))


def single_tests(predicate: Predicate) -> Iterator[Predicate]:
    """The single tests that a predicate is made of."""
    if predicate.field is not None:
        yield predicate
    for inner in _inside(predicate):
        yield from single_tests(inner)


def _inside(predicate: Predicate) -> tuple[Predicate, ...]:
    return predicate.every + predicate.some + (() if predicate.no is None else (predicate.no,))


def _depth(predicate: Predicate) -> int:
    return 1 + max(map(_depth, _inside(predicate)), default=0)
