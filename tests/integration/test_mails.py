"""A mail from its link to the card, through a real collector and a real worker, by the command that senders use."""

import json
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.json import decode
from typer.testing import CliRunner

from deploy.cli.root import app
from deploy.local.embedded import embedded_valkey
from schemas.cards import LeadCard
from schemas.ids import Naming
from tests.contract.collector_process import collector_process
from tests.integration.brokers import broker
from tests.integration.bus import Bus, wait_until
from tests.integration.workers import SECRET, Worker

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(240)]
EMAIL = "ann@acme.example"
LEAD = Naming(SECRET.encode()).lead_of_email(EMAIL)
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"}
KEYS = {"LEADSTREAM_MAIL__KEYS": "2026=a key of links with 32 characters"}


@pytest.fixture
def bus() -> Iterator[Bus]:
    with broker("embedded") as bootstrap:
        one = Bus(bootstrap, prefix="m.", app_id="mails")
        one.create()
        yield one
        one.close()


def card(bus: Bus) -> LeadCard | None:
    found = [decode(record.value, type=LeadCard) for record in bus.read("leads") if record.value]
    return next((one for one in reversed(found) if one.lead_id == LEAD), None)


def letter(url: str) -> Any:
    env = {name: None for name in os.environ if name.startswith("LEADSTREAM_")} | KEYS
    env |= {"LEADSTREAM_SECRET": SECRET, "LEADSTREAM_COLLECTOR__PUBLIC_URL": url}
    asked = ["--lead", EMAIL, "--message", "spring-1", "--to", "https://www.example.com/pricing", "--json"]
    return json.loads(CliRunner().invoke(app, ["mail", "link", *asked], env=env).output)


def looked_at(page: str) -> list[dict[str, Any]]:
    """What the tracker says of somebody who reads it for six seconds."""
    began = time.time_ns() // 1_000_000
    attention = {"page_id": "p1", "url": page, "started_at": began, "dwell_ms": 6_000, "interactions": 2}
    return [
        {"type": "page", "messageId": "p1", "anonymousId": "browser-1", "properties": {"url": page}},
        {"type": "track", "event": "page_engaged", "messageId": "p1:6000", "anonymousId": "browser-1",
         "properties": attention},
    ]  # fmt: skip


def test_a_click_and_an_unsubscribe_change_the_card(bus: Bus, tmp_path: Path) -> None:
    """Ask A1."""
    env = KEYS | {
        "LEADSTREAM_SECRET": SECRET, "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": bus.bootstrap,
        "LEADSTREAM_KAFKA__TOPIC_PREFIX": bus.prefix, "LEADSTREAM_KAFKA__PARTITIONS": str(bus.partitions),
    }  # fmt: skip
    with ExitStack() as stack:
        redis = stack.enter_context(embedded_valkey())
        worker = stack.enter_context(Worker(bus, tmp_path, name="worker", redis_url=redis))
        collector = stack.enter_context(collector_process(tmp_path / "collector", **env))
        http = stack.enter_context(httpx.Client(headers=BROWSER, timeout=30))
        url = f"http://127.0.0.1:{collector.port}"
        made = letter(url)
        worker.await_ready()
        where = http.get(made["links"][0]).headers["location"]
        assert http.get(made["pixel"]).status_code == 200
        told = http.post(f"{url}/v1/batch", json={"batch": looked_at(where), "writeKey": "wk_site"})
        assert told.status_code == 200
        wait_until(lambda: (found := card(bus)) and found.stage == "nurture", within_s=60, what=worker.tail())

        assert http.get(made["unsubscribe"]).status_code == 200
        assert http.post(made["unsubscribe"], content=b"List-Unsubscribe=One-Click").status_code == 200
        wait_until(lambda: _left(card(bus)), within_s=60, what=worker.tail())
        found = card(bus)
        assert found is not None
        assert found.mail is not None
        assert (found.lead_id, found.mail.clicked_at is not None) == (LEAD, True)


def _left(found: LeadCard | None) -> bool:
    return found is not None and found.mail is not None and found.mail.unsubscribed_at is not None
