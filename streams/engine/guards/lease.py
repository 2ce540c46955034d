"""Until when nobody else can have our partitions: no record leaves for a broker after that.

A group forgets a member whose heartbeats do not arrive for the session timeout, and one that does not rejoin within the
rebalance timeout. A worker that was cut off from Kafka sleeps as little as its partitions' new owner, so its own pulse
says nothing: only an answer of the group does. An answer to a heartbeat that was *sent* at `t` says that the session
lasts at least until `t` plus the time-out; while a rebalance goes on, heartbeats are answered too, but the group waits
for us no longer than the rebalance timeout after the last answer without one.

Without an answer records wait: Kafka may be away for everybody, and then the group counts us among its members when it
is back. If it does not, whatever waits was decided by an owner that is none any more: the process ends.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final, Literal, Protocol

from aiokafka.errors import IllegalGenerationError, RebalanceInProgressError, UnknownMemberIdError
from aiokafka.protocol.produce import ProduceRequest

from streams.engine.guards.exits import Die, die

__all__ = ["Answer", "Guard", "Lease", "Send", "answered", "guarded", "heard"]

LOOK_S: Final = 0.05
NOT_ASKED: Final = float("inf")

Answer = Literal["member", "rebalancing", "stranger", "nothing"]
Send = Callable[..., Awaitable[Any]]

_THROWN_OUT: Final = {UnknownMemberIdError.errno, IllegalGenerationError.errno}


class Lease:
    """Times in seconds of `clock`, which counts sleep too. Heard on the consumer's thread, asked on the producer's."""

    def __init__(self, *, session_s: float, rebalance_s: float, clock: Callable[[], float], die: Die = die) -> None:
        self._session_s = session_s
        self._rebalance_s = rebalance_s
        self._clock = clock
        self._die = die
        self._settled_at = 0.0  # when the last question was sent that found us a member, and no rebalance
        self._until = NOT_ASKED  # before it joins a worker owns nothing, and has nothing to send
        self._stranger = False

    def hear(self, answer: Answer, asked_at: float) -> None:
        """What the group said to a question that was sent at `asked_at`."""
        if answer == "member":
            self._settled_at = asked_at
            self._until = asked_at + self._session_s
            self._stranger = False
        elif answer == "rebalancing":
            self._until = min(asked_at + self._session_s, self._settled_at + self._rebalance_s)
        elif answer == "stranger":
            self._until = 0.0
            self._stranger = True

    @property
    def left_s(self) -> float:
        """Seconds that it lasts, below zero when it ran out."""
        return self._until - self._clock()

    async def held(self) -> None:
        """Returns while it lasts, and waits while nobody answers. Ends the process where the group threw us out."""
        while self.left_s <= 0:
            if self._stranger:
                self._die("the group gave our partitions away before our records were out")
            await asyncio.sleep(LOOK_S)


class Guard(Protocol):
    """What stands before the producer's requests."""

    async def __call__(self, *, records: bool) -> None:
        """Returns when the request may leave; `records`: it brings some. Else it ends the process."""


def guarded(client: Any, guard: Guard) -> Send:
    """A client's `send` with a guard directly before it: connecting takes time, and its word is good for now only."""
    send = client.send

    async def asking(node_id: Any, request: Any, **options: Any) -> Any:
        await client.ready(node_id, **options)
        await guard(records=isinstance(request, ProduceRequest))
        return await send(node_id, request, **options)

    return asking


def answered(response: Any) -> Answer:
    """What an answer to a heartbeat or a sync says of this member."""
    if response.error_code == 0:
        return "member"
    if response.error_code == RebalanceInProgressError.errno:
        return "rebalancing"
    return "stranger" if response.error_code in _THROWN_OUT else "nothing"


def heard(send: Send, lease: Lease, clock: Callable[[], float]) -> Send:
    """A client's `send` that lets the lease hear what the group answers."""

    async def listening(node_id: Any, request: Any, **options: Any) -> Any:
        asked_at = clock()
        response = await send(node_id, request, **options)
        if type(request).__name__.startswith(("Heartbeat", "SyncGroup")):
            lease.hear(answered(response), asked_at)
        return response

    return listening
