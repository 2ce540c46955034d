"""What the pages of rules are about: rows of leads around the threshold, two versions in the book, a draft."""

from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Final

from streams.core.rows import ROWS
from streams.core.rulebook.threshold_text import with_threshold
from streams.rules_book import Approved, Published, Reviewed, RulesBook
from tests.browser.companies import PEOPLE, lead_id_of
from tests.browser.rules_seen import FILES, SEEN
from tests.unit.console.lead_samples import DAY
from tests.unit.core.told import LeadStory, browser, did, hits

__all__ = ["DRAFT", "FORMER", "kept_rows", "write_book", "write_draft"]

DRAFT: Final = "lower-threshold"
FORMER: Final = "0f0f0f0f0f0f"
FORMER_THRESHOLD, DRAFT_THRESHOLD, APPROVED_THRESHOLD = 75, 80, 95
LOOKED_AT: Final = "Lucía Moreno"
THRESHOLD_FILE: Final = "stages.toml"
# How each lead came to its points, before they decay: hits by rule, in two kinds of interest or more.
DID: Final = (
    {"pricing_page": 3, "comparison_page": 2, "request": 1, "product_page": 2, "form": 1},
    {"pricing_page": 3, "comparison_page": 2, "request": 1, "product_page": 2},
    {"pricing_page": 2, "comparison_page": 1, "request": 1, "product_page": 2},
    {"pricing_page": 2, "comparison_page": 1, "request": 1, "product_page": 1},
    {"pricing_page": 1, "product_page": 1},
)


def kept_rows(now: int) -> Iterator[tuple[str, bytes]]:
    """Keys and rows of leads, one for each person of the companies."""
    for number, name in enumerate(PEOPLE):
        chance, key = Random(name), lead_id_of(name)
        story = LeadStory(SEEN)
        ago = chance.randrange(20) * DAY // 4
        some = {
            rule: ats for rule, count in DID[number % len(DID)].items()
            for ats in hits(rule, *(now - ago - one * DAY for one in range(count))).values()
        }  # fmt: skip
        story.hears(browser(did(points=some, name=name), offset=1, as_of=now - ago, known_at=now - ago - 2 * DAY))
        assert story.row is not None
        yield key, ROWS["leads"].encode(story.row)


def write_book(path: Path, now: int) -> None:
    """Another threshold was in force until yesterday; a leader looked at one lead, and approved the next step."""
    former = {**FILES, THRESHOLD_FILE: with_threshold(FILES[THRESHOLD_FILE], FORMER_THRESHOLD)}
    book = RulesBook(path)
    book.write(Published(at=now - 9 * DAY, version=FORMER, files=former, by="Omar Haddad"))
    book.write(Published(at=now - DAY, version=SEEN.version, files=FILES, by="Omar Haddad"))
    book.write(Reviewed(at=now - DAY // 4, by="Lena Brandt", version=SEEN.version, lead_id=lead_id_of(LOOKED_AT)))
    book.write(Approved(
        at=now - DAY // 2, by="Lena Brandt", base=SEEN.version, was=100.0, threshold=APPROVED_THRESHOLD,
        arithmetic=("14 fast passes a week -> 40 left for the score.",
                    "This week: from 100 to 95 (at most 10 points a week)."),
        said=(("%(passes)s fast passes a week -> %(left)s left for the score.", {"passes": "14", "left": "40"}),
              ("This week: from %(was)s to %(theta)s (at most %(most)s points a week).",
               {"was": "100", "theta": "95", "most": "10"})),
    ))  # fmt: skip


def write_draft(place: Path) -> None:
    """Rules that somebody thinks about, below `place`."""
    (place / DRAFT).mkdir(parents=True)
    text = with_threshold(FILES[THRESHOLD_FILE], DRAFT_THRESHOLD)
    (place / DRAFT / THRESHOLD_FILE).write_text(text, "utf-8")
