"""What results cost: a file of an operator's, its share of a window, and a figure only where both sides are known."""

import csv
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from msgspec.structs import replace

from schemas.cards import Transition
from streams.console.app import ConsoleOptions, make_app
from streams.console.flow.cost_book import CostBook
from streams.console.flow.moves import Moves
from streams.inbox import MemoryDoor
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Projection
from tests.unit.console.conftest import SECRET
from tests.unit.console.samples import Samples
from tests.unit.console.sights import RULES, StandInMoves, sight
from tests.unit.console.test_flow import table
from tests.unit.console.test_pages import said
from tests.unit.console.visitor import Visitor, signed_in, visiting
from tests.unit.core.flow_log import DAY_MS, MoveLog


def story(now: int) -> list[Transition]:
    """Six people of a fair, two of them won, of one company; one by search."""
    log = MoveLog()
    for number in range(6):
        labels, acme = {"medium": "fair", "program": "expo-26"}, "acme.example"
        log.move(f"fair-{number}", "gained", at=now - 2 * DAY_MS, labels=labels, account_id=acme)
        if number < 2:
            log.move(f"fair-{number}", "consultation", at=now - DAY_MS, labels=labels, account_id=acme,
                     skipped=("nurture", "mql", "meeting"), via="crm")  # fmt: skip
            log.move(f"fair-{number}", "won", at=now - DAY_MS, labels=labels, account_id=acme, via="crm")
    log.move("kim", "gained", at=now - DAY_MS, labels={"medium": "search"})
    return log.told()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "costs.toml"


@pytest.fixture
def today(samples: Samples) -> str:
    return datetime.fromtimestamp((samples.now - 2 * DAY_MS) / 1_000, UTC).date().isoformat()


def written(file: Path, text: str) -> None:
    """As an operator saves it: seen although it may have as many bytes as before."""
    kept = file.with_suffix(".new")
    kept.write_text(text, "utf-8")
    kept.rename(file)


def bill(day: str, amount: str, *, medium: str = "fair", more: str = "") -> str:
    return f'[[cost]]\nmedium = "{medium}"\nfrom = {day}\namount = {amount}\n{more}\n'


@pytest.fixture
def leader(
    valkey_url: str, prefix: str, file: Path, samples: Samples, projection: Projection
) -> Iterator[Visitor]:
    moves = Moves(StandInMoves(*story(samples.now)), lambda: RULES, now=lambda: samples.now)
    sees = replace(sight(moves=moves), costs=CostBook(file))
    options = ConsoleOptions(secret=SECRET, public_url="http://testserver")
    app = make_app(Reader.connect(valkey_url, prefix=prefix), MemoryDoor(), options, sight=sees)
    with visiting(app) as visitor:
        signed_in(visitor, "leader")
        yield visitor


def rows(leader: Visitor, name: str, query: str = "") -> dict[str, list[str]]:
    page = leader.get(f"/flow/costs{query}").text
    return {row[0]: row[1:] for row in table(page, name)[1:]}


def tiles(page: str) -> dict[str, str]:
    found = said(page).split("Balances")[0] if "Balances" in page else said(page)
    return {name: found.partition(f"{name} ")[2].split(" ")[0] for name in ("Cost per win", "Cost per customer")}


def test_each_result_of_a_medium_and_a_program_has_its_cost(leader: Visitor, file: Path, today: str) -> None:
    """Asks A30, A42."""
    stand = bill(today, "900", more='program = "expo-26"')
    written(file, stand + bill(today, "300") + bill(today, "50", medium="radio"))
    media = rows(leader, "media")
    assert media["fair"] == ["€1,200", "€200 6", "€600 2", "€600 2", "€600 2", "€600 2", "€600 2"]
    assert media["radio"] == ["€50", *["none came"] * 6]
    assert media["search"] == ["-"] * 7  # no cost was given
    assert media["All"][:2] == ["€1,250", "€179 7"]
    [program] = table(leader.get("/flow/costs").text, "programs")[1:]
    assert program[:4] == ["fair", "expo-26", "€900", "€150 6"]
    for path in ("/flow/costs", "/flow/report/executives"):
        assert tiles(leader.get(path).text) == {"Cost per win": "€625", "Cost per customer": "€1,250"}


