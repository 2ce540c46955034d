"""What an account's people read, against the reason of its loss: the answers that they found, and those still unread.

A page is of interest by its kind (prices, comparison, demo, security) or because it answers some loss. Times are UTC
milliseconds.
"""

from collections.abc import Iterable, Mapping
from typing import Final

from msgspec import Struct

from schemas.activity import PageSeen
from schemas.deals import DealFacts
from streams.core.events.meanings import Meanings
from streams.core.returns.doings import answer_tags
from streams.core.returns.strength import lost_at
from streams.core.rulebook.content_rules import ContentRules
from streams.core.segment.content import is_seen

__all__ = ["Interest", "ReadPage", "interest_of"]

KINDS: Final = ("pricing", "comparison", "demo", "security")
MOST: Final = 20


class ReadPage(Struct, frozen=True, kw_only=True):
    """One page, by all of them. `at`: the latest; `dwell_ms`: the most attention of one visit, None = not measured."""

    path: str
    kind: str
    answer: str  # the lost reason that it answers, "" = none
    answers_loss: bool
    since_loss: bool
    at: int
    dwell_ms: int | None
    who: tuple[str, ...]  # lead ids


class Interest(Struct, frozen=True, kw_only=True):
    """`reason` "" = the CRM gave none, so nothing can answer it. `unread`: titles of content that would answer it."""

    reason: str
    competitor: str
    pages: tuple[ReadPage, ...]  # what answers the loss first, then the latest
    unread: tuple[str, ...]

    @property
    def answered(self) -> bool:
        """Whether somebody read an answer after the loss."""
        return any(page.answers_loss and page.since_loss for page in self.pages)


def interest_of(
    deal: DealFacts, read: Mapping[str, Iterable[PageSeen]], *, meanings: Meanings, content: ContentRules
) -> Interest:
    """`read`: pages by lead. `deal`: the lost one that decides."""
    tags, lost = answer_tags(deal), lost_at(deal)
    found: dict[str, ReadPage] = {}
    for who, pages in read.items():
        for page in pages:
            answer = meanings.page(page.path).answer
            if page.kind in KINDS or answer:
                one = ReadPage(
                    path=page.path, kind=page.kind, answer=answer, answers_loss=answer in tags,
                    since_loss=page.at > lost, at=page.at, dwell_ms=page.dwell_ms, who=(who,),
                )  # fmt: skip
                found[page.path] = _joined(found.get(page.path), one)
    ordered = sorted(found.values(), key=lambda one: (not one.answers_loss, -one.at, one.path))
    return Interest(
        reason=deal.lost_reason or "", competitor=deal.competitor or "", pages=tuple(ordered[:MOST]),
        unread=tuple(_unread(tags, read, content)),
    )  # fmt: skip


def _joined(one: ReadPage | None, other: ReadPage) -> ReadPage:
    if one is None:
        return other
    dwells = [page.dwell_ms for page in (one, other) if page.dwell_ms is not None]
    latest = max(one, other, key=lambda page: page.at)
    return ReadPage(
        path=one.path, kind=latest.kind, answer=one.answer, answers_loss=one.answers_loss,
        since_loss=latest.since_loss, at=latest.at, dwell_ms=max(dwells, default=None),
        who=tuple(dict.fromkeys((*one.who, *other.who))),
    )  # fmt: skip


def _unread(tags: set[str], read: Mapping[str, Iterable[PageSeen]], content: ContentRules) -> Iterable[str]:
    """Pages of content.toml alone: whether a download was read stands on no page."""
    paths = {page.path for pages in read.values() for page in pages}
    for row in content.content:
        if row.path and tags.intersection(row.answers) and not is_seen(row, paths):
            yield row.title
