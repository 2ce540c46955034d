"""A real worker that lives in the time of a story: its clock shows what a file says, and its rules come from a folder.

`python -m tests.integration.story_worker CLOCK` with the usual `LEADSTREAM_*` environment. All else is the product's.
"""

import asyncio
import os
import sys
from pathlib import Path

import uvloop

from schemas.ids import Naming
from streams import logs
from streams.app import build
from streams.rules_files import read_rules
from streams.settings import Settings


def main(clock: Path) -> None:
    """Runs until a signal."""
    settings = Settings.from_env(dict(os.environ))
    logs.configure("info")
    naming = Naming(settings.secret.get_secret_value().encode())
    rules = read_rules(settings.rules_dir, naming, identity=settings.identity)
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    build(settings, rules, now=lambda: int(clock.read_text("utf-8"))).worker(loop).execute_from_commandline()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
