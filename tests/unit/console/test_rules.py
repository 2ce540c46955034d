"""Supply control, the rules in force, A against B, and the review list: what they say, and who may decide."""

import csv
import re
from collections.abc import Iterator
from io import StringIO
from pathlib import Path
from time import monotonic

import pytest
from msgspec.structs import replace
from structlog.testing import capture_logs

from schemas.touches import Disposition
from streams.console.access.audit import entries
from streams.console.app import ConsoleOptions, make_app
from streams.console.rules.known import KnownRules
from streams.core.lead.row import Lead
from streams.core.rows import ROWS
from streams.core.rulebook.threshold_text import with_threshold
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from streams.rules_book import Approved, Published, RulesBook
from streams.rules_files import read_texts
from tests.unit.console.conftest import SECRET
from tests.unit.console.samples import HOSTILE, LEAD_ID, Samples
from tests.unit.console.sights import StandInRows, known_rules, sight
from tests.unit.console.test_flow import table
from tests.unit.console.test_pages import read, said
from tests.unit.console.visitor import Visitor, signed_in, visiting
from tests.unit.core.made import DAY, RULES
from tests.unit.core.told import ANN, LeadStory, browser, did, hits

VERSION = known_rules().in_force().version
PAGES = ("/supply", "/rules", "/rules/compare", "/rules/compare?b=draft:lower", "/rules/review")


def lead(now: int, name: str) -> Lead:
    """Somebody with 83 points in two kinds of interest: not an MQL at 100."""
    story = LeadStory(RULES)
    some = (
        hits("pricing_page", now, now - DAY) | hits("comparison_page", now) | hits("request", now - DAY)
        | hits("product_page", now)
    )  # fmt: skip
    story.hears(browser(did(points=some, name=name), offset=1, as_of=now, known_at=now - 2 * DAY))
    assert story.row is not None
    return story.row


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "rules.jsonl"


@pytest.fixture
def drafts(tmp_path: Path) -> Path:
    files = read_texts(None)
    for name, text in (("lower", with_threshold(files["stages.toml"], 75)), ("wrong", "[qualified]\ntotl = 3\n")):
        (tmp_path / "drafts" / name).mkdir(parents=True)
        (tmp_path / "drafts" / name / "stages.toml").write_text(text, "utf-8")
    return tmp_path / "drafts"


@pytest.fixture
def rows(samples: Samples) -> StandInRows:
    row = lead(samples.now, "=Mallory")
    found = [(LEAD_ID.encode(), ROWS["leads"].encode(row)), (ANN.encode(), b"\x63nothing")]
    return StandInRows(leads=[(LEAD_ID.encode(), ROWS["leads"].encode(replace(row, sources={}))), *found], accounts=[])


@pytest.fixture
def known(book: Path, drafts: Path) -> KnownRules:
    return known_rules(book, drafts=drafts)


@pytest.fixture
def leader(
    valkey_url: str, prefix: str, rows: StandInRows, door: MemoryDoor, known: KnownRules, audit_log: Path,
    filled: Samples,
) -> Iterator[Visitor]:  # fmt: skip
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver", audit=audit_log)
    reader = Reader.connect(valkey_url, prefix=prefix)
    with visiting(make_app(reader, door, options, sight=sight(known=known, rows=rows))) as visitor:
        signed_in(visitor, "leader", name="Lena")
        yield visitor


def token(leader: Visitor, page: str) -> dict[str, str]:
    html = leader.get(page).text
    fields = {name: re.findall(rf'name="{name}" value="([^"]*)"', html) for name in ("csrf", "base", "version")}
    return {name: found[-1] for name, found in fields.items() if found}


