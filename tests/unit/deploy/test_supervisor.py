"""Start, start again, stop."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from deploy.errors import NotReady
from deploy.local import supervisor as under_test
from deploy.local.child import Child, Ready
from deploy.local.ports import free_ports
from deploy.local.supervisor import Supervisor
from tests.unit.deploy.stand_ins import Notes, alive, child, supervisor, until

SLEEPER = "import time; time.sleep(600)"
DEAF = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); time.sleep(600)"
WITH_WORKER = """
import subprocess, sys, time
inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
print(inner.pid, flush=True)
time.sleep(600)
"""
LISTENER = """
import os, socket, time
taken = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
time.sleep(600)
"""


TALKER = """
import os, socket, time
print("WARNING: this is experimental", flush=True)
taken = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
print("all is well")
while not os.path.exists(os.environ["GO"]):
    time.sleep(0.01)
print("WARNING: kafka is away")
"""


@pytest.fixture
def notes() -> Notes:
    return Notes()


@pytest.fixture
async def boss(tmp_path: Path, notes: Notes) -> AsyncIterator[Supervisor]:
    async with supervisor(tmp_path / "logs", notes) as one:
        yield one
        await one.stop(grace_s=5, hurry=asyncio.Event())


def restless(path: Path) -> Child:
    """Ends at its first life, stays in the second."""
    return child("restless", f"import pathlib, time\np = pathlib.Path({str(path)!r})\nwas = p.exists()\np.touch()\n"
                 "time.sleep(600 if was else 0.2)\nraise SystemExit(3)")  # fmt: skip


async def test_a_child_is_ready_when_its_port_takes_connections(boss: Supervisor, notes: Notes) -> None:
    (port,) = free_ports(1)
    await boss.start([child("listener", LISTENER, ready=Ready(port=port), PORT=str(port))])
    assert notes.states == [("listener", "starting"), ("listener", "ready")]
    assert alive(boss.pids["listener"])


async def test_a_child_that_ends_before_it_is_ready_says_its_last_words(boss: Supervisor) -> None:
    (port,) = free_ports(1)
    code = "print('scoring.toml:6: unknown half_life'); raise SystemExit(78)"
    with pytest.raises(NotReady, match="worker ended with code 78") as failed:
        await boss.start([child("worker", code, ready=Ready(port=port))])
    assert failed.value.tail == ("scoring.toml:6: unknown half_life",)


async def test_a_command_that_is_not_there_is_told_as_such(boss: Supervisor) -> None:
    with pytest.raises(NotReady, match="ghost cannot be started"):
        await boss.start([Child(name="ghost", says="", command=("/no/such/program",))])


async def test_a_child_that_ends_is_started_again(boss: Supervisor, notes: Notes, tmp_path: Path) -> None:
    await boss.start([restless(tmp_path / "was-here")])
    first = boss.pids["restless"]
    await until(lambda: notes.count("restless", "ready") == 2)
    assert boss.pids["restless"] != first
    assert notes.count("restless", "starting again") == 1


async def test_a_child_that_ends_again_and_again_says_why_and_where_all_of_it_is(
    boss: Supervisor, notes: Notes, tmp_path: Path
) -> None:
    words = '{"level": "critical", "event": "no room", "disk": "full"}'
    await boss.start([child("worker", f"import time; time.sleep(0.2); print({words!r}); raise SystemExit(3)")])
    await until(lambda: notes.has("ended with code 3; again in 2 s. It said last: critical no room: disk=full. "
                                  f"All of it: {tmp_path / 'logs' / 'worker.log'}"))  # fmt: skip


async def test_who_says_that_starting_again_cannot_help_is_not_started_again(boss: Supervisor, notes: Notes) -> None:
    """A worker ends with 78 where a person must look: systemd is told the same."""
    await boss.start([child("sleeper", SLEEPER)])
    code = "import time; time.sleep(0.2); print('topics are missing'); raise SystemExit(78)"
    await boss.start([child("worker", code)])
    await until(lambda: notes.count("worker", "failed"))
    assert notes.has("ended with code 78: a person must look; all else goes on without it until the next start. "
                     "It said last: topics are missing")  # fmt: skip
    assert notes.count("worker", "starting") == 1
    assert boss.pids.keys() == {"sleeper"}


async def test_a_child_that_is_not_ready_again_is_told_of(
    boss: Supervisor, notes: Notes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It runs and does nothing: that was waited for in silence, for ever."""
    (port,) = free_ports(1)
    was_here = tmp_path / "was-here"
    code = f"import os, time\nif os.path.exists({str(was_here)!r}): print('stuck', flush=True); time.sleep(600)\n"
    await boss.start([child("worker", code + LISTENER, ready=Ready(port=port), PORT=str(port))])
    was_here.touch()
    monkeypatch.setattr(under_test, "TOLD_S", 2.0)
    os.kill(boss.pids["worker"], signal.SIGKILL)
    await until(lambda: notes.has(f"is not ready after 2 s (nobody listens on 127.0.0.1:{port}). It said last: stuck"),
                deadline_s=60)  # fmt: skip
    was_here.unlink()
    os.kill(boss.pids["worker"], signal.SIGKILL)
    await until(lambda: notes.has("ready again"), deadline_s=60)


