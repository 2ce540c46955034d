"""`python -m streams worker` and `python -m streams console`: one process each, set up from the environment."""

import os
import sys
from typing import TYPE_CHECKING

from running.ending import leave
from streams.errors import SettingsError
from streams.settings import Settings

if TYPE_CHECKING:
    from streams.console.sight import Mappers

__all__ = ["main"]

USAGE = "usage: python -m streams worker | console"


def main(arguments: list[str], environ: dict[str, str], *, mappers: "Mappers | None" = None) -> int:
    """Runs one process; the exit code. `mappers`: by what the console reads bodies of CRMs and mail providers."""
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

    return serve(settings, mappers=mappers)


if __name__ == "__main__":
    leave(main(sys.argv[1:], dict(os.environ)))
