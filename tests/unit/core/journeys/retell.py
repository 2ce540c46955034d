"""Writes the golden files of the journeys anew and prints what changed: `python -m tests.unit.core.journeys.retell`.

With `--check` it only prints.
"""

import sys
from difflib import unified_diff

from tests.unit.core.journeys.telling import NAMES, golden, told


def main(arguments: list[str]) -> int:
    """The number of journeys that came out otherwise than before."""
    changed = 0
    for name in NAMES:
        path = golden(name)
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        after = told(name)
        difference = list(
            unified_diff(before.splitlines(), after.splitlines(), f"{name} before", f"{name} now", lineterm="")
        )
        changed += bool(difference)
        print("\n".join(difference) if difference else f"{name}: as before")
        if "--check" not in arguments:
            path.write_text(after, encoding="utf-8")
    return changed


if __name__ == "__main__":
    raise SystemExit(min(main(sys.argv[1:]), 1) if "--check" in sys.argv else main(sys.argv[1:]) * 0)
