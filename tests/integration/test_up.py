"""`make up` as a newcomer and as a script meet it: ready, described in up.json, gone without a trace."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.local.guarded import Guarded

ROOT = Path(__file__).parents[2]
READY_S = 240  # the promise is 20 s on an idle machine; tests share theirs
GONE_S = 60
# What a script starts behind itself ignores interrupts, and hands that down: also us.
HEARING = "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execvp(sys.argv[1], sys.argv[1:])"
HEARS = (sys.executable, "-c", HEARING)
KEYS = {
    "broker", "collector_url", "console_link", "console_url", "demo_url", "home", "kafka", "pid", "pids", "redis",
    "server_key", "webhook_secret", "webhook_url", "worker_urls", "write_key",
}  # fmt: skip
CHILDREN = {"kafka", "valkey", "collector", "console", "demo", "worker"}

pytestmark = [pytest.mark.kafka, pytest.mark.slow, pytest.mark.timeout(600)]


class Run:
    """One `make up` in a home of its own.

    No process of it can hide: each carries the home in its environment, and Valkey, which writes its title there, works
    in a directory of that home.
    """

    def __init__(self, home: Path, *, guard: Guarded, options: str = "", command: tuple[str, ...] = (),
                 **environ: str) -> None:  # fmt: skip
        self.home = home
        self.output = home.parent / f"{home.name}.out"
        environ = {"LEADSTREAM_TEST_HOME": str(home), "COLUMNS": "80", **environ}
        by_make = (*HEARS, "make", "--silent", "up", "STORY=off", f"UP=--home {home} {options}")
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                command or by_make, cwd=ROOT, env=os.environ | environ, stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        guard.add(self.process.pid)

    @property
    def up(self) -> dict[str, Any]:
        """What up.json says, {} while it is not there."""
        with suppress(FileNotFoundError):
            found: dict[str, Any] = json.loads((self.home / "up.json").read_bytes())
            return found
        return {}

    @property
    def processes(self) -> set[int]:
        """Everybody who belongs to our home and lives."""
        return {int(path.name) for path in Path("/proc").glob("[0-9]*") if _belongs(path, self.home)}

    def ready(self) -> dict[str, Any]:
        until(lambda: self.up or self.process.poll() is not None, within_s=READY_S, says=self.said)
        assert self.up, self.said()
        return self.up

    def said(self) -> str:
        return self.output.read_text()

    def gone(self) -> None:
        """Nobody is left, and up.json says nothing that is no longer true."""
        until(lambda: not self.processes, within_s=GONE_S, says=self.said)

    def end(self) -> None:
        """Gently, so that the guard outlives the supervisor; whoever is left then, by force."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
            with suppress(AssertionError):
                self.gone()
        for pid in self.processes:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.process.wait()


def _belongs(process: Path, home: Path) -> bool:
    with suppress(OSError):
        state = (process / "stat").read_text().rpartition(") ")[2][0]
        marked = f"LEADSTREAM_TEST_HOME={home}".encode() in (process / "environ").read_bytes().split(b"\0")
        return state != "Z" and (marked or (process / "cwd").readlink().is_relative_to(home))
    return False


def until(condition: Callable[[], object], *, within_s: float, says: Callable[[], str]) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, says()
        time.sleep(0.05)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Run]]:
    runs: list[Run] = []

    def begin(**options: Any) -> Run:
        runs.append(Run(tmp_path / f"home-{len(runs)}", guard=guard, **options))
        return runs[-1]

    with Guarded() as guard:
        yield begin
        for run in runs:
            run.end()


def test_it_is_ready_complete_and_says_so_once(start: Callable[..., Run]) -> None:
    """A newcomer's first minute, an operator's dead worker, and Ctrl-C at a terminal."""
    run = start()
    up = run.ready()
    assert set(up) == KEYS
    assert set(up["pids"]) == CHILDREN
    for url in (
        f"{up['collector_url']}/readyz", f"{up['console_url']}/readyz", up["demo_url"], up["console_link"],
        f"{up['worker_urls'][0]}/readyz",
    ):  # fmt: skip
        assert httpx.get(url, follow_redirects=True, timeout=30).status_code == 200, url
    pieces = (up["write_key"], up["console_link"], up["demo_url"], "<script async", "curl -u", "memory only")
    until(lambda: all(piece in run.said() for piece in pieces), within_s=60, says=run.said)  # it is said after up.json
    assert up["server_key"] not in run.said()

    os.kill(up["pids"]["worker"], signal.SIGKILL)
    until(lambda: run.up.get("pids", {}).get("worker") not in {None, up["pids"]["worker"]}, within_s=60, says=run.said)

    os.killpg(run.process.pid, signal.SIGINT)
    run.gone()
    run.process.wait(60)
    assert run.up == {}
    assert "Everything has stopped." in run.said()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["SIGINT", "SIGTERM"])
def test_a_script_that_signals_make_alone_stops_everything(start: Callable[..., Run], number: signal.Signals) -> None:
    """GNU make keeps an interrupt to itself and waits for us."""
    run = start()
    run.ready()
    run.process.send_signal(number)
    run.gone()
    assert run.up == {}


def test_a_stop_while_it_starts_leaves_nobody(start: Callable[..., Run]) -> None:
    run = start()
    until((run.home / "logs" / "worker.log").exists, within_s=READY_S, says=run.said)
    os.killpg(run.process.pid, signal.SIGINT)
    run.gone()
    assert run.up == {}


@pytest.mark.faults
@pytest.mark.short
def test_nobody_stays_behind_a_supervisor_that_was_killed(start: Callable[..., Run]) -> None:
    run = start()
    os.kill(run.ready()["pid"], signal.SIGKILL)
    run.gone()


def test_a_second_one_in_the_same_home_is_told_where_the_first_is(start: Callable[..., Run], tmp_path: Path) -> None:
    first = start()
    up = first.ready()
    command = (sys.executable, "-m", "deploy", "up", "--no-story", "--home", str(first.home))
    second = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=150)
    assert second.returncode == 1
    assert "up already" in second.stdout + second.stderr
    assert first.up == up


def test_a_bad_rule_stops_the_start_with_one_clear_message(start: Callable[..., Run], tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    for path in (ROOT / "streams" / "rules").glob("*.toml"):
        (rules / path.name).write_text(path.read_text().replace("half_life_days", "half_life"))
    run = start(options=f"--rules-dir {rules}")
    assert run.process.wait(READY_S) != 0
    said = run.said()
    assert 'did you mean "half_life_days"?' in said
    assert "Traceback" not in said
    run.gone()
