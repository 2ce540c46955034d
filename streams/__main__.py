"""`python -m streams worker` and `python -m streams console`: one process each, set up from the environment."""

import os
import sys

from streams.errors import SettingsError
from streams.settings import Settings

__all__ = ["main"]

USAGE = "usage: python -m streams worker | console"


def main(arguments: list[str], environ: dict[str, str]) -> int:
    """Runs one process; the exit code."""
    if len(arguments) != 1 or arguments[0] not in {"worker", "console"}:
        print(USAGE, file=sys.stderr)
        return 64
    try:
        settings = Settings.from_env(environ)
    except SettingsError as error:
        print(f"leadstream: {error}", file=sys.stderr)
        return 78
    if arguments[0] == "worker":
        from streams.app import run

        run(settings)
    from streams.console.app import serve

    serve(settings)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], dict(os.environ)))
