"""The pages of marketing leaders and operators in Korean: flow, costs, reports, supply, rules, channels, users."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from tomllib import loads

import pytest
from msgspec.structs import replace

from streams.console.access.user_book import opened
from streams.console.access.users import Users
from streams.console.app import ConsoleOptions, make_app
from streams.console.flow.cost_book import CostBook
from streams.console.flow.moves import Moves
from streams.console.live.arrived import Arrived, in_words
from streams.console.tongue import ENGLISH, tongue_of
from streams.core.recipient.channel_state import ChannelState, WorkerChannels
from streams.core.rows import ROWS
from streams.core.rulebook.threshold_text import with_threshold
from streams.core.said import Name, Said
from streams.inbox import MemoryDoor
from streams.readmodel.channels import ChannelBoard
from streams.readmodel.reader import Reader
from streams.rules_book import Approved, Published, RulesBook
from streams.rules_files import read_texts
from tests.unit.console.conftest import SECRET
from tests.unit.console.korean import foreign, foreign_in, written_in
from tests.unit.console.samples import LEAD_ID, Samples
from tests.unit.console.sights import RULES, StandInMoves, StandInRows, known_rules, sight
from tests.unit.console.test_flow import story
from tests.unit.console.test_rules import VERSION, lead
from tests.unit.console.test_users import QUICK
from tests.unit.console.visitor import Visitor, signed_in, visiting
from tests.unit.core.made import DAY

FILES = read_texts(None)
DRAFT = {
    "stages.toml": with_threshold(FILES["stages.toml"], 75),
    "scoring.toml": FILES["scoring.toml"].replace("points = 20\nkeep = 2", "points = 5\nkeep = 3"),
    "site.toml": FILES["site.toml"].replace('"/trial*"', '"/try*"'),
    "audiences.toml": '[[audience]]\nname = "warm"\nlabel = "Warm Ones"\n'
                      'when = { all = [{ field = "score", op = "at_least", value = 60 }, '
                      '{ not = { field = "stage", value = "dead_end" } }] }\n',
    "routing.toml": FILES["routing.toml"] + '\n[[rep]]\nemail = "rita@us.example"\nname = "Rita"\n'
                    'territories = ["KR"]\ntimezone = "Asia/Seoul"\nleader = "lea@us.example"\n'
                    '[[rep]]\nemail = "lea@us.example"\nfield = true\n[[target]]\ndomain = "acme.example"\n',
}  # fmt: skip
PAGES = ("/flow", "/flow?by=medium", "/flow?of=accounts&by=medium", "/flow?program=none-such", "/flow/costs",
         "/flow/costs?window=7&medium=fair", "/flow/costs?segment=batch", "/flow/report/executives",
         "/flow/report/leaders", "/flow/report/staff", "/supply", "/supply?sdrs=3&attempts=4", "/rules",
         "/rules/compare", "/rules/compare?b=draft:other", "/rules/compare?b=pasted:gone", "/rules/review",
         "/rules/paste", "/channels", "/channels?tried=mail&asked=1", "/users", "/users?did=role&name=Olga",
         "/users?did=disabled&name=Kim")  # fmt: skip
WRITTEN = ("Ines Duarte", "Olga", "Kim Reyes", "Omar", "Lena", "Mallory", "Rita", "Warm Ones",
           "other", "need", "none-such", "busy: try later", "webhook", "slack", "mail", "memory", "console",
           "LEADSTREAM_CONSOLE__RULES_DRAFTS", "LEADSTREAM_CONSOLE__COSTS", "linkedin", "expo-26", "expo", "social",
           "fair", "batch", "radio")  # fmt: skip


@pytest.fixture
def settled(tmp_path: Path, samples: Samples) -> dict[str, Path]:
    """Files of an operator: a book of rules with a former version, a draft, costs, users."""
    found = {name: tmp_path / name for name in ("rules.jsonl", "drafts", "costs.toml", "users.json")}
    book, now = RulesBook(found["rules.jsonl"]), samples.now
    former = {**FILES, "stages.toml": with_threshold(FILES["stages.toml"], 120)}
    book.write(Published(at=now - 9 * DAY, version="0f0f0f0f0f0f", files=former, by="Omar"))
    version = known_rules().in_force().version
    book.write(Published(at=now - DAY, version=version, files=dict(FILES), by="Omar"))
    book.write(Approved(at=now, by="Lena", base=version, was=100, threshold=90, arithmetic=()))
    (found["drafts"] / "other").mkdir(parents=True)
    for name, text in DRAFT.items():
        (found["drafts"] / "other" / name).write_text(text, "utf-8")
    today = datetime.fromtimestamp((now - DAY) / 1_000, UTC).date().isoformat()
    found["costs.toml"].write_text(f'[[cost]]\nmedium = "fair"\nfrom = {today}\namount = 900\n', "utf-8")
    with opened(found["users.json"], new=True, hasher=QUICK) as people:
        people.add("Olga", "operator", "an operator's password")
        people.invite("Kim Reyes", "rep")
    return found


@pytest.fixture
def operator(
    valkey_url: str, prefix: str, settled: dict[str, Path], filled: Samples, audit_log: Path
) -> Iterator[Visitor]:
    now = filled.now
    rows = StandInRows(leads=[(LEAD_ID.encode(), ROWS["leads"].encode(lead(now, "Mallory")))], accounts=[])
    known = known_rules(settled["rules.jsonl"], drafts=settled["drafts"])
    moves = Moves(StandInMoves(*story(now)), lambda: RULES, now=lambda: now)
    sees = replace(sight(moves=moves, known=known, rows=rows), costs=CostBook(settled["costs.toml"]))
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver", audit=audit_log,
                             users=Users(settled["users.json"], hasher=QUICK))  # fmt: skip
    board = ChannelBoard.connect(valkey_url, prefix=prefix)
    board.tell(WorkerChannels(worker="a:1", at=now, channels=(
        ChannelState(name="mail", waiting=2, resting=True, error="busy: try later", error_at=now - 9_000),
        ChannelState(name="slack", waiting=0, resting=False, sent_at=now - 5_000),
        ChannelState(name="webhook", waiting=0, resting=False),
    )))  # fmt: skip
    with visiting(make_app(Reader.connect(valkey_url, prefix=prefix), MemoryDoor(), options, sight=sees)) as visitor:
        signed_in(visitor, "operator")
        yield visitor


def written() -> set[str]:
    """What the rules and the draft say that is nobody's text of ours: kinds, paths, events, words of titles."""
    files = [loads(text) for text in (*FILES.values(), *DRAFT.values())]
    forms = {form["name"] for file in files for form in file.get("form", ())}
    currencies = {name for file in files for name in file.get("rates", ())}
    return {*WRITTEN, *forms, *currencies, *chain.from_iterable(map(written_in, files))}


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_in_korean(operator: Visitor, path: str) -> None:
    assert foreign(operator, path, written=written()) == set()


