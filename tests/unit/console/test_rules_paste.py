"""Rules that somebody brings as B: read as text, tried, said what is wrong with, and forgotten."""

import re
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path

import httpx
import pytest

from streams.console.access.audit import entries
from streams.console.app import ConsoleOptions, make_app
from streams.console.pages.rules_paste import LARGEST
from streams.console.rules.drafts import Drafts
from streams.console.rules.known import KnownRules
from streams.console.rules.readings import Readings
from streams.core.rows import ROWS
from streams.core.rules import FILES, Rules, load_rules
from streams.inbox import MemoryDoor
from streams.readmodel.pasted import KEPT_MS
from streams.readmodel.reader import Reader
from streams.replay.kept_rows import KeptRows
from streams.rules_book import RulesBook
from streams.rules_files import read_texts
from streams.window import Keyed
from tests.unit.clocks import Clock
from tests.unit.console.conftest import SECRET
from tests.unit.console.samples import LEAD_ID, Samples
from tests.unit.console.sights import NAMING, StandInRows, known_rules, sight
from tests.unit.console.test_flow import table
from tests.unit.console.test_pages import said
from tests.unit.console.test_rules import lead
from tests.unit.console.visitor import Visitor, signed_in, visiting

LOWER = read_texts(None)["stages.toml"].replace("total = 100.0", "total = 75.0")


def load(files: Mapping[str, str]) -> Rules:
    return load_rules(files, naming=NAMING)


@pytest.fixture
def clock() -> Clock[int]:
    return Clock(1_000)


@pytest.fixture
def drafts(tmp_path: Path) -> Path:
    return tmp_path / "drafts"


@pytest.fixture
def known(tmp_path: Path, drafts: Path) -> KnownRules:
    return KnownRules(lambda: read_texts(None), load, book=RulesBook(tmp_path / "rules.jsonl"), drafts=drafts)


@pytest.fixture
def leader(
    valkey_url: str, prefix: str, door: MemoryDoor, known: KnownRules, audit_log: Path, filled: Samples,
    clock: Clock[int],
) -> Iterator[Visitor]:
    row = ROWS["leads"].encode(lead(filled.now, "Mira"))
    rows = StandInRows(leads=[(LEAD_ID.encode(), row)], accounts=[])
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver", audit=audit_log)
    reader = Reader.connect(valkey_url, prefix=prefix)
    app = make_app(reader, door, options, sight=sight(known=known, rows=rows))
    app.state.desk.pasted._now = clock
    with visiting(app) as visitor:
        signed_in(visitor, "leader", name="Lena")
        yield visitor


def brought(
    leader: Visitor, files: dict[str, bytes] | None = None, **fields: str
) -> httpx.Response:
    """A form as browsers send it; an underscore stands for the dot of a file."""
    found = re.search(r'name="csrf" value="([^"]*)"', leader.get("/rules/paste").text)
    assert found is not None
    told = {name.replace("_", "."): value for name, value in fields.items()}
    parts = [("files", (name, content)) for name, content in (files or {}).items()]
    return leader.post("/rules/paste", data={"csrf": found[1], **told}, files=parts or [("files", ("", b""))])


def problems(page: str) -> list[str]:
    return [said(one) for one in re.findall(r'<p class="field-problem".*?</p>', page, re.DOTALL)]


def test_what_is_pasted_is_tried_and_says_who_changes_side(leader: Visitor, audit_log: Path) -> None:
    """Browsers end lines with CR LF."""
    answer = brought(leader, a="now", stages_toml=LOWER.replace("\n", "\r\n"))
    assert answer.status_code == 303
    page = leader.get(answer.headers["location"]).text
    [line] = table(page, "leads")[1:]
    assert (line[0], line[4]) == ("Mira", "below → above")
    assert "brought by hand" in said(page)
    assert leader.get(answer.headers["location"].replace("/compare", "/compare.csv")).text.count("Mira") == 1
    assert [one.user for one in entries(audit_log) if one.what == "bring rules"] == ["Lena"]


