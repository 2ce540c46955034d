"""Ports, logs, the parent, the topics' list, the settings' mask."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from socket import socket

import pytest
from pydantic import BaseModel, SecretStr

from deploy.cli.settings import MASK, rows
from deploy.local import ports
from deploy.local.logs import ChildLog, is_loud
from deploy.local.parent import parent_left
from deploy.local.ports import HOST, free_ports
from deploy.local.topics import TABLES, wanted
from schemas.topics import TOPICS

MAKE_LIKE = """
import signal, time
signal.signal(signal.SIGINT, lambda *_: None)
print(1, flush=True)
input()
signal.signal(signal.SIGINT, signal.SIG_DFL)
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
print(2, flush=True)
time.sleep(600)
"""


def test_ports_are_different_and_free() -> None:
    assert len(set(free_ports(50))) == 50


def test_no_port_is_one_that_the_system_gives_to_outgoing_connections() -> None:
    """Nor one that was given before: who got it may not listen yet."""
    first, second = free_ports(50), free_ports(50)
    assert not {*first} & {*second}
    outgoing = Path("/proc/sys/net/ipv4/ip_local_port_range")
    lowest = int(outgoing.read_text().split()[0]) if outgoing.exists() else 49_152
    assert max(first + second) < lowest


def test_processes_that_begin_one_after_another_choose_far_from_each_other() -> None:
    """Else two that share the tests come to give out the same port before anybody listens there."""
    begins = [pid * ports.APART % ports.SPAN for pid in range(9)]
    assert min((one - other) % ports.SPAN for one in begins for other in begins if one != other) > 500


def test_a_port_that_somebody_has_is_passed_over() -> None:
    (mine,) = free_ports(1)
    with socket() as taken:
        with suppress(OSError):  # another process may have it as well
            taken.bind((HOST, mine + 1))
        assert mine + 1 not in free_ports(3)


@pytest.mark.parametrize(
    ("line", "loud"),
    [
        pytest.param('{"level":"warning","event":"x"}', True, id="a structured warning"),
        pytest.param("2026-11-22 [ERROR] Faust: no", True, id="a plain error"),
        pytest.param("Traceback (most recent call last):", True, id="a traceback"),
        pytest.param('{"level":"info","event":"started","error_code":0}', False, id="a field's name"),
        pytest.param("[INFO] started", False, id="info"),
    ],
)
def test_a_warning_or_worse_is_loud(line: str, loud: bool) -> None:
    assert is_loud(line) is loud


def test_a_log_tells_whole_lines_without_what_a_terminal_obeys(tmp_path: Path) -> None:
    told: list[str] = []
    log = ChildLog(tmp_path / "a.log", tell=told.append)
    log.write(b"one\ntw")
    log.write("o \x1b[31mred\x1b[0m\x07 \x9d".encode() + b"\xff\nlast")
    log.close()
    assert told == ["one", "two red \ufffd", "last"]
    assert list(log.tail) == told


def test_the_log_of_the_run_before_is_kept(tmp_path: Path) -> None:
    for text in (b"first\n", b"second\n"):
        log = ChildLog(tmp_path / "a.log", tell=lambda _: None)
        log.write(text)
        log.close()
    assert (tmp_path / "a.log").read_bytes() == b"second\n"
    assert (tmp_path / "a.log.old").read_bytes() == b"first\n"


def test_a_parent_that_was_interrupted_and_waits_has_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """As GNU make behaves when only make gets the interrupt."""
    with subprocess.Popen([sys.executable, "-c", MAKE_LIKE], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdin is not None
        assert parent.stdout is not None
        parent.stdout.readline()
        monkeypatch.setattr("os.getppid", lambda: parent.pid)
        assert not parent_left(parent.pid)
        parent.stdin.write(b"\n")
        parent.stdin.flush()
        parent.stdout.readline()
        assert parent_left(parent.pid)
        parent.kill()
    monkeypatch.setattr("os.getppid", lambda: 1)
    assert parent_left(parent.pid)


def test_every_topic_and_changelog_is_wanted_once() -> None:
    names = [one.name for one in wanted(6, prefix="t1.", app_id="t1-app")]
    assert names == [one.full("t1.") for one in TOPICS] + [f"t1-app-{table}-changelog" for table in TABLES]
    assert len(set(names)) == len(names)
    assert {one.partitions for one in wanted(6)} == {6}


def test_changelogs_compact_no_earlier_than_a_day() -> None:
    kept = {one.name: one.config for one in wanted(4)}["leadstream-leads-changelog"]
    assert kept["cleanup.policy"] == "compact"
    assert int(kept["min.compaction.lag.ms"]) >= 86_400_000


class _Inner(BaseModel):
    url: SecretStr = SecretStr("redis://:hidden@host")


class _Outer(BaseModel):
    write_keys: dict[str, str] = {"wk_hidden": "site"}
    redis: _Inner = _Inner()


def test_no_secret_is_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LEADSTREAM_REDIS__URL", "x")
    shown = list(rows(_Outer()))
    assert shown == [
        ("LEADSTREAM_WRITE_KEYS", f"wk_{MASK}=site", "default"),
        ("LEADSTREAM_REDIS__URL", MASK, "environment"),
    ]
    assert "hidden" not in str(shown)
