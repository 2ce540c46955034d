"""How the ways out to sales stand: what the workers said of them in the last half minute."""

import time
from collections.abc import Iterable
from typing import Final

from msgspec import Struct
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from streams.console.desk import desk_of
from streams.core.channel_state import ChannelState, WorkerChannels

__all__ = ["ROUTES", "Standing", "standings"]


class Standing(Struct, frozen=True, kw_only=True):
    """One channel of all workers: `resting` of `workers` leave it in peace; the newest success and error of any."""

    name: str
    workers: int
    resting: int
    waiting: int
    sent_at: int | None
    error: str
    error_at: int | None

    @property
    def is_troubled(self) -> bool:
        """Its newest word is an error."""
        return self.error_at is not None and (self.sent_at is None or self.error_at >= self.sent_at)


def standings(said: Iterable[WorkerChannels]) -> list[Standing]:
    """The channels by name."""
    by_name: dict[str, list[ChannelState]] = {}
    for one in (state for worker in said for state in worker.channels):
        by_name.setdefault(one.name, []).append(one)
    return [_standing(name, by_name[name]) for name in sorted(by_name)]


def _standing(name: str, states: list[ChannelState]) -> Standing:
    failed = max(states, key=lambda one: one.error_at or 0)
    return Standing(
        name=name,
        workers=len(states),
        resting=sum(one.resting for one in states),
        waiting=sum(one.waiting for one in states),
        sent_at=max((one.sent_at for one in states if one.sent_at is not None), default=None),
        error=failed.error,
        error_at=failed.error_at,
    )


async def channels(request: Request) -> Response:
    """The page."""
    desk = desk_of(request)
    found = standings(await desk.reader.channels(time.time_ns() // 1_000_000))
    return await desk.show(request, "channels.html", channels=found)


ROUTES: Final = [Route("/channels", channels)]
