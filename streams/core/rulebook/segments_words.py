"""segments.toml, audiences.toml and content.toml in words."""

from collections.abc import Iterator
from functools import reduce
from typing import Final

from streams.core.rulebook.audiences_rules import AudiencesRules
from streams.core.rulebook.content_rules import Content, ContentRules
from streams.core.rulebook.phrasing import days, in_a_row, named
from streams.core.rulebook.segments_rules import Predicate, SegmentsRules
from streams.core.said import Name, Row, Said, Value

__all__ = ["audience_sentences", "content_sentences", "predicate_words", "segment_sentences"]

_OPS: Final = {
    "is": Said("%(field)s is %(values)s"), "contains": Said("%(field)s contains %(values)s"),
    "at_least": Said("%(field)s is at least %(values)s"), "at_most": Said("%(field)s is at most %(values)s"),
}  # fmt: skip
_GATES: Final = {
    "open": Said("open to everybody"),
    "form": Said("a form, unless we know who reads"),
    "ask_unknown": Said("open, a form for whom we do not know"),
}
_REVIEWS: Final = {"early": Said("early"), "mid": Said("mid"), "late": Said("late")}
_TRAIT: Final = "trait."
_NAMING: Final = frozenset({"lost_reason", "page_kind", "stage", "sub_stage", "topic"})  # their values are names
_STANDING: Final = frozenset({"deal", "trust"})  # theirs are words of ours, such as `lost`


def segment_sentences(rules: SegmentsRules) -> Iterator[Said]:
    """The rows in their order: the first that is true."""
    for number, one in enumerate(rules.segment, 1):
        about: list[Value] = [predicate_words(one.when)]
        if one.not_target:
            about.append(Said("we say no to them"))
        yield Said("%(number)s. %(label)s (%(name)s): %(about)s.",
                   {"number": number, "label": Said(one.label), "name": one.name,
                    "about": Row(tuple(about), "; ")})  # fmt: skip
    yield Said("A trait segment that was said goes before; who is in no row is in none.")


def audience_sentences(rules: AudiencesRules) -> Iterator[Said]:
    """Each by itself: a lead may be in several."""
    for one in rules.audience:
        about: list[Value] = [predicate_words(one.when)]
        if not one.announce:
            about.append(Said("no webhook hears of it"))
        yield Said("%(label)s (%(name)s): %(about)s.",
                   {"label": Said(one.label), "name": one.name, "about": Row(tuple(about), "; ")})  # fmt: skip
    yield Said("Of all leads a webhook hears %(events)s.",
               {"events": in_a_row(rules.announce, none=Said("nothing"))})  # fmt: skip


def content_sentences(rules: ContentRules) -> Iterator[Said]:
    """The inventory."""
    for row in rules.content:
        yield Said("%(title)s (%(place)s), %(review)s: %(about)s.",
                   {"title": Said(row.title), "place": row.path or row.asset, "review": _REVIEWS[row.review],
                    "about": Row((_GATES[row.asks], *_more(row)), "; ")})  # fmt: skip
    yield Said("What was seen in the last %(time)s is not offered; the own segment comes first.",
               {"time": days(rules.seen_days)})  # fmt: skip


def predicate_words(predicate: Predicate, *, inner: bool = False) -> Said:
    """What must be true of somebody."""
    if predicate.field is not None:
        return _test(predicate)
    if predicate.no is not None:
        return Said("not %(test)s", {"test": predicate_words(predicate.no, inner=True)})
    tests = [predicate_words(one, inner=True) for one in predicate.every or predicate.some]
    said = reduce(_both if predicate.every else _either, tests)
    return Said("(%(tests)s)", {"tests": said}) if inner and len(tests) > 1 else said


def _both(one: Said, other: Said) -> Said:
    return Said("%(one)s; and %(other)s", {"one": one, "other": other})


def _either(one: Said, other: Said) -> Said:
    return Said("%(one)s; or %(other)s", {"one": one, "other": other})


def _test(predicate: Predicate) -> Said:
    field = _field(predicate.field or "")
    if predicate.op == "known":
        said = Said("%(field)s is known") if predicate.value else Said("%(field)s is unknown")
        return Said(said.text, {"field": field})
    values = predicate.value if isinstance(predicate.value, tuple) else (str(predicate.value),)
    several = (_value(predicate.field or "", one) for one in values)
    return Said(_OPS[predicate.op].text, {"field": field, "values": in_a_row(several, ends="or")})


def _value(field: str, value: str) -> Value:
    if field in _NAMING:
        return Name(value)
    return Said(value) if field in _STANDING else value


def _field(name: str) -> Value:
    if name.startswith(_TRAIT):
        return Said("trait %(trait)s", {"trait": Name(name.removeprefix(_TRAIT))})
    return Said("page kind") if name == "page_kind" else Name(name)


def _more(row: Content) -> Iterator[Value]:
    if row.answers:
        yield Said("answers %(reasons)s", {"reasons": named(row.answers)})
    if row.segments:
        yield Said("for %(segments)s", {"segments": named(row.segments)})
