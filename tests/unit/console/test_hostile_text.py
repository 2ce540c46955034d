"""Row 39: whatever a stranger wrote is text on every page: it makes no element and no attribute, and leads nowhere.

A page is compared with the same page of harmless words: both have the same tags with the same attributes, one by one.
"""

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from typing import Final

import pytest
from msgspec import json
from msgspec.structs import replace

from streams.console.rights import RIGHTS
from streams.core.written import plain
from streams.readmodel.writer import Entry, Projection
from tests.hostile import HARMLESS, PAYLOADS, poisoned, poisons
from tests.unit.console.samples import ALERT_ID, LEAD_ID, OTHER_LEAD_ID, Samples
from tests.unit.console.visitor import Visitor, signed_in

LEADING: Final = ("href", "src", "action", "formaction", "srcset", "poster", "data", "hx-get", "hx-post")
LEAD: Final = f"/leads/{LEAD_ID}"
# Every page that shows what strangers wrote, by the cards that say it and its line of rights.py.
CARDS: Final[Mapping[str, Mapping[str, str]]] = {
    "alerts": {
        "GET /": "/?whose=all",
        "GET /closed": "/closed",
        "GET /alerts/{alert_id}": f"/alerts/{ALERT_ID}",
    },
    "leads": {
        "GET /leads": "/leads",
        "GET /leads/{lead_id}": LEAD,
        "GET /leads/{lead_id}/merge": f"{LEAD}/merge?into={OTHER_LEAD_ID}",
        "GET /leads/{lead_id}/unmerge": f"{LEAD}/unmerge",
        "GET /leads/{lead_id}/browser": f"{LEAD}/browser?visitor=b7c8e1f0-laptop",
    },
    "accounts": {"GET /accounts": "/accounts", "GET /accounts/{account_id:path}": "/accounts/northwind-robotics.example"},
    "rejected": {"GET /rejected": "/rejected", "GET /rejected/{place}": "/rejected/0:0"},
}


Shape = list[tuple[str, tuple[str, ...]]]


class Tags(HTMLParser):
    """Each tag with the names of its attributes, in their order; the text; and where the page leads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.shape: Shape = []
        self.leads_to: list[str] = []
        self._texts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = tuple(name for name, _ in attrs)
        if tag == "option":  # one for each different text
            assert set(names) <= {"value", "selected"}, names
        else:
            self.shape.append((tag, names))
        self.leads_to += [value or "" for name, value in attrs if name in LEADING]

    def handle_endtag(self, tag: str) -> None:
        if tag != "option":
            self.shape.append((f"/{tag}", ()))

    def handle_data(self, data: str) -> None:
        self._texts.append(data)

    @property
    def text(self) -> str:
        return as_read(" ".join(self._texts))


def as_read(text: str) -> str:
    return " ".join(plain(text).split())


def poisoning(projection: Projection, entries: list[Entry], kind: str, texts: Iterator[str], *, version: int) -> None:
    """The cards of this kind anew, with these texts."""
    made = [(name, json.encode(poisoned(json.decode(body), texts, version=version))) for name, body in entries]
    projection.write(**{kind: made})


def same(page: str, harmless: Tags) -> Tags:
    """The page, whose elements are those of the harmless one."""
    found = Tags(page)
    assert found.shape == harmless.shape, page
    assert not [one for one in found.leads_to if one and not re.match(r"[/#][^/\\\\]|/$|#$", one)], found.leads_to
    return found


def test_there_are_two_hundred_of_many_kinds() -> None:
    assert len(set(PAYLOADS)) == len(PAYLOADS) >= 200


@pytest.mark.parametrize("kind", CARDS)
def test_row_39_what_a_card_says_is_text_in_every_view(
    visitor: Visitor, projection: Projection, filled: Samples, kind: str
) -> None:
    """Each payload is in each view, as text."""
    signed_in(visitor, "operator")
    entries = filled.entries()
    entries["leads"].append((OTHER_LEAD_ID, json.encode(replace(filled.lead(), lead_id=OTHER_LEAD_ID))))
    projection.write(leads=entries["leads"])
    poisoning(projection, entries[kind], kind, poisons(0, texts=HARMLESS), version=1_000)
    harmless = {view: Tags(visitor.get(path).text) for view, path in CARDS[kind].items()}
    assert [view for view, one in harmless.items() if "harmless words" not in one.text.lower()] == []
    left = {view: {as_read(one) for one in PAYLOADS} - {""} for view in CARDS[kind]}
    for turn in range(len(PAYLOADS)):
        poisoning(projection, entries[kind], kind, poisons(turn), version=1_001 + turn)
        for view in [one for one in CARDS[kind] if left[one]]:
            text = same(visitor.get(CARDS[kind][view]).text, harmless[view]).text
            left[view] -= {one for one in left[view] if one in text}
    assert {view: sorted(one[:60] for one in missing) for view, missing in left.items() if missing} == {}


def test_row_39_every_page_is_looked_at() -> None:
    """A new page needs a line above, or stands here because nothing of a stranger is on it."""
    pages = {one for one in RIGHTS if one.startswith("GET ")}
    assert pages == {*CARDS, *ASKED, *ELSEWHERE}
