"""Children that do one thing, and an audience that remembers."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path

from deploy.local.child import Child, Ready
from deploy.local.running import Running
from deploy.local.supervisor import Supervisor

__all__ = ["Notes", "alive", "child", "supervisor", "until"]

AT_ONCE = Ready()


def child(name: str, code: str, *, ready: Ready = AT_ONCE, when_it_ends: str = "restart", **env: str) -> Child:
    """A Python process that runs `code`."""
    return Child(name=name, says=name, command=(sys.executable, "-c", code), env=env, ready=ready,
                 when_it_ends=when_it_ends)  # type: ignore[arg-type]  # fmt: skip


class Notes:
    """An audience."""

    def __init__(self) -> None:
        self.states: list[tuple[str, str]] = []
        self.lines: list[tuple[str, str]] = []
        self.said: list[str] = []

    def changed(self, running: Running, *, note: str = "") -> None:
        self.states.append((running.child.name, str(running.state)))
        self.said += [note] if note else []

    def line(self, name: str, text: str) -> None:
        self.lines.append((name, text))

    def has(self, words: str) -> bool:
        """Whether a note says so."""
        return any(words in note for note in self.said)

    def count(self, name: str, state: str) -> int:
        return self.states.count((name, state))


def supervisor(logs: Path, notes: Notes) -> Supervisor:
    return Supervisor(logs, audience=notes, changed=lambda: None)


async def until(condition: Callable[[], object], *, deadline_s: float = 60.0) -> None:
    """Wait for it; AssertionError when it does not come."""
    async with asyncio.timeout(deadline_s):
        while not condition():
            await asyncio.sleep(0.01)


def alive(pid: int) -> bool:
    """Whether a process runs (a zombie that nobody waited for does not)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    except NotADirectoryError:
        return Path(f"/proc/{pid}").exists()
    return state != "Z"
