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
        records = _watched(fills, parts=parts, console=console, patience_s=patience_s)
    except ReadModelAway as error:
        raise NotRebuilt(f"Redis does not answer ({error}): LEADSTREAM_REDIS__URL names another") from error
    finally:
        fills.close()
    console.print(f"Redis holds all cards again: {records:,} records read in {time.monotonic() - begin:.1f} s.")


def _watched(fills: Fills, *, parts: int, console: Console, patience_s: float) -> int:
    """How many records were read."""
    said = TextColumn("partitions, {task.fields[records]:,} records")
    columns = (BarColumn(), MofNCompleteColumn(), said, TimeElapsedColumn())
    totals: dict[str, int] = {}
    seen, since = None, time.monotonic()
    with Progress(*columns, console=console) as progress:
        bar = progress.add_task("", total=parts, records=0)
        while True:
            states = fills.states()
            totals |= {part: filling_of([state]).total for part, state in states.items() if filling_of([state]).parts}
            now = filling_of(states.values())
            progress.update(bar, completed=len(states) - now.parts, records=sum(totals.values()))
            if len(states) >= parts and not now.parts:
                return sum(totals.values())
            if states != seen:
                seen, since = states, time.monotonic()
            if time.monotonic() - since > patience_s:
                raise NotRebuilt(f"nothing was read for {patience_s:.0f} s: start a worker (leadstream worker)")
            time.sleep(LOOK_S)
