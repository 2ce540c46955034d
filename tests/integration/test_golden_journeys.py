"""Every golden journey through the real pipeline: broker, worker and its clock show what the pure core shows."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from deploy.local.ports import free_ports
from tests.integration.bus import Bus, wait_until
from tests.integration.story_stage import StoryStage, lines_of
from tests.integration.workers import environment
from tests.unit.core.journeys.telling import NAMES, golden
from tests.unit.core.made import NAMING, example_files

pytestmark = [pytest.mark.kafka, pytest.mark.slow]


@pytest.fixture(scope="module")
def story_bus(embedded_kafka: str) -> Iterator[Bus]:
    bus = Bus(embedded_kafka, prefix="journeys.", app_id="journeys")
    bus.create()
    yield bus
    bus.close()


@pytest.fixture(scope="module")
def clock(story_bus: Bus, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A worker with the rules of the tests; its time is in this file."""
    place = tmp_path_factory.mktemp("journeys")
    with story_worker(story_bus, place) as clock_file:
        yield clock_file


@contextmanager
def story_worker(bus: Bus, place: Path) -> Iterator[Path]:
    clock_file, rules = place / "clock", place / "rules"
    clock_file.write_text("0", "utf-8")
    rules.mkdir()
    for name, text in example_files().items():
        (rules / name).write_text(text, "utf-8")
    (port,) = free_ports(1)
    told = environment(bus, port=port, datadir=place / "worker", redis_url="") | {
        "LEADSTREAM_RULES_DIR": str(rules), "LEADSTREAM_SECRET": NAMING.secret.decode(),
    }  # fmt: skip
    with (place / "worker.log").open("wb") as log:
        worker = subprocess.Popen(
            [sys.executable, "-W", "ignore", "-m", "tests.integration.story_worker", str(clock_file)],
            env={key: value for key, value in os.environ.items() if not key.startswith("LEADSTREAM_")} | told,
            stdout=log, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        wait_until(lambda: _is_ready(worker, port), within_s=90, what="the worker is ready")
        yield clock_file
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait(10)


def _is_ready(worker: "subprocess.Popen[bytes]", port: int) -> bool:
    from urllib.error import URLError
    from urllib.request import urlopen

    assert worker.poll() is None, "the worker has ended"
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@pytest.mark.parametrize("name", NAMES)
def test_the_pipeline_shows_what_the_core_shows(name: str, story_bus: Bus, clock: Path) -> None:
    assert golden(name).exists()
    with closing(StoryStage(story_bus, clock)) as stage:
        for line in lines_of(name, NAMES.index(name)):
            stage.play(line)
        assert stage.leads or stage.accounts
