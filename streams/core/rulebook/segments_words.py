"""segments.toml, audiences.toml and content.toml in words."""

from collections.abc import Iterator
from typing import Final

from streams.core.rulebook.audiences_rules import AudiencesRules
from streams.core.rulebook.content_rules import Content, ContentRules
from streams.core.rulebook.phrasing import days, listed
from streams.core.rulebook.segments_rules import Predicate, SegmentsRules

__all__ = ["audience_sentences", "content_sentences", "predicate_words", "segment_sentences"]

_OPS: Final = {"is": "is", "contains": "contains", "at_least": "is at least", "at_most": "is at most"}
_GATES: Final = {
    "open": "open to everybody",
    "form": "a form, unless we know who reads",
    "ask_unknown": "open, a form for whom we do not know",
}


def segment_sentences(rules: SegmentsRules) -> Iterator[str]:
    """The rows in their order: the first that is true."""
    for number, one in enumerate(rules.segment, 1):
        said_no = "; we say no to them" if one.not_target else ""
        yield f"{number}. {one.label} ({one.name}): {predicate_words(one.when)}{said_no}."
    yield "A trait segment that was said goes before; who is in no row is in none."


def audience_sentences(rules: AudiencesRules) -> Iterator[str]:
    """Each by itself: a lead may be in several."""
    for one in rules.audience:
        silent = "" if one.announce else "; no webhook hears of it"
        yield f"{one.label} ({one.name}): {predicate_words(one.when)}{silent}."
    told = listed(rules.announce) if rules.announce else "nothing"
    yield f"Of all leads a webhook hears {told}."


def content_sentences(rules: ContentRules) -> Iterator[str]:
    """The inventory."""
    for row in rules.content:
        yield f"{row.title} ({row.path or row.asset}), {row.review}: {_GATES[row.asks]}{''.join(_more(row))}."
    yield f"What was seen in the last {days(rules.seen_days)} is not offered; the own segment comes first."


def predicate_words(predicate: Predicate, *, inner: bool = False) -> str:
    """What must be true of somebody."""
    if predicate.field is not None:
        return _test(predicate)
    if predicate.no is not None:
        return f"not {predicate_words(predicate.no, inner=True)}"
    parts = predicate.every or predicate.some
    said = ("; and " if predicate.every else "; or ").join(predicate_words(one, inner=True) for one in parts)
    return f"({said})" if inner and len(parts) > 1 else said


def _test(predicate: Predicate) -> str:
    name = (predicate.field or "").replace("trait.", "trait ").replace("page_kind", "page kind")
    if predicate.op == "known":
        return f"{name} is {'known' if predicate.value else 'unknown'}"
    values = predicate.value if isinstance(predicate.value, tuple) else (str(predicate.value),)
    return f"{name} {_OPS[predicate.op]} {listed(values, last='or')}"


def _more(row: Content) -> Iterator[str]:
    if row.answers:
        yield f"; answers {listed(row.answers)}"
    if row.segments:
        yield f"; for {listed(row.segments)}"
