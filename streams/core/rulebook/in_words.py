"""All rules as people read them, file by file; and what changes between two versions, in the same words."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final, TypeAlias

from msgspec import Struct

from streams.core.rulebook import returns_words, routing_words, scoring_words, segments_words, site_words, stages_words
from streams.core.rules import Rules
from streams.core.said import Said

__all__ = ["Change", "Section", "changes", "explained"]

Sentences: TypeAlias = Callable[[Rules], Iterable[Said]]
_SECTIONS: Final[Mapping[str, tuple[tuple[Said, Sentences], ...]]] = {
    "scoring": (
        (Said("Points"), lambda rules: (scoring_words.rule_sentence(one, rules) for one in rules.scoring.rules.rule)),
        (Said("Together"), lambda rules: scoring_words.group_sentences(rules.scoring.rules)),
        (Said("Pages"), lambda rules: scoring_words.page_sentences(rules.scoring.rules)),
        (Said("Fit: who they are"), lambda rules: scoring_words.fit_sentences(rules.scoring.rules.fit)),
        (Said("Total and grade"), lambda rules: scoring_words.grade_sentences(rules.scoring.rules)),
    ),
    "stages": (
        (Said("Stages"), lambda rules: stages_words.stage_sentences(rules.stages)),
        (Said("Arrows"), lambda rules: stages_words.arrow_sentences(rules.stages)),
        (Said("What decides"), lambda rules: stages_words.milestone_sentences(rules.stages)),
        (Said("Thresholds"), lambda rules: stages_words.threshold_sentences(rules.stages)),
        (Said("Clocks and checks"), lambda rules: stages_words.clock_sentences(rules.stages)),
        (Said("Holds"), lambda rules: stages_words.hold_sentences(rules.stages)),
    ),
    "returns": (
        (Said("R: how strongly an account is back"), lambda rules: returns_words.signal_sentences(rules.returns)),
        (Said("What is told"), lambda rules: returns_words.level_sentences(rules.returns)),
        (Said("What to do next"), lambda rules: returns_words.act_sentences(rules.returns)),
    ),
    "routing": (
        (Said("When"), lambda rules: routing_words.when_sentences(
            rules.routing.rules, timezone=rules.site.rules.site.timezone)),
        (Said("Who"), lambda rules: routing_words.rep_sentences(rules.routing.rules)),
        (Said("Whose"), lambda rules: routing_words.listing_sentences(rules.routing.rules)),
    ),
    "site": (
        (Said("Pages"), lambda rules: site_words.page_meanings(rules.site.rules)),
        (Said("Sources, forms, events"), lambda rules: site_words.event_sentences(rules.site.rules)),
        (Said("Traits"), lambda rules: site_words.trait_sentences(rules.site.rules)),
    ),
    "segments": ((Said("Segments"), lambda rules: segments_words.segment_sentences(rules.segments.rules)),),
    "audiences": ((Said("Audiences"), lambda rules: segments_words.audience_sentences(rules.audiences.rules)),),
    "content": ((Said("Content"), lambda rules: segments_words.content_sentences(rules.content)),),
}  # fmt: skip


class Section(Struct, frozen=True):
    """One part of one file. `file` has no `.toml`."""

    file: str
    title: Said
    sentences: tuple[Said, ...]


class Change(Struct, frozen=True):
    """What a section no longer says, and what it says now."""

    file: str
    title: Said
    before: tuple[Said, ...]
    after: tuple[Said, ...]


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


def _differing(before: Sequence[Said], after: Sequence[Said]) -> tuple[tuple[Said, ...], tuple[Said, ...]]:
    """Also a row that only changed its place counts: of several that match, the first decides."""
    gone: list[Said] = []
    new: list[Said] = []
    was, now = ([one.words for one in said] for said in (before, after))
    for what, a, b, c, d in SequenceMatcher(a=was, b=now, autojunk=False).get_opcodes():
        if what != "equal":
            gone += before[a:b]
            new += after[c:d]
    return tuple(gone), tuple(new)
