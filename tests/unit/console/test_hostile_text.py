"""Row 39: whatever a stranger wrote is text on every page: it makes no element and no attribute, and leads nowhere.

A page is compared with the same page of harmless words: both have the same tags with the same attributes, one by one.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from html.parser import HTMLParser
from time import time_ns
from typing import Final
from urllib.parse import quote, urlsplit

import httpx
import pytest
from msgspec import json
from msgspec.structs import replace

from schemas.activity import Version
from streams.console.access.rights import RIGHTS
from streams.console.app import ConsoleOptions, make_app
from streams.console.flow.moves import Moves
from streams.core.recipient.channel_state import ChannelState, WorkerChannels
from streams.core.written import plain
from streams.inbox import MemoryDoor
from streams.readmodel.channels import ChannelBoard
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Entry, Projection
from tests.hostile import HARMLESS, PAYLOADS, poisoned, poisons
from tests.unit.console.conftest import SECRET
from tests.unit.console.lead_samples import DAY
from tests.unit.console.samples import ALERT_ID, LEAD_ID, OTHER_LEAD_ID, Samples
from tests.unit.console.sights import RULES, StandInMoves, sight
from tests.unit.console.test_api_audiences import WITH, mark
from tests.unit.console.test_flow import PAGES as FLOWS
from tests.unit.console.test_flow import Lines, leading, lines
from tests.unit.console.visitor import Visitor, signed_in, visiting
from tests.unit.core.flow_log import MoveLog

pytestmark = pytest.mark.slow  # all of them together

LEADING: Final = ("href", "src", "action", "formaction", "srcset", "poster", "data", "hx-get", "hx-post")
WITHIN: Final = re.compile(r"[/#?]([^/\\]|$)")
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
        "GET /leads/{lead_id}/erase": f"{LEAD}/erase",
    },
    "accounts": {
        "GET /accounts": "/accounts",
        "GET /accounts/{account_id:path}": "/accounts/northwind-robotics.example",
    },
    "rejected": {"GET /rejected": "/rejected", "GET /rejected/{place}": "/rejected/0:0"},
}
# Pages that say again what was asked for: in their address.
ASKED: Final[Mapping[str, str]] = {
    "GET /search": "/search?q={}",
    "GET /flow/costs": "/flow/costs?window={0}&medium={0}&program={0}",
    "GET /rules/paste": "/rules/paste?a={}",
    "GET /rejected": "/rejected?source={0}&by={0}&reason={0}&text={0}&page={0}",
    "GET /debugger": "/debugger?source={0}&type={0}&text={0}",
    "GET /leads/{lead_id}/merge": LEAD + "/merge?q={}",
    "GET /leads/{lead_id}/merge of nobody": LEAD + "/merge?into={}",
    "GET /leads/{lead_id}/browser": LEAD + "/browser?visitor={}",
    "GET /leads/{lead_id}": LEAD + "?kind={0}&sent={0}&visitor={0}&source={0}",
    "GET /channels": "/channels?tried={0}&asked={0}",
    "GET /": "/?whose={0}&page={0}&did={0}",
    "GET /flow": "/flow?by={0}&window={0}&from={0}&to={0}&value={0}",
    "GET /leads/{lead_id} of nobody": "/leads/{}",
    "GET /accounts/{account_id:path}": "/accounts/{}",
    "GET /alerts/{alert_id}": "/alerts/{}",
    "GET /rules/compare": "/rules/compare?a={0}&b={0}",
    "GET /supply": "/supply?a={0}&threshold={0}",
    "GET /users": "/users?did={0}&name={0}",
    "GET /login": "/login?next={}",
}
HEAVY: Final = ("GET /", "GET /leads/{lead_id}", "GET /flow", "GET /flow/costs", "GET /rules/paste")
# Of these every ninth: none says its address again.
# Pages of their own below or in test_rules.py (a review needs two versions of the rules), and what is no page.
ELSEWHERE: Final = {
    "GET /audiences", "GET /flow", "GET /flow/report/{reader}", "GET /flow/costs.csv", "GET /flow/table.csv",
    "GET /channels", "GET /me",
    "GET /debugger/live", "GET /live", "GET /login/openid", "GET /login/openid/back", "GET /login/{token}",
    "GET /login/password/{token}", "GET /leads/{lead_id}/export.json", "GET /rules", "GET /rules/compare.csv",
    "GET /rules/review", "GET /rules/review.csv", "GET /healthz", "GET /readyz", "GET /metrics", "GET /favicon.ico",
}  # fmt: skip


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


@pytest.fixture(autouse=True)
def _nothing_grows_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Some of these tests read hundreds of pages: where that takes long, the later ones would say that they are old."""
    monkeypatch.setattr("streams.console.render.OLD_MS", DAY)


def now() -> int:
    return time_ns() // 1_000_000


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
    inside(found)
    return found


def inside(page: Tags) -> None:
    """It leads nowhere but to ourselves."""
    assert not [one for one in page.leads_to if one and not WITHIN.match(one)], page.leads_to


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


