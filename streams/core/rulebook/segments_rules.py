"""What `rules/segments.toml` may say: groups of people with a common need, as predicates that are data.

A predicate is one test (`field`, `op`, `value`), or `all`, `any`, `not` of others. Those of audiences may ask for the
card's own fields too; a segment may not, for what it says decides about them.
"""

from collections.abc import Iterator, Sequence
from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

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
            raise ValueError('say exactly one of "all", "any", "not" and "field"')
        if self.field is not None and (wrong := _wrong_value(self.op, self.value)):
            raise ValueError(f'"value" of "{self.op}" {wrong}')


def _wrong_value(op: Op, value: Value) -> str:
    match op:
        case "at_least" | "at_most":
            return "is a number" if isinstance(value, bool | str | tuple) else ""
        case "known":
            return "is true or false" if not isinstance(value, bool) else ""
        case "is" | "contains":
            texts = value if isinstance(value, tuple) else (value,)
            return "" if texts and all(isinstance(one, str) and one.strip() for one in texts) else "is a text or texts"


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
            raise ValueError(f'segment "{NO_SEGMENT}": this name means that no row is true; choose another')
        for one in self.segment:
            refuse_too_deep(f'segment "{one.name}"', one.when)
            if of_card := next((test.field for test in single_tests(one.when) if test.field in CARD_FIELDS), None):
                raise ValueError(f'segment "{one.name}": when: only audiences may ask for "{of_card}"')


def refuse_twice(what: str, names: Sequence[str]) -> None:
    """Names are there once. Raises ValueError."""
    if doubled := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f'{what} "{doubled}" is there twice')


def refuse_too_deep(whose: str, predicate: Predicate) -> None:
    """Nobody reads more levels. Raises ValueError."""
    if _depth(predicate) > MAX_DEPTH:
        raise ValueError(f"{whose}: when: more than {MAX_DEPTH} levels of all, any and not")


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
