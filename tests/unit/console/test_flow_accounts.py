"""Flow and balance of accounts: each at its furthest lead, by the same table, and it agrees with that of people."""

from collections.abc import Iterator

import pytest

from schemas.cards import Transition
from streams.console.flow.moves import Moves
from streams.readmodel.reader import Reader
from streams.readmodel.writer import Projection
from tests.unit.console.samples import Samples
from tests.unit.console.sights import RULES, StandInMoves
from tests.unit.console.test_flow import leading, lines, table
from tests.unit.console.test_pages import said
from tests.unit.console.visitor import Visitor
from tests.unit.core.flow_log import DAY_MS, MoveLog

HOUR_MS = 3_600_000


def story(now: int) -> list[Transition]:
    """Acme: Ann in nurture since long, Bob an MQL and then in recycling. Tern: won. Kim of Acme goes over to Tern."""
    log, old = MoveLog(), now - 60 * DAY_MS
    acme, tern = "acme.example", "tern.example"
    log.move("ann", "gained", at=old, account_id=acme, labels={"medium": "fair"})
    log.move("ann", "nurture", at=old + HOUR_MS, account_id=acme, labels={"medium": "fair"})
    log.move("bob", "gained", at=old + 2 * HOUR_MS, account_id=acme, labels={"medium": "search"})
    log.move("bob", "mql", at=now - 4 * DAY_MS, account_id=acme, skipped=("nurture",), labels={"medium": "search"})
    log.move("bob", "recycle_a", at=now - 2 * DAY_MS, account_id=acme, labels={"medium": "search"})
    log.move("tom", "consultation", at=now - 3 * DAY_MS, account_id=tern, via="crm", labels={"medium": "fair"})
    log.move("tom", "won", at=now - DAY_MS, account_id=tern, via="crm", labels={"medium": "fair"})
    log.move("kim", "gained", at=now - 3 * DAY_MS, account_id=acme)
    log.move("kim", "nurture", at=now - DAY_MS, account_id=tern)
    log.move("una", "gained", at=now - DAY_MS)  # free mail
    return log.told()


@pytest.fixture
def log(samples: Samples) -> StandInMoves:
    return StandInMoves(*story(samples.now))


@pytest.fixture
def leader(
    valkey_url: str, prefix: str, log: StandInMoves, samples: Samples, projection: Projection
) -> Iterator[Visitor]:
    moves = Moves(log, lambda: RULES, now=lambda: samples.now)
    with leading(moves, Reader.connect(valkey_url, prefix=prefix)) as one:
        yield one


def test_accounts_have_the_same_table_and_it_adds_up(leader: Visitor) -> None:
    page = leader.get("/flow?of=accounts").text
    text = said(page)
    for wanted in (
        "The sums agree.", "accounts that came and did not go: 2.", "All figures are accounts", "Days in stage, now",
        "Flow CVR = left for the next stage / (opening + in)", "1 account", "Stand there, accounts",
    ):  # fmt: skip
        assert wanted in text, wanted
    assert "1 person" not in text
    balance = {row[0].split(" Bottleneck")[0]: row[1:] for row in table(page, "balance")[1:]}
    # Opening, in, to next, recycled, ended, back, aside, closing
    assert balance["Nurture"][:8] == ["1", "1", "1", "0", "0", "0", "0", "1"]  # Acme came back from MQL: Ann is there
    assert balance["MQL"][:8] == ["0", "1", "0", "0", "0", "1", "0", "0"]
    assert balance["Consultation"][-2:] == ["100.0% 1 / 1", "100.0% 1 / 1"]
    assert balance["Won"][7] == "1"
    for stage, row in balance.items():
        left, right = row[-3].split(" = ")
        assert left == right, stage


def test_how_long_an_account_stands_counts_from_when_its_furthest_lead_changed(leader: Visitor) -> None:
    ages = {row[0].split(" Bottleneck")[0]: row[1:] for row in table(leader.get("/flow?of=accounts").text, "ages")[1:]}
    assert ages["Nurture"][:2] == ["1", "2.0 d"]  # since Bob left for recycling
    assert ages["Won"][:2] == ["1", "1.0 d"]


def test_the_csv_says_what_it_counts(leader: Visitor) -> None:
    answer = leader.get("/flow/table.csv?of=accounts")
    assert 'filename="flow-accounts-' in answer.headers["content-disposition"]
    found = {row["stage"]: row for row in lines(leader, "?of=accounts&by=medium") if row["by"] == "all"}
    assert {row["counted"] for row in found.values()} == {"accounts"}
    assert {stage: int(row["closing"]) for stage, row in found.items() if row["closing"] != "0"} == {
        "nurture": 1, "won": 1,
    }  # fmt: skip
    assert {row["counted"] for row in lines(leader)} == {"people"}


def test_labels_and_windows_are_kept_while_one_looks_at_the_other_count(leader: Visitor) -> None:
    page = leader.get("/flow?of=accounts&window=all&medium=fair").text
    assert 'href="/flow?window=all&amp;medium=fair"' in page
    assert 'href="/flow?of=accounts&amp;window=90d&amp;medium=fair"' in page
    assert '<input type="hidden" name="of" value="accounts">' in page
    assert "Report for" in leader.get("/flow/report/executives?of=accounts&window=all").text
    assert "of=accounts" not in leader.get("/flow/report/executives?of=accounts&window=all").text  # reports: people


def test_moves_that_people_lack_are_said_of_accounts_too(samples: Samples) -> None:
    log = MoveLog()
    for to in ("gained", "nurture", "mql"):
        log.move("kim", to, at=samples.now, account_id="acme.example")
    moves = Moves(StandInMoves(log.moves[0], log.moves[2]), lambda: RULES, now=lambda: samples.now)
    with leading(moves, Reader.connect("redis://127.0.0.1:1")) as one:
        text = said(one.get("/flow?of=accounts").text)
    assert "The sums do not agree." in text
    assert "Of the people that accounts are counted from: Gained: the moves add up to 1, and 0 stand there" in text


def test_where_there_is_no_account_the_page_says_when_there_will_be(samples: Samples) -> None:
    log = MoveLog()
    log.move("una", "gained", at=samples.now)
    moves = Moves(StandInMoves(*log.moves), lambda: RULES, now=lambda: samples.now)
    with leading(moves, Reader.connect("redis://127.0.0.1:1")) as one:
        assert "No account stands in a stage yet" in said(one.get("/flow?of=accounts").text)
        assert "leads ever gained: 1." in said(one.get("/flow").text)
