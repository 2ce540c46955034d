"""`leadstream import` against a real collector on a sink in memory: whole files, twice, interrupted, and refused."""

import codecs
import json
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Self

import pytest
import uvicorn
from msgspec.json import decode
from typer.testing import CliRunner

from deploy.cli.feeding.imports import SOME_REJECTED
from deploy.cli.root import app
from deploy.errors import BadDeploySettings, DeployError
from producers.collector.server import build
from producers.sinks.memory import MemorySink
from schemas.delivery import Delivery
from schemas.ids import Naming
from schemas.times import milliseconds_of
from tests.unit.core.made import NAMING, RULES, routed
from tests.unit.core.whole import WholeCore
from tests.unit.producers.desk import NOW, SECRET, Desk, settings

HERE = Naming(SECRET.encode())


class Served:
    """A collector that listens, and what it wrote."""

    def __init__(self) -> None:
        self.sink = MemorySink()
        collector = build(settings(), self.sink, now_ms=lambda: NOW)
        self._server = uvicorn.Server(uvicorn.Config(collector, port=0, log_level="error"))
        self._thread = threading.Thread(target=self._server.run)
        self.desk = Desk(collector, self.sink)

    def __enter__(self) -> Self:
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)
        [socket] = self._server.servers[0].sockets
        self.url = f"http://127.0.0.1:{socket.getsockname()[1]}"
        return self

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with Served() as served:
        yield served


