"""Flow and balance, its reports and its CSV: what they say, that the sums agree, and what they do when they cannot."""

import csv
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from io import StringIO
from threading import Event
from typing import Any

import pytest

from schemas.cards import Transition
from streams.console.app import ConsoleOptions, make_app
from streams.console.flow.asked import Asked, asked_of, span_of
from streams.console.flow.laid import laid_by
from streams.console.flow.moves import Moves
from streams.console.pages.flow import CSV_HEAD
from streams.console.spreadsheet import csv_of, neutral
from streams.core.flow.books import Wanted
from streams.core.flow.ledger import Window
from streams.core.flow.tally import Tally
from streams.core.rules import Rules, RulesError
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Projection
from streams.window import Seen
from tests.unit.console.conftest import SECRET
from tests.unit.console.samples import HOSTILE, Samples
from tests.unit.console.sights import RULES, StandInMoves, sight
from tests.unit.console.test_pages import read, said
from tests.unit.console.visitor import Visitor, visiting
from tests.unit.core.flow_log import DAY_MS, MoveLog

PAGES = ("/flow", "/flow/report/executives", "/flow/report/leaders", "/flow/report/staff")
FORMULAS = ('=HYPERLINK("http://x.example";"a")', "+1+1", "-2+3", "@SUM(1)", "\t=1", "\r=1", "  =1", "\uff1d1")
Lines = list[dict[str, str]]


def story(now: int, source: str = "linkedin") -> list[Transition]:
    """Ten people of two sources: three in nurture, one MQL, one won after a return, one in recycling."""
    log, old = MoveLog(), now - 60 * DAY_MS
    for number in range(10):
        labels = {"medium": "social" if number < 6 else "fair", "source": source if number < 6 else "expo",
                  "program": "" if number < 6 else "expo-26", "segment": "batch"}  # fmt: skip
        lead = f"lead-{number}"
        log.move(lead, "gained", at=old if number < 4 else now - DAY_MS, labels=labels, rule="T1")
        if number < 7:
            log.move(lead, "nurture", at=now - DAY_MS, labels=labels, rule="T2")
        if number < 4:
            log.move(lead, "mql", at=now - DAY_MS, labels=labels, rule="T3")
        if number == 0:
            log.move(lead, "recycle_b", at=now - DAY_MS, labels=labels, rule="T11", skipped=("meeting", "consultation"))
            log.move(lead, "meeting", at=now - DAY_MS, labels=labels, rule="T13", via="return")
            log.move(lead, "won", at=now, labels=labels, rule="T11", skipped=("consultation",))
        if number == 1:
            log.move(lead, "recycle_a", at=now, labels=labels, rule="T7")
        if number == 2:
            log.move(lead, "nurture", at=now, labels=labels, rule="", via="correction", corrects=3)
    return log.told()


@pytest.fixture
def log(samples: Samples) -> StandInMoves:
    return StandInMoves(*story(samples.now))


@pytest.fixture
def time(samples: Samples) -> list[int]:
    """One number that a test may move on."""
    return [samples.now]


@pytest.fixture
def leader(
    valkey_url: str, prefix: str, log: StandInMoves, time: list[int], projection: Projection
) -> Iterator[Visitor]:
    with leading(Moves(log, lambda: RULES, now=lambda: time[0]), Reader.connect(valkey_url, prefix=prefix)) as one:
        yield one


@contextmanager
def leading(moves: Moves, reader: Reader) -> Iterator[Visitor]:
    """Somebody who is signed in at a console with these moves."""
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver", password="open sesame")
    with visiting(make_app(reader, MemoryDoor(), options, sight=sight(moves=moves))) as visitor:
        visitor.post("/login", data={"name": "Ines", "password": "open sesame"})
        yield visitor


def table(html: str, name: str) -> list[list[str]]:
    """The cells of a table by its id."""
    [body] = re.findall(rf'<table[^>]*id="{name}".*?</table>', html, re.DOTALL)
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", body, re.DOTALL)
    return [[said(cell).strip() for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)] for row in rows]


def lines(leader: Visitor, query: str = "") -> Lines:
    answer = leader.get(f"/flow/table.csv{query}")
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"), newline="")))


