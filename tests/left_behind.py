"""No process of a test stays behind a pytest that was killed: a plugin of pytest.

Each process that shares the tests (pytest-xdist) leads a process group, and what its tests start belongs to that. When
pytest is gone, however it went, the guard of `leadstream up` ends the groups; where only one of those processes died,
pytest ends what it left. A pytest alone is guarded where it leads its own group, as it does at a shell's prompt;
elsewhere (`timeout 60 pytest`) it takes SIGTERM like Ctrl-C, and its fixtures end what they started.

What a test puts into a session of its own it guards itself (`deploy.local.guarded.Guarded`).
"""

import os
import signal
from contextlib import suppress
from typing import Any, Final

import pytest

from deploy.local.guard import end_groups
from deploy.local.guarded import Guarded

__all__ = ["pytest_configure"]

GRACE_S: Final = 5.0


def pytest_configure(config: pytest.Config) -> None:
    """In each process of a run."""
    if hasattr(config, "workerinput"):
        os.setpgid(0, 0)
    elif not config.pluginmanager.has_plugin(_Groups.__name__):
        config.pluginmanager.register(_Groups(), _Groups.__name__)


class _Groups:
    """What the process that hands out the tests knows of the groups of the others."""

    def __init__(self) -> None:
        self._guard = Guarded()
        self._leaders: set[int] = set()

    def pytest_sessionstart(self) -> None:
        self._guard.__enter__()
        if os.getpgid(0) == os.getpid():
            self._guard.add(os.getpid())
        else:
            signal.signal(signal.SIGTERM, signal.default_int_handler)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodeready(self, node: Any) -> None:
        """It leads a group by now."""
        leader = _pid(node)
        self._leaders.add(leader)
        self._guard.add(leader)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """One that ended well may still be about to leave."""
        leader = _pid(node)
        if error and leader in self._leaders:
            end_groups([leader], grace_s=GRACE_S)
            self._leaders.discard(leader)
            self._guard.remove(leader)

    def pytest_keyboard_interrupt(self) -> None:
        """A terminal interrupts its own group alone."""
        for leader in self._leaders:
            with suppress(ProcessLookupError):
                os.killpg(leader, signal.SIGINT)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """All have left; the guard ends what they left behind."""
        self._guard.remove(os.getpid())
        self._guard.__exit__(None, None, None)


def _pid(node: Any) -> int:
    return int(node.gateway._io.popen.pid)
