"""`python -m tests.mutation ["streams.core.activity.hits.*" ...] [--sample 600 --seed 1]`: faults that no test feels.

First round: mutmut forks each fault from a process that has read the tests, with the tests that reach its function.
What lives through it gets a second round in a process of its own: rules are read when the tests are imported, and a
fork does not read them again. One line closes: faults killed, survived, out of time, without tests.
"""

import argparse
import json
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

__all__ = ["main"]

MUTANTS: Final = Path("mutants")
SMALLEST: Final = "streams.core.events.signing.*"
STATUS: Final[Mapping[int | None, str]] = {
    0: "survived", 5: "no tests", 33: "no tests", -24: "timeout", 24: "timeout", 36: "timeout", 152: "timeout",
    None: "not run",
}  # fmt: skip
LIVES: Final = ("survived", "no tests")
AGAIN: Final = ["-q", "-x", "-p", "no:randomly", "-p", "no:cacheprovider", "-m", "not slow", "--timeout", "60",
                "--ignore-glob", "*_properties.py", "tests/unit/core"]  # fmt: skip
AGAIN_S: Final = 600.0


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the faults, run those asked for, name those that live, close with the count."""
    asked = _asked(arguments)
    patterns: list[str] = asked.only or ["*"]
    if asked.sample:
        _first_round([SMALLEST], asked.children)
        among = sorted(name for name in _codes() if any(fnmatch(name, pattern) for pattern in patterns))
        patterns = random.Random(asked.seed).sample(among, min(asked.sample, len(among)))
    _first_round(patterns, asked.children)
    chosen = set(patterns)
    ended = {
        name: STATUS.get(code, "killed")
        for name, code in _codes().items()
        if name in chosen or any("*" in pattern and fnmatch(name, pattern) for pattern in patterns)
    }
    ended |= _second_round([name for name, status in ended.items() if status in LIVES], asked.children)
    _publish(ended)


def _asked(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="tests.mutation", description=__doc__)
    parser.add_argument("only", nargs="*", help="names of faults, * and ? allowed")
    parser.add_argument("--sample", type=int, default=0, help="that many of them, by chance")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--children", type=int, default=os.cpu_count() or 2)
    return parser.parse_args(arguments)


def _first_round(names: Iterable[str], children: int) -> None:
    mutmut = Path(sys.executable).with_name("mutmut")
    subprocess.run([mutmut, "run", "--max-children", str(children), *names], check=True, stdout=sys.stderr)


def _codes() -> dict[str, int | None]:
    """What mutmut noted of every fault, by name."""
    codes: dict[str, int | None] = {}
    for meta in sorted(MUTANTS.glob("streams/core/**/*.meta")):
        codes |= json.loads(meta.read_text())["exit_code_by_key"]
    return codes


def _second_round(names: Sequence[str], children: int) -> dict[str, str]:
    with ThreadPoolExecutor(children) as pool:
        return dict(zip(names, pool.map(_alone, names), strict=True))


def _alone(name: str) -> str:
    """The same fault in a process that imports everything with it."""
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", *AGAIN], cwd=MUTANTS, env=os.environ | {"MUTANT_UNDER_TEST": name},
            check=False, capture_output=True, timeout=AGAIN_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return "timeout"
    return STATUS.get(ended.returncode, "killed")


def _publish(ended: Mapping[str, str]) -> None:
    for name, status in sorted(ended.items()):
        if status != "killed":
            print(f"{status:9} {name}")
    files: dict[str, Counter[str]] = {}
    for name, status in ended.items():
        files.setdefault(name.split(".")[2], Counter())[status] += 1
    for file, counts in sorted(files.items(), key=lambda item: item[1]["killed"] / item[1].total()):
        print(f"{file:24} {_counted(counts)}")
    print(f"MUTATION {_counted(Counter(ended.values()))}")


def _counted(counts: Counter[str]) -> str:
    killed = 100 * counts["killed"] / max(counts.total(), 1)
    others = ", ".join(f"{counts[status]} {status}" for status in ("survived", "timeout", "no tests", "not run")
                       if counts[status])  # fmt: skip
    return f"{counts['killed']} of {counts.total()} killed ({killed:.1f} %)" + (f", {others}" if others else "")


if __name__ == "__main__":
    main()