def test_the_page_says_both_rates_with_their_formulas_and_the_sums_agree(leader: Visitor) -> None:
    """Asks A12, A25, A27."""
    page = leader.get("/flow").text
    text = said(page)
    for wanted in (
        "Flow CVR = left for the next stage / (opening + in)",
        "Cohort CVR = ever reached the next stage / first came in the window",
        "The sums agree.", "leads ever gained: 10.", "more customers", "Days in stage, now",
    ):  # fmt: skip
        assert wanted in text, wanted
    balance = {row[0].split(" Bottleneck")[0]: row[1:] for row in table(page, "balance")[1:]}
    assert balance["Gained"][0] == "4"
    assert balance["Gained"][-1] == "50.0% 3 / 6"  # of those who came in this window
    assert balance["Gained"][-2] == "70.0% 7 / 10"
    for stage, row in balance.items():
        left, right = row[-3].split(" = ")
        assert left == right, stage
    assert "Recycle A" in balance
    assert "Dead end" not in balance  # nobody ever stood there


def test_the_balance_of_each_stage_is_that_of_its_last_moves(leader: Visitor) -> None:
    found = {row["stage"]: int(row["closing"]) for row in lines(leader) if row["by"] == "all"}
    assert found == {"gained": 3, "nurture": 4, "mql": 1, "meeting": 0, "consultation": 0, "won": 1, "recycle_a": 1,
                     "recycle_b": 0}  # fmt: skip


@pytest.mark.parametrize(
    ("query", "gained"),
    [("", "10"), ("?source=linkedin", "6"), ("?program=expo-26", "4"), ("?program=(none)&segment=batch", "6"),
     ("?source=linkedin&medium=fair", None), ("?segment=nobody", None), ("?window=all&medium=fair", "4")],
)  # fmt: skip
def test_leads_are_chosen_by_links(leader: Visitor, query: str, gained: str | None) -> None:
    text = said(leader.get(f"/flow{query}").text)
    if gained is None:
        assert "Nobody moved among these yet" in text
    else:
        assert f"leads ever gained: {gained}." in text


def test_lines_by_a_label_lead_to_that_choice(leader: Visitor) -> None:
    page = leader.get("/flow?by=source&window=90d").text
    assert [row[0] for row in table(page, "by")] == ["Source", "linkedin", "expo"]
    assert "/flow?window=90d&source=expo" in read(page).addresses
    assert "leads ever gained: 4." in said(leader.get("/flow?window=90d&source=expo").text)


def test_the_drawing_has_words_for_who_does_not_see_it_and_widths_are_people(leader: Visitor) -> None:
    page = leader.get("/flow").text
    assert 'role="img" aria-labelledby="flow-title flow-says"' in page
    assert "Gained: of 10 people 7 went on to Nurture (70.0%)" in said(page)
    heights = dict(re.findall(r'height="([\d.]+)"><title>Gained: (\d+) (?:went|stand)', page))
    assert {people: float(height) for height, people in heights.items()} == {"7": 154.0, "3": 66.0}


def test_the_bottleneck_is_marked_with_its_reason(leader: Visitor, time: list[int]) -> None:
    """Ask A27."""
    log = MoveLog()
    for number in range(6):
        log.move(f"old-{number}", "gained", at=time[0] - (40 if number < 2 else 1) * DAY_MS)
    page = leading_page(StandInMoves(*log.moves), time)
    assert "Bottleneck its balance grew most: from 2 to 6 people, by 200%" in said(page)
    alone = leading_page(StandInMoves(log.moves[5]), time)
    assert "no stage had a balance at the beginning; here one in ten has stood for 1.0 days or more" in said(alone)


def leading_page(log: StandInMoves, time: list[int], path: str = "/flow") -> str:
    """Also while Redis is away: these figures come from Kafka."""
    with leading(Moves(log, lambda: RULES, now=lambda: time[0]), Reader.connect("redis://127.0.0.1:1")) as one:
        return one.get(path).text


@pytest.mark.parametrize("path", PAGES)
def test_every_page_of_the_flow_keeps_to_the_policy(leader: Visitor, path: str) -> None:
    answer = leader.get(path)
    assert answer.status_code == 200
    page = read(answer.text)
    assert "style" not in page.tags | page.attributes
    assert re.findall(r"<script(?![^>]*\ssrc=)", answer.text) == []
    assert "The sums agree." in said(answer.text)


def test_executives_see_balances_and_wins_and_no_rates(leader: Visitor) -> None:
    """Ask A30."""
    text = said(leader.get("/flow/report/executives").text)
    for wanted in ("Won 1", "Return wins 1", "Cost per win -", "Balances", "Recycle A"):
        assert wanted in text, wanted
    assert "CVR" not in text