def formerly(book: Path, now: int, *, total: float = 120) -> None:
    """Another version was in force until yesterday, and that of now was published by Omar."""
    files = read_texts(None)
    former = {**files, "stages.toml": with_threshold(files["stages.toml"], total)}
    kept = RulesBook(book)
    kept.write(Published(at=now - 9 * DAY, version="0f0f0f0f0f0f", files=former, by="Omar"))
    kept.write(Published(at=now - DAY, version=VERSION, files=dict(files), by="Omar"))


# ─── supply
def test_the_threshold_is_proposed_with_its_arithmetic(leader: Visitor) -> None:
    """Ask A34: line by line as `leadstream supply propose` says it."""
    text = said(leader.get("/supply?sdrs=3&attempts=4").text)
    for line in (
        "3 SDR x 80 = 240 half-hours a week, 4 attempts each -> 60 x 0.9 = 54 leads a week.",
        "0 fast passes a week -> 54 left for the score.", "Target: 70.",
        "This week: from 100 to 90 (at most 10 points a week).", "Approve 90 points", "Not this week",
    ):  # fmt: skip
        assert line in text, line
    found = {row[0].split()[0]: row[1:] for row in table(leader.get("/supply").text, "thresholds")[1:]}
    assert found["80"] == ["0.3", "1"]  # as the arithmetic rounds
    assert found["100"] == ["0", "0"]
    assert "Only 0 crossings and fast passes were seen in 28 days" in text


def test_approving_is_kept_with_who_and_when_and_changes_no_rule(
    leader: Visitor, book: Path, audit_log: Path, known: KnownRules
) -> None:
    """Ask A34."""
    fields = token(leader, "/supply")
    assert leader.post("/supply/approve/90", data=fields).status_code == 303
    pending = RulesBook(book).pending(VERSION)
    assert isinstance(pending, Approved)
    assert (pending.by, pending.was, pending.threshold, pending.base) == ("Lena", 100.0, 90.0, VERSION)
    assert "This week: from 100 to 90 (at most 10 points a week)." in pending.arithmetic
    assert known.in_force().stages.qualified.total == 100
    page = leader.get("/supply").text
    assert "Approved, not published yet: 90 points." in said(page)
    assert "Approve 90" not in said(page)
    assert ("approve a threshold", "90", "Lena") in [(one.what, one.id, one.user) for one in entries(audit_log)]
    leader.post("/supply/decline/90", data=fields)
    assert RulesBook(book).pending(VERSION) is None
    assert [row[1:3] for row in table(leader.get("/supply").text, "decisions")[1:]] == [
        ["Lena", "declined"], ["Lena", table(leader.get("/supply").text, "decisions")[2][2]],
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("threshold", "base", "why"),
    [("89", VERSION, "At most 10 points a week"), ("0", VERSION, "a number of points from 1 to 150"),
     ("1e9", VERSION, "a number of points"), ("90", "other", "The rules have changed")],
)  # fmt: skip
def test_what_cannot_be_approved_says_why_and_is_not_kept(
    leader: Visitor, book: Path, threshold: str, base: str, why: str
) -> None:
    answer = leader.post(f"/supply/approve/{threshold}", data=token(leader, "/supply") | {"base": base})
    assert answer.status_code == 409
    assert why in said(answer.text)
    assert RulesBook(book).decisions() == []


def test_a_rep_sees_the_figures_and_decides_nothing(leader: Visitor, book: Path) -> None:
    csrf = signed_in(leader, "rep")
    page = said(leader.get("/supply").text)
    assert "A leader decides." in page
    assert "Approve" not in page
    assert leader.post("/supply/approve/90", data={"csrf": csrf, "base": VERSION}).status_code == 403
    assert leader.get("/rules/compare?b=draft:lower").status_code == 403
    assert RulesBook(book).decisions() == []


def test_without_a_book_the_command_is_named(valkey_url: str, prefix: str, rows: StandInRows, filled: Samples) -> None:
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver")
    app = make_app(Reader.connect(valkey_url, prefix=prefix), MemoryDoor(), options, sight=sight(rows=rows))
    with visiting(app) as visitor:
        signed_in(visitor, "leader")
        assert "leadstream supply approve 90 --dir DIR" in said(visitor.get("/supply").text)


