"""Tells the workers that Redis holds nothing, and watches them read the card topics into it again."""

import time
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from deploy.errors import NotRebuilt
from deploy.settings import DeploySettings
from schemas.topics import TOPICS
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.fills import Fills, filling_of

__all__ = ["rebuilt"]

LOOK_S: Final = 0.2
PATIENCE_S: Final = 30.0  # without anything that moves: a worker looks once a second


def rebuilt(settings: DeploySettings, *, console: Console, empty: bool, patience_s: float = PATIENCE_S) -> None:
    """Returns when all is back. Raises NotRebuilt where Redis is away or nobody goes on filling it."""
    redis = settings.redis
    fills = Fills.connect(redis.url.get_secret_value(), prefix=redis.key_prefix)
    begin = time.monotonic()
    parts = settings.kafka.partitions * sum("projector" in one.readers for one in TOPICS)
    try:
        fills.forget(cards=empty)
        _watch(fills, parts=parts, console=console, patience_s=patience_s)
        held = ", ".join(f"{count:,} {kind}" for kind, count in fills.held().items())
    except ReadModelAway as error:
        raise NotRebuilt(f"Redis does not answer ({error}): LEADSTREAM_REDIS__URL names another") from error
    finally:
        fills.close()
    console.print(f"Redis holds all cards again, after {time.monotonic() - begin:.1f} s: {held}.")


def _watch(fills: Fills, *, parts: int, console: Console, patience_s: float) -> None:
    """Until every part is read. One of few records may be through between two looks, so they are not summed up."""
    said = TextColumn("partitions{task.fields[under_way]}")
    columns = (BarColumn(), MofNCompleteColumn(), said, TimeElapsedColumn())
    seen, since = None, time.monotonic()
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=parts, under_way="")
        while True:
            states = fills.states()
            now = filling_of(states.values())
            under_way = f", {now.done:,} of {now.total:,} records of those under way" if now.total else ""
            progress.update(bar, completed=len(states) - now.parts, under_way=under_way)
            if len(states) >= parts and not now.parts:
                return
            if states != seen:
                seen, since = states, time.monotonic()
            if time.monotonic() - since > patience_s:
                raise NotRebuilt(f"nothing was read for {patience_s:.0f} s: start a worker (leadstream worker)")
            time.sleep(LOOK_S)