def test_leaders_see_rates_days_and_cuts(leader: Visitor) -> None:
    """Asks A30, A31."""
    text = said(leader.get("/flow/report/leaders").text)
    for wanted in ("Flow CVR", "Cohort CVR", "Median", "p90", "Overdue", "By medium", "By segment", "social", "wins"):
        assert wanted in text, wanted


def test_staff_see_medium_by_measure_by_stage(leader: Visitor) -> None:
    """Ask A28."""
    rows = table(leader.get("/flow/report/staff").text, "measures")
    assert rows[0][:4] == ["Medium", "Measure (program)", "Gained", "Nurture"]
    assert sorted(row[:4] for row in rows[1:]) == [["fair", "expo-26", "4", "1"], ["social", "none", "2", "6"]]


def test_there_is_no_fourth_reader(leader: Visitor) -> None:
    assert leader.get("/flow/report/nobody").status_code == 404


def test_nobody_yet_says_how_they_come(time: list[int]) -> None:
    assert "Nobody moved yet" in said(leading_page(StandInMoves(), time))
    for path in PAGES[1:]:
        assert "The sums agree." in said(leading_page(StandInMoves(), time, path))


def test_kafka_away_is_said_and_what_was_read_is_still_shown(
    leader: Visitor, log: StandInMoves, time: list[int]
) -> None:
    assert leader.get("/flow").status_code == 200
    log.away = True
    time[0] += 60_000
    answer = leader.get("/flow")
    assert answer.status_code == 200
    assert "These figures are as of" in said(answer.text)
    assert "away by the test" in said(answer.text)
    log.away = False
    assert "These figures are as of" not in said(leader.get("/flow").text)


def test_kafka_away_from_the_beginning_is_an_error_page(leader: Visitor, log: StandInMoves) -> None:
    log.away = True
    for path in (*PAGES, "/flow/table.csv"):
        answer = leader.get(path)
        assert answer.status_code == 503
        assert "The moves cannot be read" in said(answer.text)


class Slow(StandInMoves):
    """Fetches nothing before it is let go."""

    def __init__(self, *moves: Transition) -> None:
        super().__init__(*moves)
        self.go_on = Event()

    def between(self, name: str, partition: int, *, first: int, end: int) -> Sequence[Seen]:
        assert self.go_on.wait(60)
        return super().between(name, partition, first=first, end=end)


def test_a_long_first_reading_says_how_far_it_is(samples: Samples) -> None:
    log = Slow(*story(samples.now))
    moves = Moves(log, lambda: RULES, now=lambda: samples.now, patience_s=0.05)
    with leading(moves, Reader.connect("redis://127.0.0.1:1")) as one:
        text = said(one.get("/flow").text)
        log.go_on.set()
        assert re.search(r"The moves are being read 0 of \d+ records", text)
        assert one.get("/flow/table.csv").status_code in (200, 503)
        while "being read" in (text := said(one.get("/flow").text)):
            pass
        assert "leads ever gained: 10." in text


def test_a_reading_ends_when_the_process_does(samples: Samples) -> None:
    log = StandInMoves(*story(samples.now))
    moves = Moves(log, lambda: RULES, now=lambda: samples.now)
    moves.close()
    moves.read()
    assert (log.looked, moves.state.as_of) == (0, None)


def test_a_topic_that_was_made_anew_is_read_anew(samples: Samples) -> None:
    log, fewer = StandInMoves(*story(samples.now)), MoveLog()
    fewer.move("kim", "gained", at=samples.now)
    moves = Moves(log, lambda: RULES, now=lambda: samples.now)
    moves.read()
    log.empty()
    log.bring(*fewer.moves)
    moves.read()
    found = moves.answered(lambda tally, rules: laid_by(Asked(), tally, rules, now=samples.now))
    assert (found.ever, found.sheet.reconciles) == (1, True)


async def test_an_answer_that_a_reading_overtook_is_not_remembered(samples: Samples) -> None:
    """Else the books would go on saying it until the next move comes."""
    log, more = StandInMoves(*story(samples.now)), MoveLog()
    more.move("kim", "gained", at=samples.now)
    moves = Moves(log, lambda: RULES, now=lambda: samples.now)
    moves.read()

    def ever(tally: Tally, rules: Rules) -> int:
        return laid_by(Asked(), tally, rules, now=samples.now).ever

    work_out = moves.answered

    def overtaken(*asked: Any, **of: Any) -> Any:
        found = work_out(*asked, **of)
        if more.moves:
            log.bring(*more.moves)
            more.moves.clear()
            moves.read()
        return found

    moves.answered = overtaken  # type: ignore[method-assign]
    assert [await moves.asked("how many", ever) for _ in range(2)] == [10, 11]


