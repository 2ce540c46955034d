"""What a test started is gone when pytest, or the process that ran the test, was killed."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.deploy.stand_ins import alive

ROOT = Path(__file__).parents[2]
TEST = """
import os, pathlib, subprocess, sys, time
import pytest

@pytest.fixture
def child():
    started = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    yield started
    started.kill()
    started.wait()

def test_that_never_ends(child):
    written = pathlib.Path(__file__).with_name("written")
    written.write_text(f"{os.getpid()} {child.pid}")
    written.rename(written.with_name("pids"))
    time.sleep(600)
"""
BEGINS_S = 120.0
GONE_S = 30.0


def until(seen: object, *, within_s: float) -> None:
    end = time.monotonic() + within_s
    while not seen():  # type: ignore[operator]
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda one: one.name)
@pytest.mark.parametrize(
    ("options", "killed"),
    [
        pytest.param([], "pytest", id="alone"),
        pytest.param(["-n", "1"], "pytest", id="shared"),
        pytest.param(["-n", "1"], "its process", id="one process"),
    ],
)
def test_nobody_is_left(options: list[str], killed: str, number: signal.Signals, tmp_path: Path) -> None:
    ended(tmp_path, options, killed=killed, by=number, leads=True)


@pytest.mark.slow
def test_a_pytest_that_leads_no_group_tears_down_what_its_fixtures_hold(tmp_path: Path) -> None:
    ended(tmp_path, [], killed="pytest", by=signal.SIGTERM, leads=False)


def ended(tmp_path: Path, options: list[str], *, killed: str, by: signal.Signals, leads: bool) -> None:
    """Raises AssertionError where what the test started outlives it. `leads`: whether pytest leads its group."""
    (tmp_path / "test_it.py").write_text(TEST)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    pids = tmp_path / "pids"
    command = [
        sys.executable, "-m", "pytest", "-q", "-p", "tests.left_behind", "-p", "no:randomly", *options,
        "-c", str(tmp_path / "pytest.ini"), str(tmp_path / "test_it.py"),
    ]  # fmt: skip
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    with (
        (tmp_path / "said").open("wb") as said,
        subprocess.Popen(command, cwd=ROOT, env=environ, stdout=said, stderr=said, start_new_session=leads) as run,
    ):
        try:
            until(lambda: pids.exists() or run.poll() is not None, within_s=BEGINS_S)
            assert pids.exists(), (tmp_path / "said").read_text()
            ran_by, child = map(int, pids.read_text().split())
            assert alive(child)
            os.kill(run.pid if killed == "pytest" else ran_by, by)
            until(lambda: not alive(child) and not alive(ran_by), within_s=GONE_S)
        finally:
            run.kill()