def test_what_a_decision_was_made_from_is_in_korean(operator: Visitor) -> None:
    page = operator.get("/supply", headers={"accept-language": "ko"}).text
    fields = {name: re.findall(rf'name="{name}" value="([^"]+)"', page)[-1] for name in ("csrf", "base")}
    [threshold] = set(re.findall(r'action="/supply/decline/(\d+)"', page))
    operator.post(f"/supply/decline/{threshold}", data=fields)
    assert operator.post(f"/supply/approve/{threshold}", data=fields).status_code == 303
    page = operator.get("/supply", headers={"accept-language": "ko"}).text
    assert page.count("SDR 1명 x 80 = 주당 30분 80칸") == 2  # as it is now, and as it was decided
    assert foreign_in(page, written=written()) == set()
    assert "1 SDR x 80 = 80 half-hours a week" in operator.get("/supply", headers={"accept-language": "en"}).text


@pytest.mark.parametrize("said", [("%(n)s left", {}), ("%(n", {"n": "3"}), ("%d", {"n": "3"})])
def test_a_decision_that_cannot_be_said_is_passed_over(tmp_path: Path, said: tuple[str, dict[str, str]]) -> None:
    path = tmp_path / "book.jsonl"
    line = {"t": "approved", "at": 1, "by": "Lena", "base": VERSION, "was": 100, "threshold": 90}
    told = ({**line, "said": [said]}, {**line, "arithmetic": ["3 left"]})
    path.write_text("".join(f"{json.dumps(one)}\n" for one in told), "utf-8")
    [kept] = RulesBook(path).decisions()
    assert kept.lines == ("3 left",)