def test_the_page_holds_what_is_in_force_letter_by_letter(leader: Visitor) -> None:
    page = leader.get("/rules/paste").text
    found = re.findall(r'<textarea name="([a-z]+\.toml)".*?>\n(.*?)</textarea>', page, re.DOTALL)
    assert {name: unescape(text) for name, text in found} == read_texts(None)
    answer = brought(leader, **{name.replace(".", "_"): unescape(text) for name, text in found})
    assert answer.headers["location"].endswith(known_rules().in_force().version)


def test_an_uploaded_file_comes_before_the_field(leader: Visitor) -> None:
    answer = brought(leader, {"C:\\rules\\stages.toml": b"\xef\xbb\xbf" + LOWER.encode()}, stages_toml="[broken")
    assert answer.status_code == 303
    rules = leader.call(leader.app.state.desk.pasted.of, answer.headers["location"].rpartition("%3A")[2])
    assert rules.stages.qualified.total == 75


def test_each_wrong_file_says_line_and_fix_beside_its_field(leader: Visitor) -> None:
    scoring = read_texts(None)["scoring.toml"].replace("half_life_days", "half_live_days", 1)
    answer = brought(leader, scoring_toml=scoring, site_toml="[site]\ntimezone = <script>alert(1)</script>\n")
    assert answer.status_code == 422
    first, second = sorted(problems(answer.text))
    assert re.match(r'scoring\.toml:\d+: .*did you mean "half_life_days"\? half_live_days = ', first)
    assert second.startswith("site.toml:2: not TOML")
    assert "<script>alert" not in answer.text
    texts = {name: unescape(text)
             for name, text in re.findall(r'name="([a-z]+\.toml)".*?>\n(.*?)</textarea>', answer.text, re.DOTALL)}
    assert texts["scoring.toml"] == scoring  # what was written is not lost
    assert texts["site.toml"].startswith("[site]\ntimezone = <script>")
    assert not leader.app.state.desk.pasted._held


def test_a_fault_between_a_brought_file_and_one_in_force_is_said(leader: Visitor) -> None:
    answer = brought(leader, segments_toml="# none\n")
    assert answer.status_code == 422
    [one] = problems(answer.text)
    assert one.startswith("content.toml:")
    assert "no segment of segments.toml is named" in one


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("../../stages.toml.bak", b"", "stages.toml.bak is none of the files of rules"),
        ("passwd", b"root", "passwd is none of the files of rules: audiences.toml"),
        ("stages.toml", b"\xff\xfe\x00", "stages.toml is no text in UTF-8."),
    ],
)
def test_a_file_that_is_no_rules_is_refused_beside_its_field(
    leader: Visitor, name: str, content: bytes, says: str
) -> None:
    answer = brought(leader, {name: content})
    assert answer.status_code == 422
    assert problems(answer.text)[0].startswith(says)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a = " + "[" * 100_000, "too deep to be read"), ("a = " + "9" * 6_000, "a value cannot be read"),
        (".".join("a" * 60_000) + " = 1", "a key has too many parts"), ("a = 2026-02-31", "not TOML"),
    ],
)  # fmt: skip
def test_a_text_that_means_harm_is_a_fault_like_others(leader: Visitor, text: str, says: str) -> None:
    """The test's own limit would end what takes the square of a text's length."""
    answer = brought(leader, site_toml=text)
    assert answer.status_code == 422
    [one] = problems(answer.text)
    assert says in one
    assert one.startswith("site.toml:")


def test_too_much_is_refused(leader: Visitor) -> None:
    answer = brought(leader, site_toml="#" * LARGEST)
    assert answer.status_code == 413
    assert "All texts together may have 256 KiB" in said(answer.text)