# ─── rules
def test_the_rules_in_force_are_told_with_version_and_since_when(
    leader: Visitor, book: Path, samples: Samples
) -> None:
    """Ask A14."""
    first = said(leader.get("/rules").text)
    assert VERSION in first
    assert "since this console first saw them" in first
    assert "knows no version before this one" in first
    assert [one.version for one in RulesBook(book).published()] == [VERSION]
    book.unlink()
    formerly(book, samples.now)
    html = leader.get("/rules").text
    for wanted in ("published by Omar", "0f0f0f0f0f0f", "1 day ago", "is on the review list until"):
        assert wanted in said(html), wanted
    changed = html.partition('id="changes"')[2].partition("In words")[0]
    assert "120" in "".join(re.findall(r"<del>(.*?)</del>", changed))
    assert "100" in "".join(re.findall(r"<ins>(.*?)</ins>", changed))


def test_a_console_that_runs_former_rules_says_so_and_does_not_bring_them_back(
    leader: Visitor, book: Path, samples: Samples
) -> None:
    formerly(book, samples.now)
    RulesBook(book).write(Published(at=samples.now, version="0e0e0e0e0e0e", files={}, by="Omar"))
    text = said(leader.get("/rules").text)
    assert "Version 0e0e0e0e0e0e was published, and this console still runs the one before." in text
    assert [one.version for one in RulesBook(book).published()][-1] == "0e0e0e0e0e0e"


# ─── A against B
def test_who_changes_side_and_what_cannot_be_known(leader: Visitor, audit_log: Path) -> None:
    """Ask A14."""
    page = leader.get("/rules/compare?a=now&b=draft:lower").text
    text = said(page)
    [line] = table(page, "leads")[1:]
    assert line[0].startswith("=Mallory")
    assert line[4:] == ["below → above", "no line differs: the threshold does"]
    for wanted in (
        "+1 / -0", "No stage would differ by the rules alone.", "Whom B would bring up besides has no outcome",
        "1 row could not be read and is left out.", "no outcome yet",
    ):  # fmt: skip
        assert wanted in text, wanted
    assert LEAD_ID in [lead for one in entries(audit_log) if one.what == "compare rules" for lead in one.leads]


def test_the_table_is_csv_without_formulas(leader: Visitor) -> None:
    answer = leader.get("/rules/compare.csv?b=draft:lower")
    [row] = csv.DictReader(StringIO(answer.content.decode("utf-8-sig"), newline=""))
    assert (row["lead_id"], row["name"]) == (LEAD_ID, "'=Mallory")
    assert (row["above_a"], row["above_b"], row["score_a"]) == ("no", "yes", row["score_b"])


@pytest.mark.parametrize("b", ["draft:none", "draft:../drafts", "version:0f0f0f0f0f0f", "approved", "x"])
def test_rules_that_nobody_knows_are_not_found(leader: Visitor, b: str) -> None:
    assert leader.get(f"/rules/compare?b={b}").status_code == 404


def test_a_draft_that_cannot_be_used_says_file_line_and_fix(leader: Visitor) -> None:
    answer = leader.get("/rules/compare?b=draft:wrong")
    assert answer.status_code == 503
    assert "stages.toml:2" in said(answer.text)


def test_what_was_approved_may_be_compared_before_it_is_published(leader: Visitor) -> None:
    leader.post("/supply/approve/90", data=token(leader, "/supply"))
    page = leader.get("/rules/compare?b=approved").text
    assert "approved: threshold 90" in said(page)
    assert 'id="figures"' in page


