"""Reads a page in Korean: what on it is neither Korean, nor a name, nor what people and their systems wrote.

A text of data goes as a whole: `Head of Production` excuses no `of` elsewhere. What the catalogue has a translation of
excuses nothing, such as a label of the rules that come with us.
"""

import re
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any, Final

import msgspec

from streams.core.alert.said import in_korean
from streams.core.written import words
from tests.unit.console.visitor import Visitor
from tests.words.catalogue import catalogue

__all__ = ["Texts", "foreign", "foreign_in", "written_in"]

NOT_READ: Final = frozenset({"script", "style", "code", "pre", "kbd", "textarea"})
READ_OUT: Final = frozenset({"aria-label", "title", "placeholder", "alt"})
LETTERS: Final = re.compile(r"[A-Za-z]{2,}")
UNITS: Final = re.compile(r"\d [dhs]\b")
# What is called the same in every language.
NAMES: Final = (
    "Leadstream", "English", "JSON", "JSON Merge Patch", "JMESPath", "MQL", "CRM", "CVR", "CSV", "SDR", "UTC", "Kafka",
    "Redis", "Slack", "SDK", "ID", "OpenID Connect", "UTF-8", "KiB", "MiB", "offset", "identify", "head", "API",
    "track", "page", "screen", "group", "alias", "BANT", "transitions", "toml", "{date}",
)  # fmt: skip
KNOWN: Final = catalogue("ko")
# What machines read: commands, settings, calls, addresses, files, a name of the rules in brackets; ids and figures.
MACHINES: Final = re.compile(
    r"`[^`]*`|leadstream users [\w' ]+|leadstream topics apply|LEADSTREAM_[A-Z_]+|leadstream\.\w+\(…\)"
    r"|https?://[^\s,]+|\b[a-z]+\.(?:toml|json)\b|(?<![\w.])/[\w./*-]+|\([a-z_]+\)"
)
NUMBERED: Final = re.compile(r"(?<![\w-])(?=[\w.:-]*\d)[\w.:-]+")
# Keys of data whose values others write, also where we have such a word.
THEIRS: Final = frozenset({"what", "source", "event", "called", "value", "department_words"})
# Keys of data whose values are words of ours, whether or not the catalogue says them so.
OURS: Final = frozenset({
    "status", "stage", "sub_stage", "level", "trust", "kind", "signal", "via", "type", "said", "op", "gate", "review",
    "role", "mode", "limit_per", "days", "offers",
})  # fmt: skip


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


def foreign(visitor: Visitor, path: str, *, written: Iterable[str] = ()) -> set[str]:
    """Of the page at this path."""
    return foreign_in(visitor.get(path, headers={"accept-language": "ko"}).text, written=written)


def foreign_in(html: str, *, written: Iterable[str] = ()) -> set[str]:
    """The texts with words in them that nobody called so. Raises AssertionError for a page that is not in Korean."""
    assert '<html lang="ko"' in html
    theirs, ours = _any_of(written), _any_of(NAMES)
    return {text for text in Texts(html).found if _is_foreign(theirs.sub(" ", text), ours)}


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=len, reverse=True) or ["\0"]
    return re.compile(rf"(?<![A-Za-z])(?:{'|'.join(map(re.escape, longest_first))})(?![A-Za-z])")


def _is_foreign(text: str, names: re.Pattern[str]) -> bool:
    parts = [names.sub(" ", one) for one in MACHINES.split(text)]
    return any(UNITS.search(one) or LETTERS.search(NUMBERED.sub(" ", one)) for one in parts)


def written_in(*data: Any) -> Iterator[str]:
    """All texts in data that are nobody's words of ours."""
    for one in data:
        yield from _texts(msgspec.to_builtins(one, enc_hook=str))


def _texts(found: object, key: str = "") -> Iterator[str]:
    if isinstance(found, dict):
        for name, value in found.items():
            yield from _texts(value, str(name))
    elif isinstance(found, list | tuple):
        for value in found:
            yield from _texts(value, key)
    elif isinstance(found, str) and LETTERS.search(found) and _is_theirs(found, key):
        yield " ".join(found.split())


def _is_theirs(text: str, key: str) -> bool:
    return key in THEIRS or (key not in OURS and not _is_ours(text))


def _is_ours(text: str) -> bool:
    return KNOWN.get(text) is not None or KNOWN.get(words(text)) is not None or bool(in_korean(text))