def test_without_costs_figures_are_a_dash_and_never_nought(leader: Visitor, file: Path, today: str) -> None:
    written(file, "")
    assert rows(leader, "media")["fair"] == ["-"] * 7
    assert tiles(leader.get("/flow/report/executives").text) == {"Cost per win": "-", "Cost per customer": "-"}
    assert "names none for these days and labels" in said(leader.get("/flow/costs").text)
    written(file, bill(today, "0"))  # given for nothing is given
    assert rows(leader, "media")["fair"][:2] == ["€0", "€0 6"]


def test_where_money_was_spent_and_nobody_won_no_division_is_tried(leader: Visitor, file: Path, today: str) -> None:
    written(file, bill(today, "70", medium="search"))
    page = leader.get("/flow/costs?medium=search").text
    assert tiles(page) == {"Cost per win": "none", "Cost per customer": "none"}  # none yet
    assert "-" in leader.get("/flow/costs?medium=search&segment=batch").text
    assert "of a segment nobody knows what was spent" in said(leader.get("/flow/costs?segment=batch").text)


def test_the_file_is_read_again_when_it_changed_and_says_its_line_when_it_cannot(
    leader: Visitor, file: Path, today: str
) -> None:
    answer = leader.get("/flow/costs")
    assert answer.status_code == 200
    assert "the file of costs cannot be read (FileNotFoundError)" in said(answer.text)
    written(file, bill(today, "60"))
    assert rows(leader, "media")["fair"][1] == "€10 6"
    written(file, bill(today, "90"))
    assert rows(leader, "media")["fair"][1] == "€15 6"
    written(file, bill(today, "90", more='prgram = "x"'))
    text = said(leader.get("/flow/costs").text)
    assert 'Costs cannot be said: costs.toml:5: cost number 1: unknown "prgram"; did you mean "program"?' in text
    assert "Costs cannot be said: costs.toml:5" in said(leader.get("/flow/report/executives").text)
    file.write_bytes(b"\xff")
    assert "cannot be read (UnicodeDecodeError)" in said(leader.get("/flow/costs").text)
    os.truncate(file, 2_000_000)
    assert "larger than 1 MiB" in said(leader.get("/flow/costs").text)


def test_the_csv_has_numbers_and_empty_cells_where_none_is_known(leader: Visitor, file: Path, today: str) -> None:
    written(file, bill(today, "100", medium="=1+1") + bill(today, "100"))
    answer = leader.get("/flow/costs.csv")
    found = list(csv.DictReader(StringIO(answer.content.decode("utf-8-sig"), newline="")))
    by_medium = {row["medium"]: row for row in found if row["by"] == "medium"}
    assert set(by_medium) == {"'=1+1", "fair", "search"}
    assert (by_medium["fair"]["gained_first_came"], by_medium["fair"]["cost_per_gained"]) == ("6", "16.67")
    assert by_medium["'=1+1"]["cost_per_gained"] == by_medium["search"]["cost"] == ""
    assert {row["currency"] for row in found} == {"EUR"}


def test_leaders_and_staff_see_what_results_cost_where_costs_are_known(
    leader: Visitor, file: Path, today: str
) -> None:
    written(file, "")
    for reader in ("leaders", "staff"):
        assert "Cost of a result" not in said(leader.get(f"/flow/report/{reader}").text), "nothing, not a dash"
    written(file, bill(today, "900", more='program = "expo-26"\nsource = "hall 3"') + bill(today, "300"))
    leaders = table(leader.get("/flow/report/leaders").text, "media")
    assert leaders[0] == ["Medium", "Cost", "Per MQL", "Per Meeting", "Per Consultation", "Per Won"]
    assert leaders[1:] == [["fair", "€1,200", *["€600 2"] * 4], ["All", "€1,200", *["€600 2"] * 4]]
    staff = leader.get("/flow/report/staff").text
    assert table(staff, "programs")[1:] == [["fair", "expo-26", "€900", *["€450 2"] * 4]]
    assert table(staff, "sources")[1:] == [["fair", "hall 3", "€900", *["none came"] * 4]]
    assert "Cost of a result" not in said(leader.get("/flow/report/staff?segment=batch").text)


def test_what_an_operator_wrote_is_shown_as_text(leader: Visitor, file: Path, today: str) -> None:
    written(file, bill(today, "5", medium="<script>alert(1)</script>", more='program = "<img onerror=alert(1)>"'))
    page = leader.get("/flow/costs").text.partition("<main")[2]
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page
    assert "<img" not in page


def test_whoever_may_not_see_reports_sees_no_costs(leader: Visitor) -> None:
    signed_in(leader, "rep")
    assert leader.get("/flow/costs").status_code == leader.get("/flow/costs.csv").status_code == 403
