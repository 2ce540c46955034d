"""`python -m producers.simulate`: plays the story against a running collector, then keeps a gentle trickle of visits.

Needs LEADSTREAM_SIMULATE__COLLECTOR_URL, LEADSTREAM_SIMULATE__WRITE_KEY and LEADSTREAM_SIMULATE__SERVER_KEY.
"""

import argparse
import asyncio
import os
import sys
from random import Random
from typing import Final

import httpx

from producers.errors import BadSettings
from producers.settings import SimulateSettings, read
from producers.simulate.post import Collector, NotTaken
from producers.simulate.stage import Stage
from producers.simulate.story import play
from producers.simulate.trickle import trickle
from running.ending import when_asked_to_stop
from running.wall_clock import utc_ms

NOBODY_READS: Final = 1  # as all our commands end then: what prints them says so


async def perform(settings: SimulateSettings, *, seed: int, once: bool, pace: float) -> None:
    """The story, and the trickle unless `once`. Raises NotTaken."""
    random = Random(seed)  # noqa: S311 - a story, no secret
    async with httpx.AsyncClient(timeout=10) as http:
        collector = Collector(settings, http, now_ms=utc_ms)
        await collector.ready()
        stage = Stage(collector, random, now_ms=utc_ms, pace=pace)
        await play(stage)
        stage.tell("Story", f"{collector.events} events were sent")
        if not once:
            await trickle(stage)


async def until_stopped(settings: SimulateSettings, *, seed: int, once: bool, pace: float) -> None:
    """`perform`, ended quietly by SIGINT or SIGTERM. Raises NotTaken."""
    performance = asyncio.create_task(perform(settings, seed=seed, once=once, pace=pace))
    when_asked_to_stop(performance.cancel)
    try:
        await performance
    except asyncio.CancelledError:
        return


def main() -> int:
    """Exit code 0, 2 with one clear message, or 1 where nobody reads on."""
    parser = argparse.ArgumentParser(prog="python -m producers.simulate", description="Plays the built-in story.")
    parser.add_argument("--seed", type=int, default=1, help="the same seed, the same people and events")
    parser.add_argument("--once", action="store_true", help="stop after the story")
    parser.add_argument("--pace", type=float, default=1.0, help="0 = no pauses")
    asked = parser.parse_args()
    try:
        settings = read(SimulateSettings)
        asyncio.run(until_stopped(settings, seed=asked.seed, once=asked.once, pace=asked.pace))
    except (BadSettings, NotTaken) as error:
        sys.stderr.write(f"leadstream simulate: {error}\n")
        return 2
    except BrokenPipeError:  # whoever read the story has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that Python's last flush finds a reader
        return NOBODY_READS
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
