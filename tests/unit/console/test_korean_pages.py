"""No English is left on a page in Korean, but names, figures and what people or their rules wrote."""

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import chain

import pytest

from tests.unit.console.samples import ALERT_ID, Samples
from tests.unit.console.test_pages import ACCOUNT, LEAD
from tests.unit.console.visitor import Visitor, signed_in

EMPTY = ("/", "/closed", "/leads", "/accounts", "/rejected", "/channels", "/audiences", "/debugger", "/search", "/me",
         "/login", "/flow", "/supply", "/users")  # fmt: skip
FULL = ("/", "/closed", f"/alerts/{ALERT_ID}", "/alerts/al_digest", "/leads", LEAD, f"{LEAD}/merge", f"{LEAD}/unmerge",
        f"{LEAD}/erase", "/accounts", ACCOUNT, "/rejected", "/rejected/0:0", "/search?q=north", "/search?q=zzz",
        "/nothing-here")  # fmt: skip
NOT_READ = frozenset({"script", "style", "code", "pre", "kbd"})
READ_OUT = frozenset({"aria-label", "title", "placeholder", "alt"})
LETTERS = re.compile(r"[A-Za-z][a-z]+|[A-Z]{2,}")
# What is called the same in every language. The sentences of the rules, on their page, are theirs.
NAMES = frozenset({
    "Leadstream", "English", "JSON", "MQL", "CRM", "CVR", "CSV", "SDR", "UTC", "Kafka", "Redis",
    "track", "page", "screen", "identify", "group", "alias", "agent", "collector",
})
IDS = re.compile(r"[\w.]+:[\w.]+:\S+")


class Texts(HTMLParser):
    """What is read on a page, or read out: each text by itself."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._aside = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._aside += tag in NOT_READ
        self.found += [value for name, value in attrs if value and name in READ_OUT]

    def handle_endtag(self, tag: str) -> None:
        self._aside -= tag in NOT_READ

    def handle_data(self, data: str) -> None:
        if not self._aside and data.strip():
            self.found.append(" ".join(data.split()))


def left_in_english(visitor: Visitor, path: str, *, written: frozenset[str]) -> set[str]:
    """Texts that stand on both pages with words that are neither names nor what somebody wrote."""
    english, korean = (
        set(Texts(visitor.get(path, headers={"accept-language": language}).text).found) for language in ("en", "ko")
    )
    return {
        text for text in english & korean
        if not IDS.fullmatch(text) and not set(LETTERS.findall(text)) <= NAMES | written
    }  # fmt: skip


def words_of(samples: Samples) -> Iterator[str]:
    """All that cards say."""
    for _, card in chain.from_iterable(samples.entries().values()):
        yield from LETTERS.findall(bytes(card).decode())
    for one in samples.rejected():
        yield from LETTERS.findall(f"{one}")


@pytest.mark.parametrize("path", EMPTY)
def test_a_page_without_data_is_in_korean(visitor: Visitor, path: str) -> None:
    if path != "/login":
        signed_in(visitor, "operator")
    assert left_in_english(visitor, path, written=frozenset({"Ines", "Duarte", "operator"})) == set()


@pytest.mark.parametrize("path", FULL)
def test_a_page_with_data_is_in_korean(visitor: Visitor, filled: Samples, path: str) -> None:
    signed_in(visitor, "operator")
    written = frozenset(words_of(filled)) | {"Ines", "Duarte", "north", "zzz"}
    assert left_in_english(visitor, path, written=written) == set()


def test_what_is_left_in_english_is_found(visitor: Visitor, filled: Samples) -> None:
    signed_in(visitor, "operator")
    assert "Northwind Robotics" in left_in_english(visitor, "/", written=frozenset())