def test_a_form_of_another_place_is_refused(leader: Visitor) -> None:
    files = [("files", ("stages.toml", LOWER.encode()))]
    assert leader.post("/rules/paste", data={"csrf": "x"}, files=files).status_code == 403
    assert leader.post("/rules/paste", data={"csrf": "x"}).status_code == 403
    headers = {"content-type": "multipart/form-data; boundary=x"}
    assert leader.post("/rules/paste", content=b"--x\r\nno part", headers=headers).status_code == 400


def test_it_is_forgotten_a_while_after_the_last_look(leader: Visitor, clock: Clock[int]) -> None:
    where = brought(leader, stages_toml=LOWER).headers["location"]
    clock.now += KEPT_MS - 1
    assert leader.get(where).status_code == 200  # and that was a look
    clock.now += KEPT_MS - 1
    assert leader.get(where).status_code == 200
    clock.now += KEPT_MS
    for path in (where, where.replace("/compare", "/compare.csv")):
        answer = leader.get(path)
        assert answer.status_code == 404
        assert "These rules are not kept any more" in said(answer.text)


def test_it_is_kept_as_a_draft_where_somebody_says_so(leader: Visitor, drafts: Path, known: KnownRules) -> None:
    answer = brought(leader, stages_toml=LOWER, keep="on", draft="lower-2027")
    assert answer.headers["location"] == "/rules/compare?a=now&b=draft%3Alower-2027"
    assert 'id="figures"' in leader.get(answer.headers["location"]).text
    assert sorted(one.name for one in (drafts / "lower-2027").iterdir()) == sorted(FILES)  # whole: it stays what it is
    assert known.named("draft:lower-2027").stages.qualified.total == 75
    assert not leader.app.state.desk.pasted._held
    again = brought(leader, stages_toml=LOWER, keep="on", draft="lower-2027")
    assert problems(again.text) == ["There is a draft of this name. Take another one."]
    assert [one.name for one in drafts.iterdir()] == ["lower-2027"]


@pytest.mark.parametrize("name", ["", "..", "../x", "a/b", ".hidden", "Ä", "x" * 41, "-x"])
def test_a_draft_has_a_plain_name(leader: Visitor, drafts: Path, name: str) -> None:
    answer = brought(leader, stages_toml=LOWER, keep="on", draft=name)
    assert answer.status_code == 422
    assert problems(answer.text)[0].startswith("A name has at most 40 small letters")
    assert not drafts.exists()


def test_a_draft_that_cannot_be_written_says_why(leader: Visitor, drafts: Path) -> None:
    drafts.write_text("a file where the directory should be")
    answer = brought(leader, stages_toml=LOWER, keep="on", draft="lower")
    assert answer.status_code == 422
    assert problems(answer.text)[0].startswith("The draft cannot be written (")


def test_where_no_place_for_drafts_is_set_none_is_offered_or_kept() -> None:
    nowhere = Drafts(None)
    assert not nowhere.are_kept
    with pytest.raises(ValueError, match="lower"):
        nowhere.keep("lower", read_texts(None))


def test_who_may_not_compare_may_not_bring(leader: Visitor) -> None:
    signed_in(leader, "rep")
    assert leader.get("/rules/paste").status_code == 403
    assert leader.post("/rules/paste", files=[("files", ("", b""))]).status_code == 403


class _OddRows(StandInRows):
    def keyed(self, full_name: str, partition: int, *, first: int, end: int) -> Iterator[Keyed]:
        raise LookupError(full_name)


async def test_rules_that_fit_no_row_end_their_reading_and_nothing_else() -> None:
    """Else the page would say for ever that rows are being read."""
    readings = Readings(KeptRows(_OddRows(leads=[(b"a", b"b")]), application="leadstream"))
    rules = load(read_texts(None))
    answer = await readings.comparison(rules, rules)
    assert answer.found is None
    assert answer.why.startswith("these rules cannot be tried on the rows (LookupError)")
