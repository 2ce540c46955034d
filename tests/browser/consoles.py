"""The console as a process of its own, for a browser to look at."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import time_ns
from typing import Final, NamedTuple

import httpx
from playwright.sync_api import Page

from deploy.local.embedded import embedded_valkey
from deploy.local.ports import free_ports
from streams.console.access.roles import Role
from streams.console.access.user_book import opened
from streams.readmodel.writer import Projection
from tests.browser.product import SEEN_S, START_S, eventually
from tests.unit.console.samples import Samples

__all__ = ["SECRET", "WithUsers", "complains", "running", "started", "with_users"]

SECRET: Final = "a secret of the console"


@contextmanager
def running(valkey: str, **more: str) -> Iterator[str]:
    """`python -m deploy.console` on this Valkey, at a free port: its address. `more`: settings without their prefix.

    Without any Kafka unless they name one.
    """
    (port,) = free_ports(1)
    process = started(valkey, port, **more)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(SEEN_S) == 0, "it ends by itself, open streams or not"


class WithUsers(NamedTuple):
    """A console, its file of users and its audit log."""

    url: str
    users: Path
    audit: Path


@contextmanager
def with_users(place: Path, name: str, role: Role, password: str) -> Iterator[WithUsers]:
    """A console that shows the samples to this user."""
    made = place / "users.json", place / "audit.jsonl"
    with opened(made[0], new=True) as book:
        book.add(name, role, password)
    samples = Samples(now=time_ns() // 1_000_000)
    with embedded_valkey() as valkey:
        projection = Projection.connect(valkey)
        projection.write(**samples.entries())
        projection.beat(samples.now)
        with running(valkey, CONSOLE__USERS=str(made[0]), CONSOLE__AUDIT=str(made[1])) as url:
            yield WithUsers(url, *made)
        projection.close()


def started(valkey: str, port: int, **more: str) -> subprocess.Popen[bytes]:
    """The process, once it is ready."""
    told = {
        "SECRET": "x" * 16, "REDIS__URL": valkey, "CONSOLE__PORT": str(port), "CONSOLE__LINK_SECRET": SECRET,
        "CONSOLE__PUBLIC_URL": f"http://127.0.0.1:{port}",
        "CONSOLE__AUDIT": os.devnull, "CONSOLE__RULES_BOOK": os.devnull, "CONSOLE__SESSIONS": "",
        "KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1", **more,
    }  # fmt: skip
    environment = {**os.environ, **{f"LEADSTREAM_{name}": value for name, value in told.items()}}
    process = subprocess.Popen([sys.executable, "-m", "deploy.console"], env=environment)
    try:
        eventually(lambda: process.poll() is not None or _ready(port), timeout_s=START_S,
                   missing="the console was not ready")  # fmt: skip
        assert process.poll() is None, f"the console ended with {process.returncode}"
    except BaseException:
        process.kill()
        process.wait()
        raise
    return process


def complains(page: Page, complaints: list[str]) -> None:
    """Errors, warnings and dialogs of this page go into `complaints`."""
    page.on("console", lambda said: complaints.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(f"dialog: {dialog.message}"))


def _ready(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", timeout=SEEN_S, trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
