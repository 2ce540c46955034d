"""The guard: nobody stays behind a supervisor that was killed."""

import signal
import subprocess
import sys
import time
from pathlib import Path

from deploy.local.guard import end_groups
from tests.unit.deploy.stand_ins import alive

SUPERVISED = """
import subprocess, sys, time
from deploy.local.guarded import Guarded
with Guarded() as guard:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
    guard.add(child.pid)
    print(child.pid, flush=True)
    time.sleep(600)
"""


def gone(pid: int, *, within_s: float = 60.0) -> bool:
    until = time.monotonic() + within_s
    while alive(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not alive(pid)


def test_a_killed_supervisor_leaves_nobody_behind() -> None:
    with subprocess.Popen([sys.executable, "-c", SUPERVISED], stdout=subprocess.PIPE) as boss:
        assert boss.stdout is not None
        child = int(boss.stdout.readline())
        boss.kill()
    assert gone(child)


def test_who_does_not_listen_is_killed(tmp_path: Path) -> None:
    code = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint(1, flush=True)\ntime.sleep(600)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True) as deaf:
        assert deaf.stdout is not None
        deaf.stdout.readline()
        end_groups([deaf.pid], grace_s=0.1)
    assert deaf.returncode == -signal.SIGKILL


def test_a_group_that_is_gone_is_no_error() -> None:
    with subprocess.Popen([sys.executable, "-c", ""], start_new_session=True) as done:
        done.wait()
    end_groups([done.pid], grace_s=0.1)