def test_what_a_form_answers_is_in_korean(operator: Visitor) -> None:
    csrf = re.findall(r'name="csrf" value="([^"]+)"', operator.get("/users").text)[0]
    data = {"nobody-here", "crm", '{"type": "track"}', "messageId", "anonymousId", "userId",
            "Invalid value 'pageview' - at `$.type`", '"deal_id" is missing'}  # fmt: skip
    said = written() | data
    for path, fields in (
        ("/users/add", {"name": "", "role": "rep"}), ("/users/add", {"name": "Olga", "role": "rep"}),
        ("/users/add", {"name": "Rita", "role": "rep"}), ("/users/disable", {"name": "Olga"}),
        ("/users/link", {"name": "nobody-here"}), ("/users/enable", {"name": "Kim Reyes"}),
        ("/supply/approve/400", {"base": "gone"}), ("/channels/pigeon/test", {"to": ""}),
        ("/rejected/0:0/preview", {"patch": "[]"}), ("/rejected/0:0/preview", {"patch": '{"messageId": "m-2"}'}),
        ("/rejected/0:0/preview", {"patch": "type", "language": "jmespath"}), ("/rejected/0:0/preview", {}),
        ("/rejected/0:0/preview", {"patch": '{"type": "page", "properties": {"url": "https://a.example/pricing"}}'}),
        ("/rejected/0:2/replay", {}),
    ):  # fmt: skip
        answer = operator.post(path, data={"csrf": csrf, **fields}, headers={"accept-language": "ko"})
        assert answer.status_code in {200, 409, 422, 429}, path
        assert foreign_in(answer.text, written=said) == set(), path
    brought = {"files": ("other.txt", b"")}
    answer = operator.post("/rules/paste", data={"csrf": csrf, "keep": "on", "draft": "No Name"}, files=brought,
                           headers={"accept-language": "ko"})  # fmt: skip
    assert answer.status_code == 422
    assert foreign_in(answer.text, written=said | {"other.txt"}) == set()


def test_a_sentence_of_the_rules_that_lost_its_korean_is_found(
    operator: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole one, a part of one, the end of a list, and the name of a kind."""
    korean = tongue_of("ko").translate.__self__._catalog  # type: ignore[attr-defined]
    for text in ("Free-mail address: %(points)s.", "halves every %(time)s", "%(others)s or %(last)s", "Thresholds"):
        with monkeypatch.context() as patch:
            patch.delitem(korean, text)
            assert foreign(operator, "/rules", written=written()) != set(), text


def test_live_events_are_told_in_korean() -> None:
    means = ((Name("pricing_page"), 10.0), (Said("page: %(kind)s", {"kind": Name("pricing")}), None))
    one = Arrived(at=1, source="site", trust="claimed", type="page", name="", said="accepted", reason="machine",
                  detail="", means=means, text="", cut=0)  # fmt: skip
    told = in_words(one, tongue_of("ko"))
    assert told.means == (("가격 페이지", 10.0), ("페이지: 가격 페이지", None))
    assert (told.reason, told.text) == ("기계", "원본을 보관하지 않았습니다.")
    english = in_words(one, ENGLISH)
    assert english.means == (("pricing_page", 10.0), ("page: pricing", None))
    assert (english.reason, english.text) == ("machine", "Its bytes were not kept.")