@pytest.fixture
def collector(server: Served, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Served:
    import os

    for name in [name for name in os.environ if name.startswith("LEADSTREAM_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("LEADSTREAM_IMPORT__COLLECTOR_URL", server.url)
    monkeypatch.setenv("LEADSTREAM_IMPORT__SERVER_KEY", "sk_crm")
    monkeypatch.chdir(tmp_path)
    server.sink.records.clear()
    server.sink.down = ""
    return server


def leadstream(*arguments: str) -> tuple[int, str]:
    """Exit code and output. Raises what `main` would turn into one message and exit code 1."""
    result = CliRunner().invoke(app, ["import", *arguments])
    if isinstance(result.exception, DeployError):
        raise result.exception
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result.exit_code, result.output


def written(name: str, text: str, encoding: str = "utf-8", mark: bytes = b"") -> Path:
    path = Path(name)
    path.write_bytes(mark + text.encode(encoding))
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("encoding", "mark"), [("utf-8", codecs.BOM_UTF8), ("cp949", b""), ("utf-16-le", codecs.BOM_UTF16_LE)]
)
def test_ten_thousand_leads_are_taken_once_however_often(collector: Served, encoding: str, mark: bytes) -> None:
    """In each encoding; a broken line in the middle and its like go to the rejects file, which can be mended."""
    rows = [f"p{n}@kunde-{n % 700}.example,사람 {n},회사 {n % 700},2026-0{n % 9 + 1}-05" for n in range(10_000)]
    rows[5_000] = 'p5000@x.example,"열린 따옴표,x,2026-01-01'
    rows[7_000] = "nobody,이름,회사,2026-01-01"
    written("leads.csv", "이메일,이름,회사명,생성일\n" + "\n".join(rows) + "\n", encoding, mark)
    code, said = leadstream("leads", "leads.csv")
    assert code == SOME_REJECTED, said
    assert "9,998 of 10,000 leads are safe" in said
    events = {event["messageId"]: event for event in collector.desk.events()}
    known = {event["traits"]["email"] for event in events.values()}
    assert known == {f"p{n}@kunde-{n % 700}.example" for n in range(10_000) if n not in {5_000, 7_000}}
    assert all(delivery.trust == "proven" for delivery in collector.desk.deliveries())
    rejects = Path("leads.csv.rejected.csv").read_bytes()
    assert rejects.startswith(mark)
    assert rejects[len(mark) :].decode(encoding).splitlines() == [
        "reason,이메일,이름,회사명,생성일",
        'line 5002: a quote that does not end,"p5000@x.example,""열린 따옴표,x,2026-01-01"',
        "line 7002: email: 'nobody' is no address,nobody,이름,회사,2026-01-01",
    ]
    assert not Path("leads.csv.import.json").exists()
    assert leadstream("leads", "leads.csv")[0] == SOME_REJECTED
    assert {event["messageId"]: event for event in collector.desk.events()} == events
    assert Path("leads.csv.rejected.csv").read_bytes() == rejects


DEALS = (
    "Record ID,Deal Name,Deal Stage,Amount,Close Date,Closed Lost Reason,Company,Company Domain Name,Contact Email,"
    "Owner Email,Last Modified Date\n"
    '1,"Halden\nsuite",Closed Lost,"48,000",2026-10-05,Missing feature,Halden Optics,halden-optics.example,'
    "mira@halden-optics.example,rita@planwerk.example,2026-10-06\n"
    "2,Orbis,Closed Won,100,2026-10-05,,Orbis,orbis.example,,,2026-10-06\n"
    "3,Neu,Proposal,100,2027-10-05,,,,,,2026-10-06\n"
)


def test_deals_keep_their_past_and_a_second_run_changes_no_row(collector: Served) -> None:
    written("deals.csv", DEALS)
    assert leadstream("deals", "deals.csv", "--crm", "hubspot")[0] == 0
    assert not Path("deals.csv.rejected.csv").exists()
    lost, won, still_open = sorted(collector.desk.signals(), key=lambda one: str(one.to))
    assert (lost.to, won.to, still_open.to) == ("deal:hubspot:1", "deal:hubspot:2", "deal:hubspot:3")
    assert (lost.deal.status, lost.deal.lost_at) == ("lost", milliseconds_of("2026-10-05"))
    assert (lost.deal.reported_at, lost.deal.lost_reason) == (milliseconds_of("2026-10-06"), "feature_gap")
    assert [one.lead_id for one in lost.deal.people] == [HERE.lead_of_email("mira@halden-optics.example")]
    assert (won.deal.status, won.deal.won_at) == ("won", milliseconds_of("2026-10-05"))
    assert (still_open.deal.status, still_open.deal.stage) == ("open", "Proposal")
    core = WholeCore()
    core.hears("accounts", lost, won, still_open)
    before = dict(core.rows["accounts"])
    collector.sink.records.clear()
    assert leadstream("deals", "deals.csv", "--crm", "hubspot")[0] == 0
    core.hears("accounts", *collector.desk.signals())
    assert core.rows["accounts"] == before
    assert core.alerts == {}


def test_an_import_and_the_webhooks_of_its_crm_meet_in_one_deal(collector: Served) -> None:
    from schemas.crm import DealFields, DealPatch

    written("deals.csv", DEALS)
    leadstream("deals", "deals.csv", "--crm", "hubspot")
    core = WholeCore()
    core.hears("accounts", *collector.desk.signals())
    later = milliseconds_of("2026-11-01") or 0
    core.hears("accounts", DealPatch(to="deal:hubspot:1", source="hubspot", reported_at=later, received_at=later,
                                     fields=DealFields(status="open", stage="Talks")))  # fmt: skip
    [part] = core.rows["accounts"]["halden-optics.example"].deals.values()
    assert (part.body.status, part.body.amount, part.body.lost_at) == ("open", 48_000.0, None)


def test_companies_name_the_domains_of_their_ids(collector: Served) -> None:
    written("companies.csv", "Company ID;Name;Website;Number of Employees\n9;Halden;www.halden-optics.example;240\n")
    assert leadstream("accounts", "companies.csv", "--crm", "salesforce")[0] == 0
    [record] = collector.desk.signals()
    assert (record.to, record.domain, record.employees) == ("crm:salesforce:9", "halden-optics.example", "240")


def test_a_lead_of_a_file_is_a_lead(collector: Served) -> None:
    """Ask A2."""
    rows = "mira@halden-optics.example,Halden,2025-01-05,2025-02-05\n"
    written("leads.csv", f"Email,Company,Create Date,Last Modified Date\n{rows}")
    leadstream("leads", "leads.csv")
    core = WholeCore()
    for delivery in collector.desk.deliveries():
        assert isinstance(delivery, Delivery)
        for raw in delivery.events:
            core.hears("visitors", routed(decode(raw), delivery, RULES))
    card = core.leads[NAMING.lead_of_email("mira@halden-optics.example")]
    assert (card.stage, card.trust, card.stage_since) == ("gained", "proven", milliseconds_of("2025-01-05"))


def test_the_dry_run_shows_everything_and_sends_nothing(collector: Served) -> None:
    written("deals.csv", DEALS + "4,Bad,Closed Lost,much,,,,,,,\n")
    code, said = leadstream("deals", "deals.csv", "--dry-run")
    assert code == SOME_REJECTED
    assert "utf-8, comma" in said
    assert "account_domain" in said
    assert '"lost_reason": "feature_gap"' in said
    assert "rejected, line 6: amount: 'much' is no number" in said
    assert "3 deals would be sent, 1 rejected" in said
    assert collector.sink.records == []
    assert sorted(path.name for path in Path().iterdir()) == ["deals.csv"]


def test_columns_and_dates_may_be_said(collector: Served) -> None:
    written("verkauf.csv", "Nr;Stufe;Betrag;Ende\n1;Verloren;48.000,50;05/10/2026\n")
    said = ("--map", "Nr=external_id", "--map", "Stufe=stage", "--map", "Betrag=amount", "--map", "Ende=closed_at")
    code, out = leadstream("deals", "verkauf.csv", *said, "--dates", "dmy", "--dry-run")
    assert (code, '"amount": 48000.5' in out) == (0, True)
    with pytest.raises(BadDeploySettings, match='--map "Nr": write --map "Column=field"'):
        leadstream("deals", "verkauf.csv", "--map", "Nr")


def test_an_interrupted_import_goes_on_behind_the_last_safe_row(
    collector: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    from producers.importers import post

    rows = "".join(f"p{n}@x.example\n" if n != 10 else "nobody\n" for n in range(1_000))
    written("leads.csv", f"Email\n{rows}")
    posted = post.Door.post
    calls: list[int] = []

    def some(door: Any, *args: Any, **kwargs: Any) -> Any:
        calls.append(1)
        if len(calls) == 3:
            collector.sink.down = "away"
        return posted(door, *args, **kwargs)

    monkeypatch.setattr(post.Door, "post", some)
    with pytest.raises(DeployError, match=r"stopped: .* answers 503.* 399 of 1,000 leads are safe. Run it again"):
        leadstream("leads", "leads.csv", "--patience", "1")
    assert json.loads(Path("leads.csv.import.json").read_bytes())["done"] == 400
    collector.sink.down = ""
    collector.sink.records.clear()
    code, said = leadstream("leads", "leads.csv")
    assert code == SOME_REJECTED
    assert "goes on behind row 400 of 1,000" in said
    assert "999 of 1,000 leads are safe" in said  # the one that was rejected before the interruption counts, too
    assert "1 rejected: leads.csv.rejected.csv" in said
    assert {event["traits"]["email"] for event in collector.desk.events()} == {
        f"p{n}@x.example" for n in range(400, 1_000)
    }  # fmt: skip
    assert len(Path("leads.csv.rejected.csv").read_text().splitlines()) == 2
    assert not Path("leads.csv.import.json").exists()


def test_a_changed_file_begins_anew(collector: Served) -> None:
    written("leads.csv", "Email\na@x.example\n")
    Path("leads.csv.import.json").write_text('{"digest": "of another file", "done": 1}')
    assert "goes on" not in leadstream("leads", "leads.csv")[1]
    assert len(collector.desk.events()) == 1


def test_what_the_collector_rejects_is_in_the_rejects_file_too(
    collector: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may know better: here it is told of a row that nobody checked before."""
    from producers.importers import plan

    monkeypatch.setattr(plan, "company_of", lambda cells, reading, mapping: {"name": cells["name"].strip("-")})
    written("companies.csv", "Name\nHalden\n---\n")
    assert leadstream("accounts", "companies.csv")[0] == SOME_REJECTED
    assert Path("companies.csv.rejected.csv").read_text().splitlines()[1] == (
        "line 3: company: neither id nor domain nor name,---"
    )
    assert len(collector.desk.signals()) == 1


def test_a_key_that_is_refused_stops_at_once(collector: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSTREAM_IMPORT__SERVER_KEY", "wk_nobody")
    written("deals.csv", DEALS)
    with pytest.raises(DeployError, match="answers 401"):
        leadstream("deals", "deals.csv")


def test_the_key_may_lie_in_a_file_and_the_address_in_a_running_leadstream(
    collector: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LEADSTREAM_IMPORT__COLLECTOR_URL")
    monkeypatch.delenv("LEADSTREAM_IMPORT__SERVER_KEY")
    written("leads.csv", "Email\na@x.example\n")
    with pytest.raises(BadDeploySettings, match="LEADSTREAM_IMPORT__COLLECTOR_URL and LEADSTREAM_IMPORT__SERVER_KEY"):
        leadstream("leads", "leads.csv")
    Path("home").mkdir()
    Path("home/up.json").write_text(json.dumps({"collector_url": collector.url, "server_key": "nobody"}))
    Path("key").write_text("sk_crm\n")
    monkeypatch.setenv("LEADSTREAM_IMPORT__SERVER_KEY_FILE", "key")
    assert leadstream("leads", "leads.csv", "--home", "home")[0] == 0
    monkeypatch.setenv("LEADSTREAM_IMPORT__SERVER_KEY_FILE", "nowhere")
    with pytest.raises(BadDeploySettings, match="SERVER_KEY_FILE: cannot read nowhere"):
        leadstream("leads", "leads.csv", "--home", "home")
    Path("key").write_bytes(b"\xff\xfe")
    monkeypatch.setenv("LEADSTREAM_IMPORT__SERVER_KEY_FILE", "key")
    with pytest.raises(BadDeploySettings, match="SERVER_KEY_FILE: cannot read key: it is not UTF-8"):
        leadstream("leads", "leads.csv", "--home", "home")


@pytest.mark.parametrize(("text", "said"), [("", "nothing in it"), ("Name\nx\n", "no column means email")])
def test_a_file_that_is_no_use_says_so(collector: Served, text: str, said: str) -> None:
    written("leads.csv", text)
    with pytest.raises(DeployError, match=f"leads.csv: .*{said}"):
        leadstream("leads", "leads.csv")


@pytest.mark.parametrize("crm", ["hubspot", "pipedrive", "salesforce"])
def test_the_dry_run_of_a_crm_shows_its_signals(crm: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.unit.producers.crm_knocks import story

    monkeypatch.delenv(f"LEADSTREAM_CRM__{crm.upper()}_MAPPING", raising=False)
    (tmp_path / "body").write_bytes(story(crm)[-1])
    result = CliRunner().invoke(app, ["crm", "dry-run", "--crm", crm, str(tmp_path / "body")])
    assert result.exit_code == 0, result.output
    assert '"status": "lost"' in result.output
    assert '"lost_reason": "feature_gap"' in result.output
