"""What a busy worker holds, and what it may hold at most, as its metrics tell it."""

from contextlib import ExitStack
from pathlib import Path
from random import Random
from urllib.request import urlopen

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.bench.bodies import Mix, blocks
from tests.integration.bus import Bus, wait_until
from tests.integration.workers import Worker

pytestmark = [pytest.mark.kafka, pytest.mark.slow]

HOLDERS = {
    "decoded_accounts_rows", "decoded_leads_rows", "decoded_recipients_rows", "decoded_visitors_rows", "due_times",
    "fetched_bytes", "flying_records", "gathered_bytes", "gathered_rows_and_cards", "channel_webhook_dues",
    "remembered_receipts",
}  # fmt: skip
LOOKED_UP = {
    "remembered_addresses", "remembered_domains", "remembered_fits", "remembered_page_kinds", "remembered_paths",
    "remembered_segments", "remembered_sources", "remembered_user_agents",
}  # fmt: skip
EVENTS = 6_000
AT = 1_795_262_400_000


def told(worker: Worker) -> tuple[dict[str, float], dict[str, float]]:
    """What it holds and what it may, at one moment: a cache has its gauges from its first use on."""
    with urlopen(f"http://127.0.0.1:{worker.port}/metrics", timeout=30) as answer:
        text = answer.read().decode()
    families = {one.name: one for one in text_string_to_metric_families(text)}
    held, most = (
        {sample.labels["what"]: sample.value for sample in families[f"leadstream_{name}"].samples}
        for name in ("held", "bound")
    )
    return held, most


def test_nothing_holds_more_than_it_says_that_it_may(tmp_path: Path, embedded_kafka: str) -> None:
    with ExitStack() as stack:
        bus = Bus(embedded_kafka, prefix="bounds.", app_id="bounds")
        stack.callback(bus.close)
        bus.create()
        worker = stack.enter_context(
            Worker(bus, tmp_path, name="worker", redis_url="", webhook_url="http://127.0.0.1:9/nobody")
        )
        worker.await_ready()
        made = blocks(EVENTS, per_block=10, partitions=bus.partitions, mix=Mix(), at=AT, seed=Random(7).randrange(99))
        bus.write("visits", made)
        seen: list[float] = []

        def settled() -> bool:
            held, most = told(worker)
            assert held.keys() == most.keys()
            assert {what for what in held if what in HOLDERS or not what.startswith("remembered_")} == HOLDERS
            assert {what: held[what] for what in held if held[what] > most[what]} == {}
            seen.append(held["decoded_visitors_rows"])
            return bus.settled()

        wait_until(settled, within_s=120, what="settled", every_s=0.05)
        assert max(seen) > 0
        held, _ = told(worker)
        assert {what for what in LOOKED_UP if held[what] > 0} == LOOKED_UP