def test_where_kafka_is_away_pages_say_so_and_the_next_look_reads_again(leader: Visitor, rows: StandInRows) -> None:
    rows.away = True
    for path in ("/supply", "/rules/compare?b=draft:lower"):
        answer = leader.get(path)
        assert answer.status_code == 503
        assert "The rows cannot be read" in said(answer.text)
    rows.away = False
    assert leader.get("/supply").status_code == 200


def test_a_reading_that_fails_after_the_page_was_shown_says_so_to_the_next_look(
    valkey_url: str, prefix: str, rows: StandInRows, filled: Samples, known: KnownRules
) -> None:
    """Which begins nothing anew: else the page of a Kafka that is away would say for ever that rows are being read."""
    options, path = ConsoleOptions(secret=SECRET, public_url="http://testserver"), "/rules/compare?b=draft:lower"
    sees = sight(known=known, rows=rows, patience_s=0.05)
    reader = Reader.connect(valkey_url, prefix=prefix)
    with visiting(make_app(reader, MemoryDoor(), options, sight=sees)) as leader, capture_logs() as logged:
        signed_in(leader, "leader")
        rows.held.clear()
        assert "The rows are being read" in said(leader.get(path).text)
        rows.away = True  # its first table is held, its second one is asked for after that
        rows.held.set()
        until = monotonic() + 20
        while "rows_away" not in [one["event"] for one in logged]:
            assert monotonic() < until
        rows.held.clear()
        rows.away = False
        assert "The rows cannot be read" in said(leader.get(path).text)
        assert "The rows are being read" in said(leader.get(path).text)
        rows.held.set()


def test_a_long_reading_says_how_far_it_is_and_the_page_follows(
    valkey_url: str, prefix: str, rows: StandInRows, filled: Samples, known: KnownRules
) -> None:
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver")
    sees = sight(known=known, rows=rows, patience_s=0.05)
    with visiting(make_app(Reader.connect(valkey_url, prefix=prefix), MemoryDoor(), options, sight=sees)) as leader:
        signed_in(leader, "leader")
        rows.held.clear()
        until = monotonic() + 20
        while "leads: 0 of 3 records." not in said(page := leader.get("/rules/compare?b=draft:lower").text):
            assert monotonic() < until
        assert 'hx-get="/rules/compare?a=now&amp;b=draft%3Alower"' in page
        assert "The rows are being read" in said(leader.get("/supply").text)  # one reading at a time
        rows.held.set()
        until = monotonic() + 20
        while 'id="figures"' not in leader.get("/rules/compare?b=draft:lower").text:
            assert monotonic() < until
        while 'id="thresholds"' not in leader.get("/supply").text:
            assert monotonic() < until


# ─── review
def test_who_changed_side_is_listed_ticked_and_told_as_csv(
    leader: Visitor, book: Path, samples: Samples, known: KnownRules, door: MemoryDoor
) -> None:
    """Ask A14."""
    formerly(book, samples.now, total=75)
    page = leader.get("/rules/review").text
    assert "1 of 1 not looked at yet" in said(page)
    [line] = table(page, "review")[1:]
    assert "above → below" in line[4]
    assert "Make it an MQL" not in said(page)  # it fell below
    assert leader.post(f"/rules/review/{LEAD_ID}", data=token(leader, "/rules/review")).status_code == 303
    assert door.messages == []
    assert "✓ Lena" in said(leader.get("/rules/review").text)
    [row] = csv.DictReader(StringIO(leader.get("/rules/review.csv").content.decode("utf-8-sig"), newline=""))
    assert (row["reviewed_by"], row["approved"], row["name"]) == ("Lena", "no", "'=Mallory")


