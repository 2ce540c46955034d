"""A worker tries its channels when somebody at the console asks: one after the other, beside all else."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

import structlog

from streams.channels.base import Channel
from streams.channels.trial import tried
from streams.core.rules import Rules
from streams.readmodel.errors import ReadModelAway
from streams.readmodel.trials import TrialBoard

__all__ = ["try_when_asked"]

LOOK_S: Final = 1.0
log = structlog.get_logger()


async def try_when_asked(
    board: TrialBoard, channels: Mapping[str, Channel], rules: Rules, *, worker: str, now: Callable[[], int]
) -> None:
    """For ever. `now` in UTC milliseconds. What cannot be told because Redis is away is told nobody."""
    while True:
        try:
            trial = await asyncio.to_thread(board.take, now=now())
            if trial is not None:
                result = await tried(channels, rules, trial, worker=worker, now_ms=now())
                log.info("channel_tried", channel=trial.channel, outcome=result.kind)
                await asyncio.to_thread(board.tell, result)
                continue
        except ReadModelAway as error:
            log.debug("trials_not_seen", error=str(error))
        await asyncio.sleep(LOOK_S)