def test_rules_that_cannot_be_read_are_said(valkey_url: str, prefix: str) -> None:
    def broken() -> Rules:
        raise RulesError("stages.toml", "no", line=3)

    with leading(Moves(StandInMoves(), broken), Reader.connect(valkey_url, prefix=prefix)) as one:
        answer = one.get("/flow")
    assert answer.status_code == 503
    assert "stages.toml:3: no" in said(answer.text)


def test_what_was_read_is_not_read_again(leader: Visitor, log: StandInMoves, time: list[int]) -> None:
    leader.get("/flow")
    before = log.looked
    leader.get("/flow?window=7d")
    assert log.looked == before
    more = MoveLog()
    more.move("new", "gained", at=time[0])
    log.bring(*more.moves)
    time[0] += 20_000
    assert "leads ever gained: 11." in said(leader.get("/flow").text)
    assert log.looked == before + 1


def test_moves_that_are_missing_are_shown_and_not_hidden(time: list[int], samples: Samples) -> None:
    log = MoveLog()
    for to in ("gained", "nurture", "mql"):
        log.move("kim", to, at=samples.now)
    text = said(leading_page(StandInMoves(log.moves[0], log.moves[2]), time))
    assert "The sums do not agree." in text
    assert "Gained: the moves add up to 1, and 0 stand there by their last move" in text


def test_what_cannot_be_read_leaves_its_neighbours(time: list[int], log: StandInMoves) -> None:
    log.bring_bytes(b'{"lead_id": 7}')
    assert "leads ever gained: 10." in said(leading_page(log, time))


def test_row_41_formulas_in_a_csv_are_neutralised(time: list[int], samples: Samples) -> None:
    for formula in FORMULAS:
        log = StandInMoves(*story(samples.now, source=formula))
        with leading(Moves(log, lambda: RULES, now=lambda: time[0]), Reader.connect("redis://127.0.0.1:1")) as one:
            found = lines(one, "?by=source")
        values = {row["value"] for row in found if row["by"] == "source"}
        assert values == {f"'{formula}", "expo"}
        for row in found:
            cells = [cell for name, cell in row.items() if name in CSV_HEAD]
            assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


def test_row_41_by_itself() -> None:
    assert [neutral(one) for one in FORMULAS] == [f"'{one}" for one in FORMULAS]
    assert [neutral(one) for one in ("", "fair 2026", "a=b", "한강물류")] == ["", "fair 2026", "a=b", "한강물류"]
    assert csv_of(("a", "b"), [(-1.5, None)]).decode("utf-8-sig") == "a,b\r\n-1.5,\r\n"


@pytest.mark.parametrize("text", HOSTILE)
def test_labels_are_plain_text_everywhere(time: list[int], samples: Samples, text: str) -> None:
    log = StandInMoves(*story(samples.now, source=text))
    page = leading_page(log, time, "/flow?by=source")
    found = read(page)
    assert text in " ".join(found.text)
    assert not [name for name in found.attributes if name.startswith("on")]
    assert page.count("<script") == 3
    assert not [one for one in found.addresses if not one.startswith("/")]


@pytest.mark.parametrize(
    ("window", "first", "last", "is_open"),
    [("7d", "2026-03-14", "2026-03-20", True), ("28d", "2026-02-21", "2026-03-20", True),
     ("month", "2026-03-01", "2026-03-20", True), ("last_month", "2026-02-01", "2026-02-28", False),
     ("year", "2026-01-01", "2026-03-20", True)],
)  # fmt: skip
def test_windows_are_whole_days_of_the_site(window: str, first: str, last: str, is_open: bool) -> None:
    """Ask A32."""
    span = span_of(window, today=20_532)
    assert (str(span.first), str(span.last), span.is_open) == (first, last, is_open)
    assert span_of("all", today=20_532).first is None
    assert span_of("last_month", today=20_532).window == Window(20_485 * DAY_MS, 20_513 * DAY_MS)


def test_an_address_that_says_nonsense_asks_the_usual() -> None:
    assert asked_of({"window": "<script>", "by": "name", "source": ""}) == Asked()
    chosen = asked_of({"program": "(none)", "source": "a b"})
    assert chosen.wanted == Wanted(program="", source="a b")
    assert chosen.link("/flow", by="source") == "/flow?by=source&source=a+b&program=%28none%29"
    assert asked_of({"source": chosen.wanted.source or ""}).link("/flow", source=None) == "/flow"