@pytest.mark.parametrize("view", ASKED)
def test_row_39_what_an_address_says_is_text(visitor: Visitor, filled: Samples, view: str) -> None:
    if view != "GET /login":
        signed_in(visitor, "operator")

    def asked(text: str) -> httpx.Response:
        return visitor.get(ASKED[view].format(quote(text, safe="")))

    usual = [Tags(asked(text).text) for text in ("harmless words", "", "harmless")]
    for payload in PAYLOADS[:: 9 if view in HEAVY else 1]:
        answer = asked(payload[:300])
        if answer.status_code == 303:  # a slash makes it the address of a form: it leads to what holds that, here
            place = answer.headers["location"]
            assert (answer.text, quote(place, safe="/:=%"), urlsplit(place).netloc) == ("", place, "")
            continue
        found = Tags(answer.text)
        assert found.shape in [one.shape for one in usual], (payload, answer.text)
        inside(found)


def test_row_39_labels_are_text_in_flow_and_reports_and_no_formula_in_the_table(
    valkey_url: str, prefix: str, samples: Samples
) -> None:
    """Rows 39 and 41."""

    def pages(texts: Sequence[str]) -> tuple[list[str], Lines]:
        log, now = MoveLog(), samples.now
        for number, text in enumerate(texts):
            labels = {"medium": text, "source": text, "program": text, "segment": text}
            log.move(f"lead-{number}", "gained", at=now - DAY, labels=labels, rule="T1", account_id=text)
        moves = Moves(StandInMoves(*log.told()), lambda: RULES, now=lambda: now)
        with leading(moves, Reader.connect(valkey_url, prefix=prefix)) as one:
            return [one.get(path).text for path in FLOWS], lines(one, "?by=source")

    usual, _ = pages(HARMLESS)
    shown, table = pages(PAYLOADS)
    for harmless, page in zip(usual, shown, strict=True):
        assert kinds_in(page) == kinds_in(harmless)
    told = Tags(shown[0]).text
    assert sum(as_read(one) in told for one in PAYLOADS if as_read(one)) > 20, "the greatest are named"
    cells = [cell for row in table for cell in row.values()]
    assert len(table) > len(PAYLOADS) - 10
    assert not [cell for cell in cells if cell.lstrip(" \u00a0\ufeff\u200b").startswith(tuple("=+-@\t\r\n|%"))]


def kinds_in(page: str) -> set[tuple[str, tuple[str, ...]]]:
    """Which elements there are at all: of a page whose rows may be others."""
    found = Tags(page)
    inside(found)
    return set(found.shape)


def test_row_39_what_a_channel_answered_is_text(visitor: Visitor, valkey_url: str, prefix: str) -> None:
    signed_in(visitor, "operator")
    board = ChannelBoard.connect(valkey_url, prefix=prefix)

    def page(text: str) -> Tags:
        state = ChannelState(name="mail", waiting=0, resting=False, error=text, error_at=now())
        board.tell(WorkerChannels(worker="a:1", at=now(), channels=(state,)))
        return Tags(visitor.get("/channels").text)

    usual = page("harmless words")
    for payload in PAYLOADS:
        found = page(payload)
        assert found.shape == usual.shape
        assert as_read(payload) in found.text


def test_row_39_a_name_of_a_user_is_text(visitor: Visitor, filled: Samples) -> None:
    def page(name: str) -> Tags:
        signed_in(visitor, "operator", name=name)
        return Tags(visitor.get("/me").text)

    usual = page("harmless words")
    for payload in PAYLOADS:
        found = page(payload[:60])
        assert found.shape == usual.shape
        assert as_read(payload[:60]) in found.text


def test_row_39_who_entered_an_audience_is_text(
    valkey_url: str, prefix: str, projection: Projection, samples: Samples
) -> None:
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver")
    app = make_app(Reader.connect(valkey_url, prefix=prefix), MemoryDoor(), options, sight=sight(rules=WITH))
    with visiting(app) as visitor:
        signed_in(visitor, "operator")

        def page(name: str, version: int) -> Tags:
            marks = (mark("warm", samples.now),)
            card = replace(samples.lead(), name=name, audiences=marks, version=Version(version, 0))
            projection.write(leads=[(card.lead_id, json.encode(card))])
            return Tags(visitor.get("/audiences").text)

        usual = page("harmless words", 1)
        assert "harmless words" in usual.text
        for number, payload in enumerate(PAYLOADS):
            found = page(payload, number + 2)
            assert found.shape == usual.shape
            assert as_read(payload) in found.text


def test_row_39_every_page_is_looked_at() -> None:
    """A new page needs a line above, or stands in ELSEWHERE because nothing of a stranger is on it."""
    known = {*ELSEWHERE, *(view for views in CARDS.values() for view in views), *ASKED}
    assert {one for one in RIGHTS if one.startswith("GET ")} <= known
