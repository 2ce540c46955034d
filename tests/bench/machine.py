"""Processes on cores: pin them, and read the CPU time that they and their children used."""

import os
import platform
from pathlib import Path

import msgspec

__all__ = ["Machine", "cpu_seconds", "family", "machine", "resident_mb"]

_TICK = os.sysconf("SC_CLK_TCK")


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """Where figures were measured. Absolutes count only beside this; ratios travel better."""

    cpu: str
    cores: int
    memory_gb: int
    python: str
    kernel: str


def machine() -> Machine:
    """This machine."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8")
    models = [line.partition(":")[2].strip() for line in info.splitlines() if line.startswith("model name")]
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return Machine(
        cpu=models[0] if models else platform.machine(),
        cores=os.cpu_count() or 1,
        memory_gb=round(pages / 2**30),
        python=platform.python_version(),
        kernel=platform.release(),
    )


def _children(pid: int) -> list[int]:
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").iterdir():
        found += [int(child) for child in (task / "children").read_text().split()]
    return found


def family(pid: int) -> list[int]:
    """`pid` and all that descend from it."""
    try:
        return [pid, *(one for child in _children(pid) for one in family(child))]
    except FileNotFoundError:
        return []


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and its living children, to the kernel's tick (10 ms)."""
    total = 0
    for one in family(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += int(fields[11]) + int(fields[12])
    return total / _TICK


def resident_mb(pid: int) -> float:
    """Memory that a process and its children hold, in MiB."""
    pages = 0
    for one in family(pid):
        pages += int(Path(f"/proc/{one}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
