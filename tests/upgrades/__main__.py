"""`python -m tests.upgrades record`: the fixtures of the release that this code is. Once, before it is released."""

import sys
import tomllib
from pathlib import Path

from tests.upgrades.going_on import lived
from tests.upgrades.release import write

ROOT = Path(__file__).parents[2]


def main(argv: list[str]) -> int:
    """0: recorded."""
    if argv != ["record"]:
        print(__doc__)
        return 2
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    place = write(lived(version))
    print(f"{place}: {sum(path.stat().st_size for path in place.iterdir()):,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