async def test_a_child_killed_by_hand_comes_back(boss: Supervisor, notes: Notes) -> None:
    await boss.start([child("sleeper", SLEEPER)])
    os.kill(boss.pids["sleeper"], signal.SIGKILL)
    await until(lambda: notes.count("sleeper", "ready") == 2)


async def test_the_end_of_a_child_that_holds_everything_ends_everything(boss: Supervisor) -> None:
    await boss.start([child("kafka", SLEEPER, when_it_ends="lose")])
    os.kill(boss.pids["kafka"], signal.SIGKILL)
    assert "what it held is gone" in str(await asyncio.wait_for(boss.lost, 60))


async def test_a_child_with_an_end_is_not_started_again(boss: Supervisor, notes: Notes) -> None:
    await boss.start([child("story", "print('once upon a time')", when_it_ends="done")])
    await until(lambda: notes.count("story", "done"))
    assert notes.count("story", "starting") == 1


async def test_stopping_leaves_nobody(boss: Supervisor, tmp_path: Path) -> None:
    await boss.start([child("server", WITH_WORKER), child("sleeper", SLEEPER)])
    log = tmp_path / "logs" / "server.log"
    await until(lambda: log.read_text().strip())
    everybody = [*boss.pids.values(), int(log.read_text())]
    assert all(map(alive, everybody))
    await boss.stop(grace_s=10, hurry=asyncio.Event())
    await until(lambda: not any(map(alive, everybody)), deadline_s=60)  # the kernel may still be closing their files
    assert boss.pids == {}


async def test_who_does_not_listen_is_killed_after_the_grace(boss: Supervisor, tmp_path: Path) -> None:
    await boss.start([child("deaf", DEAF)])
    await until(lambda: "deaf" in (tmp_path / "logs" / "deaf.log").read_text())
    pid = boss.pids["deaf"]
    await boss.stop(grace_s=0.2, hurry=asyncio.Event())
    assert not alive(pid)


async def test_a_second_wish_to_stop_does_not_wait_for_the_grace(boss: Supervisor, tmp_path: Path) -> None:
    await boss.start([child("deaf", DEAF)])
    await until(lambda: "deaf" in (tmp_path / "logs" / "deaf.log").read_text())
    pid, hurry = boss.pids["deaf"], asyncio.Event()
    stopping = asyncio.create_task(boss.stop(grace_s=600, hurry=hurry))
    hurry.set()
    await asyncio.wait_for(stopping, 60)
    assert not alive(pid)


async def test_the_last_that_was_started_is_the_first_that_is_stopped(boss: Supervisor, notes: Notes) -> None:
    for name in ("broker", "worker", "story"):
        await boss.start([child(name, SLEEPER)])
    await boss.stop(grace_s=10, hurry=asyncio.Event())
    assert [name for name, state in notes.states if state == "stopped"] == ["story", "worker", "broker"]


async def test_only_warnings_reach_the_terminal_and_everything_the_file(
    boss: Supervisor, notes: Notes, tmp_path: Path
) -> None:
    (port,) = free_ports(1)
    go = tmp_path / "go"
    await boss.start([child("talker", TALKER, ready=Ready(port=port), when_it_ends="done", PORT=str(port), GO=str(go))])
    go.touch()
    await until(lambda: notes.count("talker", "done"))
    assert notes.lines == [("talker", "WARNING: kafka is away")]
    written = "WARNING: this is experimental\nall is well\nWARNING: kafka is away\n"
    assert (tmp_path / "logs" / "talker.log").read_text() == written
