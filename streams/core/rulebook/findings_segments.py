"""Findings in segments.toml and content.toml: segments that nobody is in, that others take all of, that overlap.

Whether somebody can be in two segments is found by trying: people made of the values that both speak of.
"""

from collections.abc import Iterable, Iterator
from itertools import chain, combinations, product
from typing import Final, TypeAlias

from streams.core.rulebook.findings import Said
from streams.core.rulebook.phrasing import figure, listed
from streams.core.rulebook.segments_rules import Predicate, Segment, single_tests
from streams.core.rules import Rules
from streams.core.segment.segments import holds

__all__ = ["in_content", "in_segments"]

FILE: Final = "segments.toml"
MOST: Final = 4_096  # people that are tried for one pair
SEVERAL: Final = ("page_kind", "topic")  # fields of which somebody has more than one
Somebody: TypeAlias = dict[str, tuple[str, ...]]


def in_segments(rules: Rules) -> Iterator[Said]:
    """All of segments.toml."""
    rows = rules.segments.rules.segment
    for number, one in enumerate(rows):
        where = ("segment", number)
        people = _people(one)
        if people is None:
            yield Said(FILE, where, f'segment "{one.name}": too many values to try; look for overlaps yourself', "note")
        elif not any(_is_in(one, somebody) for somebody in people):
            yield Said(FILE, where, f'segment "{one.name}": nobody can be in it; its tests exclude each other')
        else:
            for before in rows[:number]:
                yield from _compared(before, one, where=where)
    fit = rules.scoring.rules.fit
    for name in fit.segments:
        if name.casefold() in rules.segments.said_no:
            yield Said("scoring.toml", ("fit", "segments"), f'fit: segments: segments.toml says no to "{name}"; '
                       "take it out of one of them")  # fmt: skip


def in_content(rules: Rules) -> Iterator[Said]:
    """All of content.toml."""
    held = {row.review for row in rules.content.content}
    for review in ("early", "mid", "late"):
        if review not in held:
            yield Said("content.toml", (), f"no content is for the review stage {review}, so nothing is offered there",
                       "note")  # fmt: skip


def _compared(before: Segment, one: Segment, *, where: tuple[str | int, ...]) -> Iterator[Said]:
    people = _people(before, one)
    if people is None:
        return
    mine = [somebody for somebody in people if _is_in(one, somebody)]
    both = [somebody for somebody in mine if _is_in(before, somebody)]
    if mine and len(both) == len(mine):
        yield Said(FILE, where, f'segment "{one.name}": nobody comes to it: "{before.name}" before it takes them all; '
                   "put it first")  # fmt: skip
    elif both:
        who = min(both, key=lambda somebody: sum(map(len, somebody.values())))
        yield Said(FILE, where, f'segment "{one.name}": overlaps with "{before.name}", which counts: somebody with '
                   f"{_words(who)} is in both", "note")  # fmt: skip


def _is_in(segment: Segment, somebody: Somebody) -> bool:
    return holds(segment.when, lambda field: somebody.get(field, ()))


def _people(*segments: Segment) -> list[Somebody] | None:
    """Everybody who differs in what these segments speak of; None where those are too many."""
    tests: dict[str, list[Predicate]] = {}
    for test in chain.from_iterable(single_tests(segment.when) for segment in segments):
        tests.setdefault(test.field or "", []).append(test)
    choices = {field: _choices(field, found) for field, found in tests.items()}
    size = 1
    for found in choices.values():
        size *= len(found)
    if size > MOST:
        return None
    return [dict(zip(choices, one, strict=True)) for one in product(*choices.values())]


def _choices(field: str, tests: Iterable[Predicate]) -> list[tuple[str, ...]]:
    """What somebody may have in this field: nothing, and what the tests speak of."""
    values = list(dict.fromkeys(chain.from_iterable(map(_values, tests))))
    if field not in SEVERAL:
        parts = [value for test in tests if test.op == "contains" for value in _values(test)]
        together = [" ".join(parts)] if len(parts) > 1 else []
        return [(), *((value,) for value in dict.fromkeys([*values, *together]))]
    most = len(values) if len(values) <= 6 else 2
    return [chosen for count in range(most + 1) for chosen in combinations(values, count)]


def _values(test: Predicate) -> list[str]:
    value = test.value
    if isinstance(value, bool):
        return ["anything"]
    if isinstance(value, int | float):
        return [figure(number) for number in (value, value - 1, value + 1) if number >= 0]
    return list(value) if isinstance(value, tuple) else [value]


def _words(somebody: Somebody) -> str:
    return listed(
        f"{field.removeprefix('trait.')} {' and '.join(values)}" for field, values in somebody.items() if values
    )  # fmt: skip
