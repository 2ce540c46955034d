"""All rules as people read them, file by file; and what changes between two versions, in the same words."""

from collections.abc import Callable, Iterable, Mapping
from difflib import SequenceMatcher
from typing import Final, TypeAlias

from msgspec import Struct

from streams.core.rulebook import returns_words, routing_words, scoring_words, segments_words, site_words, stages_words
from streams.core.rules import Rules

__all__ = ["Change", "Section", "changes", "explained"]

Sentences: TypeAlias = Callable[[Rules], Iterable[str]]
_SECTIONS: Final[Mapping[str, tuple[tuple[str, Sentences], ...]]] = {
    "scoring": (
        ("Points", lambda rules: (scoring_words.rule_sentence(one, rules) for one in rules.scoring.rules.rule)),
        ("Together", lambda rules: scoring_words.group_sentences(rules.scoring.rules)),
        ("Pages", lambda rules: scoring_words.page_sentences(rules.scoring.rules)),
        ("Fit: who they are", lambda rules: scoring_words.fit_sentences(rules.scoring.rules.fit)),
        ("Total and grade", lambda rules: scoring_words.grade_sentences(rules.scoring.rules)),
    ),
    "stages": (
        ("Stages", lambda rules: stages_words.stage_sentences(rules.stages)),
        ("Arrows", lambda rules: stages_words.arrow_sentences(rules.stages)),
        ("What decides", lambda rules: stages_words.milestone_sentences(rules.stages)),
        ("Thresholds", lambda rules: stages_words.threshold_sentences(rules.stages)),
        ("Clocks and checks", lambda rules: stages_words.clock_sentences(rules.stages)),
        ("Holds", lambda rules: stages_words.hold_sentences(rules.stages)),
    ),
    "returns": (
        ("R: how strongly an account is back", lambda rules: returns_words.signal_sentences(rules.returns)),
        ("What is told", lambda rules: returns_words.level_sentences(rules.returns)),
        ("What to do next", lambda rules: returns_words.act_sentences(rules.returns)),
    ),
    "routing": (
        ("When", lambda rules: routing_words.when_sentences(
            rules.routing.rules, timezone=rules.site.rules.site.timezone)),
        ("Who", lambda rules: routing_words.rep_sentences(rules.routing.rules)),
        ("Whose", lambda rules: routing_words.listing_sentences(rules.routing.rules)),
    ),
    "site": (
        ("Pages", lambda rules: site_words.page_meanings(rules.site.rules)),
        ("Sources, forms, events", lambda rules: site_words.event_sentences(rules.site.rules)),
        ("Traits", lambda rules: site_words.trait_sentences(rules.site.rules)),
    ),
    "segments": (("Segments", lambda rules: segments_words.segment_sentences(rules.segments.rules)),),
    "audiences": (("Audiences", lambda rules: segments_words.audience_sentences(rules.audiences.rules)),),
    "content": (("Content", lambda rules: segments_words.content_sentences(rules.content)),),
}  # fmt: skip


class Section(Struct, frozen=True):
    """One part of one file. `file` has no `.toml`."""

    file: str
    title: str
    sentences: tuple[str, ...]


class Change(Struct, frozen=True):
    """What a section no longer says, and what it says now."""

    file: str
    title: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def explained(rules: Rules, *, file: str = "") -> tuple[Section, ...]:
    """All sections, or those of one file (`scoring`). Raises KeyError for a file that nobody knows."""
    wanted = {file: _SECTIONS[file]} if file else _SECTIONS
    return tuple(
        Section(name, title, tuple(sentences(rules)))
        for name, sections in wanted.items()
        for title, sentences in sections
    )


def changes(before: Rules, after: Rules) -> tuple[Change, ...]:
    """Section by section what differs, in the order of the files."""
    found = [
        Change(was.file, was.title, *_differing(was.sentences, now.sentences))
        for was, now in zip(explained(before), explained(after), strict=True)
    ]
    return tuple(one for one in found if one.before or one.after)


def _differing(before: tuple[str, ...], after: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Also a row that only changed its place counts: of several that match, the first decides."""
    gone: list[str] = []
    new: list[str] = []
    for what, a, b, c, d in SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes():
        if what != "equal":
            gone += before[a:b]
            new += after[c:d]
    return tuple(gone), tuple(new)
