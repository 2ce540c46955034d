"""What a collector holds and may hold, and that what alarms look at is there before it happens."""

import ast
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

import producers
from producers.bounds import Bounds
from producers.metrics import REGISTRY
from producers.settings import SpoolSettings
from tests.unit.producers.desk import Desk, desk

SOURCES = sorted(path for folder in producers.__path__ for path in Path(folder).rglob("*.py"))
HOLDERS = {
    "networks_of_crm_proofs", "networks_of_events", "networks_of_mail_links", "networks_of_mail_webhooks",
    "outstanding_bytes", "spool_bytes", "remembered_origins", "remembered_partitions_of_visitors",
    "remembered_truncated_addresses", "remembered_networks",
}  # fmt: skip


async def told(d: Desk) -> dict[str, dict[str, float]]:
    text = (await d.http.get("/metrics")).text
    families = {one.name: one for one in text_string_to_metric_families(text)}
    return {
        name: {one.labels["what"]: one.value for one in families[f"leadstream_{name}"].samples}
        for name in ("held", "bound")
    }


async def test_each_queue_buffer_and_cache_says_how_full_it_is_and_may_be(tmp_path: Path) -> None:
    async with desk(spool=SpoolSettings(directory=tmp_path / "spool", max_bytes=5 << 20)) as d:
        for number in range(20):
            event = {"type": "page", "anonymousId": f"v{number}"}
            assert (await d.batch(event, origin=f"https://p{number}.example")).status_code == 200
        full = await told(d)
    assert full["held"].keys() == full["bound"].keys() >= HOLDERS
    assert {what: held for what, held in full["held"].items() if held > full["bound"][what]} == {}
    assert full["held"]["remembered_partitions_of_visitors"] >= 20
    assert full["bound"]["spool_bytes"] == 5 << 20


def test_whoever_holds_something_now_is_asked() -> None:
    bounds = Bounds()
    bounds.hold("spool_bytes", lambda: 1, most=2)
    bounds.hold("spool_bytes", lambda: 3, most=4)
    held, most = ({one.labels["what"]: one.value for one in family.samples} for family in bounds.collect())
    assert (held["spool_bytes"], most["spool_bytes"]) == (3, 4)


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        ("leadstream_collector_dropped_total", {"reason": "spool_full"}),
        ("leadstream_collector_refused_total", {"reason": "server_key_in_browser"}),
        ("leadstream_collector_limited_total", {"by": "network"}),
        ("leadstream_rejected_total", {"reason": "schema"}),
    ],
)
async def test_a_first_time_is_a_rise(name: str, labels: dict[str, str]) -> None:
    """Prometheus compares two samples: a counter that begins with 1 has not grown."""
    async with desk():
        assert REGISTRY.get_sample_value(name, labels) is not None


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(SOURCES[0].parent)))
def test_no_cache_is_left_out(path: Path) -> None:
    named = {alias.name for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.ImportFrom)
             for alias in node.names if node.module == "functools"}  # fmt: skip
    assert not named & {"cache"}
    assert "lru_cache" not in named or path.name == "headers.py", "a handful, of a command that ends"