def test_who_came_above_may_be_made_an_mql_in_ones_own_name(
    valkey_url: str, prefix: str, book: Path, filled: Samples, rows: StandInRows, door: MemoryDoor, drafts: Path
) -> None:
    """Ask A14: only a person does that; publishing fires nothing."""
    known = known_rules(book, directory=drafts / "lower")
    files, version = read_texts(None), known.in_force().version
    RulesBook(book).write(Published(at=filled.now - 2 * DAY, version=VERSION, files=files, by="Omar"))
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver")
    app = make_app(Reader.connect(valkey_url, prefix=prefix), door, options, sight=sight(known=known, rows=rows))
    with visiting(app) as leader:
        signed_in(leader, "leader", name="Lena")
        fields = token(leader, "/rules/review")
        assert fields["version"] == version
        for _ in range(2):
            assert leader.post(f"/rules/review/{LEAD_ID}", data=fields | {"approve": "yes"}).status_code == 303
        assert "made an MQL" in said(leader.get("/rules/review").text)
    first, second = door.messages
    assert isinstance(first, Disposition)
    assert isinstance(second, Disposition)
    assert (first.kind, first.actor, first.to) == ("reviewed", "Lena", LEAD_ID)
    assert first.milestone_id == second.milestone_id  # a second click is the same decision


def test_after_fourteen_days_the_list_is_over(leader: Visitor, book: Path, samples: Samples) -> None:
    files = read_texts(None)
    RulesBook(book).write(Published(at=samples.now - 90 * DAY, version="0f0f0f0f0f0f", files=files, by="Omar"))
    RulesBook(book).write(Published(at=samples.now - 15 * DAY, version=VERSION, files=files, by="Omar"))
    assert "Nothing to review" in said(leader.get("/rules/review").text)
    assert leader.get("/rules/review.csv").status_code == 303


def test_a_review_of_other_rules_is_refused(leader: Visitor, book: Path, samples: Samples) -> None:
    formerly(book, samples.now, total=75)
    fields = token(leader, "/rules/review") | {"version": "0f0f0f0f0f0f"}
    assert leader.post(f"/rules/review/{LEAD_ID}", data=fields).status_code == 409
    assert leader.post("/rules/review/nobody", data=fields).status_code == 404
    assert RulesBook(book).reviewed(VERSION) == {}


@pytest.mark.parametrize("path", PAGES)
def test_a_book_that_cannot_be_read_takes_no_page_down(leader: Visitor, book: Path, path: str) -> None:
    book.mkdir(parents=True)
    assert leader.get(path).status_code in {200, 503}


@pytest.mark.parametrize("text", HOSTILE)
def test_tracked_text_and_names_of_people_are_plain_text(
    leader: Visitor, book: Path, samples: Samples, rows: StandInRows, drafts: Path, text: str
) -> None:
    """In a lead's name, in who published and approved, in a draft's own words."""
    row = lead(samples.now, text)
    rows.rows["leadstream-leads-changelog"] = [(LEAD_ID.encode(), ROWS["leads"].encode(row))]
    files = read_texts(None)
    former = {**files, "stages.toml": with_threshold(files["stages.toml"], 75)}
    kept = RulesBook(book)
    kept.write(Published(at=samples.now - 2 * DAY, version="0f0f0f0f0f0f", files=former))
    kept.write(Published(at=samples.now - DAY, version=VERSION, files=dict(files), by=text))
    kept.write(Approved(at=samples.now, by=text, base=VERSION, was=100, threshold=90, arithmetic=(text,)))
    label = text.replace("\\", "").replace('"', '\\"')
    scoring = files["scoring.toml"].replace('"Filled in a form"', f'"{label}"').replace("points = 20", "points = 5")
    (drafts / "lower" / "scoring.toml").write_text(scoring, "utf-8")
    for path in ("/supply", "/rules", "/rules/compare?b=draft:lower", "/rules/review"):
        answer = leader.get(path)
        assert answer.status_code == 200, path
        page = read(answer.text)
        assert text in " ".join(page.text), path
        assert not page.tags & {"style", "iframe", "object", "embed", "svg"}, path
        assert not [name for name in page.attributes if name.startswith("on")], path
        assert answer.text.count("<script") == 3, path
        assert answer.text.count("<img") == 1, path
