"""Every golden journey through the real pipeline: broker, worker and its clock show what the pure core shows."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import pytest

from deploy.local.ports import free_ports
from streams.core.rules import load_rules
from tests.integration.bus import Bus, wait_until
from tests.integration.story_stage import StoryStage, apart_from_others
from tests.integration.workers import environment
from tests.unit.core.journeys.telling import NAMES, golden, lines_of, rules_files
from tests.unit.core.made import NAMING, example_files

pytestmark = [pytest.mark.kafka, pytest.mark.slow]
FILES = {name: tuple(sorted(rules_files(name).items())) for name in NAMES}
PACKAGED = tuple(sorted(example_files().items()))
# Those that play by the packaged rules share a worker. One that publishes others on the way would need a second: that
# a worker with other rules folds its rows again is seen in test_engine.py.
PLAYED = [name for name in NAMES if not any("rules" in line for line in lines_of(name))]
BY_RULES = sorted(PLAYED, key=lambda name: (FILES[name] == PACKAGED, name))
Theatre = Callable[[str], tuple[Bus, Path]]


@pytest.fixture(scope="module")
def theatre(embedded_kafka: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Theatre]:
    """A worker with the rules of a journey, and the file that is its clock; kept while the rules stay the same."""
    open_now: list[tuple[object, ExitStack, tuple[Bus, Path]]] = []

    def opened(name: str) -> tuple[Bus, Path]:
        if open_now and open_now[-1][0] != troupe(name):
            open_now.pop()[1].close()
        if not open_now:
            stack, number = ExitStack(), len(list(tmp_path_factory.getbasetemp().glob("journeys*")))
            place = tmp_path_factory.mktemp("journeys")
            bus = Bus(embedded_kafka, prefix=f"journeys{number}.", app_id=f"journeys{number}")
            stack.callback(bus.close)
            bus.create()
            clock = stack.enter_context(story_worker(bus, place, dict(FILES[name])))
            open_now.append((troupe(name), stack, (bus, clock)))
        return open_now[-1][2]

    yield opened
    for _, stack, _ in open_now:
        stack.close()


def troupe(name: str) -> str:
    """Who shares a worker with this journey: all that play by the packaged rules, else nobody."""
    return "" if FILES[name] == PACKAGED else name


@contextmanager
def story_worker(bus: Bus, place: Path, files: Mapping[str, str]) -> Iterator[Path]:
    clock_file, rules = place / "clock", place / "rules"
    clock_file.write_text("0", "utf-8")
    rules.mkdir()
    for name, text in files.items():
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
        wait_until(lambda: _is_ready(worker, port), within_s=180, what="the worker is ready")
        yield clock_file
    finally:
        worker.send_signal(signal.SIGKILL)
        worker.wait(60)


def _is_ready(worker: "subprocess.Popen[bytes]", port: int) -> bool:
    from urllib.error import URLError
    from urllib.request import urlopen

    assert worker.poll() is None, "the worker has ended"
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


@pytest.mark.parametrize("name", BY_RULES)
def test_the_pipeline_shows_what_the_core_shows(name: str, theatre: Theatre) -> None:
    assert golden(name).exists()
    bus, clock = theatre(name)
    rules = load_rules(dict(FILES[name]), naming=NAMING)
    with closing(StoryStage(bus, clock, rules=rules)) as stage:
        for line in apart_from_others(name, NAMES.index(name)) if not troupe(name) else lines_of(name):
            stage.play(line)
        assert stage.leads or stage.accounts
