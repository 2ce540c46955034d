"""A leader on Monday, in a real Chromium on a real broker: propose, approve, compare, publish, review."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from time import time_ns

import pytest
from kafka import KafkaProducer
from playwright.sync_api import BrowserContext, Page, expect
from typer.testing import CliRunner

from deploy.cli.root import app
from deploy.local.embedded import embedded_valkey
from schemas.topics import changelog
from streams.console.access.audit import entries
from streams.console.access.user_book import opened
from streams.core.rows import ROWS
from streams.readmodel.writer import Projection
from tests.browser.consoles import running
from tests.browser.product import SEEN_S
from tests.integration.brokers import broker
from tests.integration.bus import Bus
from tests.unit.console.samples import LEAD_ID, Samples
from tests.unit.console.test_rules import lead

pytestmark = [pytest.mark.browser, pytest.mark.kafka]
PASSWORD = "correct horse battery"


@pytest.fixture(scope="module")
def bus() -> Iterator[Bus]:
    """Topics, and one lead's row: above 75 points, below 100."""
    with broker("embedded") as bootstrap, closing(Bus(bootstrap, prefix="", app_id="leadstream")) as one:
        one.create()
        row = ROWS["leads"].encode(lead(time_ns() // 1_000_000, "Mira Solberg"))
        with closing(KafkaProducer(bootstrap_servers=bootstrap, acks="all")) as producer:
            name = changelog("leads", app_id="leadstream")
            producer.send(name, key=LEAD_ID.encode(), value=row, partition=0).get(SEEN_S)
        yield one


def signed_in(page: Page, url: str, path: str) -> None:
    page.goto(url + path)
    page.get_by_label("Your name").fill("Lena")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_a_threshold_is_proposed_approved_compared_published_and_reviewed(
    bus: Bus, tmp_path: Path, person: BrowserContext
) -> None:
    """Asks A14 and A34. Rules change by the command alone; the console says what would be, and what became of it."""
    users, audit, book, rules = (tmp_path / name for name in ("users.json", "audit.jsonl", "rules.jsonl", "rules"))
    rules.mkdir()
    with opened(users, new=True) as held:
        held.add("Lena", "leader", PASSWORD)
    samples = Samples(now=time_ns() // 1_000_000)
    page, complaints = person.new_page(), list[str]()
    page.on("console", lambda one: complaints.append(one.text) if one.type in {"error", "warning"} else None)
    with embedded_valkey() as valkey:
        with closing(Projection.connect(valkey)) as projection:
            projection.write(**samples.entries())
            projection.beat(samples.now)
        settings = {
            "CONSOLE__USERS": str(users), "CONSOLE__AUDIT": str(audit), "CONSOLE__RULES_BOOK": str(book),
            "RULES_DIR": str(rules), "KAFKA__BOOTSTRAP_SERVERS": bus.bootstrap,
        }  # fmt: skip
        with running(valkey, **settings) as url:
            signed_in(page, url, "/supply")
            page.get_by_label("People who call").fill("3")
            page.get_by_role("button", name="Work it out").click()
            expect(page.locator("#arithmetic")).to_contain_text("3 SDR x 80 = 240 half-hours a week")
            expect(page.locator("#arithmetic")).to_contain_text("from 100 to 90 (at most 10 points a week)")
            page.get_by_role("button", name="Approve 90 points").click()
            expect(page.locator("#pending")).to_contain_text("Approved, not published yet: 90 points.")
            page.get_by_role("link", name="What would it change?").click()
            expect(page.locator("#figures")).to_contain_text("Leads above the threshold, of 1")
            expect(page.locator("#limits")).to_contain_text("has no outcome yet")
        done = CliRunner().invoke(app, ["rules", "publish", str(rules), "--book", str(book), "--by", "Omar"])
        assert done.exit_code == 0, done.output
        (rules / "stages.toml").write_text((rules / "stages.toml").read_text().replace("= 90.0", "= 75.0"), "utf-8")
        done = CliRunner().invoke(app, ["rules", "publish", str(rules), "--book", str(book), "--by", "Omar"])
        assert done.exit_code == 0, done.output
        with running(valkey, **settings | {"CONSOLE__LINK_SECRET": "another secret of it"}) as url:
            signed_in(page, url, "/rules")
            expect(page.get_by_text("published by Omar")).to_be_visible()
            expect(page.locator("#changes")).to_contain_text("75")
            page.get_by_role("link", name="Review").first.click()
            expect(page.locator("#left")).to_contain_text("1 of 1 not looked at yet")
            page.get_by_role("button", name="Make it an MQL: Mira Solberg").click()
            expect(page.locator("#review")).to_contain_text("made an MQL")
            expect(page.locator("#review")).to_contain_text("✓ Lena")
    assert complaints == []
    said = [(one.what, one.id) for one in entries(audit)]
    assert ("approve a threshold", "90") in said
    assert ("review a lead", LEAD_ID) in said
    [sent] = bus.read("touches")
    assert b'"kind":"reviewed"' in sent.value
