"""F24: a worker dies between the steps of a merge, its undo, a pointer to another key. One owner, each hit once."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Event, Thread
from typing import Final

import pytest

from deploy.local.ports import free_ports
from streams.core.rules import load_rules
from tests.faults.record import Figure, found, named, recorded
from tests.integration import story_stage
from tests.integration.brokers import broker, given
from tests.integration.bus import Bus, new_bus
from tests.integration.ledger import Ledger
from tests.integration.story_stage import StoryStage
from tests.integration.workers import environment
from tests.unit.core.journeys.telling import lines_of, rules_files
from tests.unit.core.made import NAMING

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(900)]
KIND: Final = given("embedded")
WITHIN_S: Final = 240


class Lives:
    """One worker after another: the first dies after its first record, the next after its second, and so on."""

    def __init__(self, start: Callable[[int], "subprocess.Popen[bytes]"]) -> None:
        self._start = start
        self._over = Event()
        self.steps = 0
        self._child = start(1)
        self._thread = Thread(target=self._keep, daemon=True)
        self._thread.start()

    def _keep(self) -> None:
        while not self._over.is_set():
            if self._child.poll() is not None:
                self.steps += 1
                assert self._child.returncode == -signal.SIGKILL, f"ended by itself with {self._child.returncode}"
                self._child = self._start(self.steps + 1)
            self._over.wait(0.05)

    def close(self) -> None:
        self._over.set()
        self._thread.join(10)
        self._child.kill()
        self._child.wait(60)


@pytest.fixture
def bus() -> Iterator[Bus]:
    with broker(KIND) as bootstrap, new_bus(bootstrap, "f24") as one:
        yield one


@recorded("f24", broker=KIND)
@pytest.mark.parametrize("name", ["a_merge_and_its_undo", "crm_id_learns_its_domain"])
def test_f24_a_worker_that_dies_at_each_step_shows_what_the_core_shows(
    name: str, bus: Bus, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each line of the story the cards, alerts and moves are the core's: no hit twice, none in two places."""
    named(name.replace("_", "-"))
    monkeypatch.setattr(story_stage, "WITHIN_S", WITHIN_S)
    clock, rules = tmp_path / "clock", tmp_path / "rules"
    clock.write_text("0", "utf-8")
    rules.mkdir()
    files = rules_files(name)
    for file, text in files.items():
        (rules / file).write_text(text, "utf-8")

    def start(step: int) -> "subprocess.Popen[bytes]":
        (port,) = free_ports(1)
        told = environment(bus, port=port, datadir=tmp_path / f"life-{step}", redis_url="") | {
            "LEADSTREAM_RULES_DIR": str(rules), "LEADSTREAM_SECRET": NAMING.secret.decode(), "FAIL_AFTER": str(step),
        }  # fmt: skip
        with (tmp_path / f"life-{step}.log").open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "tests.faults.failing_worker", str(clock)],
                env={key: value for key, value in os.environ.items() if not key.startswith("LEADSTREAM_")} | told,
                stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    lines, loaded = lines_of(name), load_rules(files, naming=NAMING)
    with closing(Lives(start)) as lives, closing(StoryStage(bus, clock, rules=loaded)) as stage:
        for line in lines:
            stage.play(line)
        assert lives.steps >= len(lines)
        found(Ledger(accepted=len(lines), seed=0), Figure(name="deaths", value=lives.steps))
