"""Starts children phase by phase, starts them again when they end, stops them in the opposite order.

Nothing here knows what the children do: an environment, a health address and a log are all.
"""

import asyncio
import os
from asyncio import FIRST_COMPLETED
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol, Self

import httpx

from deploy.errors import ChildLost, DeployError, NotReady
from deploy.local.child import Child
from deploy.local.guarded import Guarded
from deploy.local.health import not_ready_because
from deploy.local.logs import is_loud, readable
from deploy.local.running import Running, State

__all__ = ["Audience", "Supervisor"]

READY_S: Final = 180.0  # processes compute for seconds as they start, all at the same time: a busy machine took 60
LOOK_S: Final = 0.05
FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 30.0
STEADY_S: Final = 60.0
TAIL: Final = 15
TOLD_S: Final = 60.0  # so often is said of one that waits why it does
FOR_A_PERSON: Final = os.EX_CONFIG  # 78: starting again cannot help (docs/how-to/exit-78.md)


class Audience(Protocol):
    """Who is told (progress.py on a terminal)."""

    def changed(self, running: Running, *, note: str = "") -> None:
        """A child's state changed, or there is something to say about it."""

    def line(self, name: str, text: str) -> None:
        """One line that a child printed and somebody should see."""


class Supervisor:
    """`changed` is called whenever a process id changed. `everything`: show each line that a child prints."""

    def __init__(
        self, logs: Path, *, audience: Audience, changed: Callable[[], None], everything: bool = False
    ) -> None:
        self._logs = logs
        self._audience = audience
        self._changed = changed
        self._everything = everything
        self._phases: list[list[Running]] = []
        self._lives: list[asyncio.Task[None]] = []
        self._stopping = False
        self.lost: asyncio.Future[DeployError] = asyncio.get_running_loop().create_future()
        self._guard = Guarded()

    async def __aenter__(self) -> Self:
        self._logs.mkdir(parents=True, exist_ok=True)
        self._guard.__enter__()
        self._http = httpx.AsyncClient(trust_env=False)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._http.aclose()
        self._guard.__exit__(None, None, None)

    @property
    def pids(self) -> dict[str, int]:
        """Process ids of what lives now, by child."""
        return {one.child.name: one.pid for phase in self._phases for one in phase if one.pid is not None}

    async def start(self, children: Sequence[Child]) -> None:
        """Start these side by side; back when all are ready (or, for those that have an end, started).

        Raises NotReady for the first that ends or is not ready within three minutes.
        """
        phase = [self._running(child) for child in children]
        self._phases.append(phase)
        await asyncio.gather(*(self._begin(one) for one in phase))
        looks = [asyncio.create_task(self._until_ready(one)) for one in phase]
        try:
            await asyncio.gather(*looks)
        finally:
            for look in looks:
                look.cancel()
        self._lives += [asyncio.create_task(self._live(one)) for one in phase]

    async def stop(self, *, grace_s: float, hurry: asyncio.Event) -> None:
        """SIGTERM, last phase first; SIGKILL to what is left after `grace_s` seconds, or once `hurry` is set."""
        self._stopping = True
        for life in self._lives:
            life.cancel()
        await asyncio.gather(*self._lives, return_exceptions=True)
        until = asyncio.get_running_loop().time() + grace_s
        for phase in reversed(self._phases):
            ends = [asyncio.create_task(self._end(one)) for one in phase if one.pid is not None]
            if ends:
                left_s = max(0.0, until - asyncio.get_running_loop().time())
                await self._wait_for(ends, left_s=left_s, hurry=hurry)
            for one in phase:
                one.sweep()
            await asyncio.gather(*ends)
            for one in phase:
                one.log.close()

    def _running(self, child: Child) -> Running:
        """Before a child is ready, what it says is told only if it fails; what it says at its end is in its file."""

        def tell(line: str) -> None:
            heard = not child.quiet and one.settled and not self._stopping and is_loud(line)
            if heard or self._everything:
                self._audience.line(child.name, line)

        one = Running(child, logs=self._logs, tell=tell, guard=self._guard)
        return one

    async def _begin(self, one: Running) -> None:
        try:
            await one.begin()
        except OSError as error:
            raise NotReady(one.child.name, f"cannot be started: {error}", ()) from error
        self._state(one, State.STARTING)
        self._changed()

    async def _until_ready(self, one: Running) -> None:
        why = await self._missing(one, deadline_s=READY_S)
        if why is not None:
            self._state(one, State.FAILED)
            raise NotReady(one.child.name, why, list(one.log.tail)[-TAIL:])
        self._state(one, State.READY)

    async def _missing(self, one: Running, *, deadline_s: float) -> str | None:
        """None once it is ready (or came to a good end), else why it will not be."""
        end = asyncio.create_task(one.ended())
        look = asyncio.create_task(self._look(one, deadline_s=deadline_s))
        try:
            await asyncio.wait((end, look), return_when=FIRST_COMPLETED)
            if not end.done():
                return look.result()
            good = one.child.when_it_ends == "done" and end.result() == 0
            return None if good else f"ended with code {end.result()}"
        finally:
            look.cancel()
            end.cancel()

    async def _look(self, one: Running, *, deadline_s: float) -> str | None:
        """Ask until it is ready; after the deadline, what the last answer was."""
        until = asyncio.get_running_loop().time() + deadline_s
        while why := await not_ready_because(one.child.ready, self._http):
            if asyncio.get_running_loop().time() > until:
                return f"is not ready after {deadline_s:.0f} s ({why})"
            await asyncio.sleep(LOOK_S)
        return None

    async def _live(self, one: Running) -> None:
        """Its further lives."""
        wait_s = FIRST_WAIT_S
        while True:
            code = await one.ended()
            if self._ended_for_good(one, code):
                return
            steady = asyncio.get_running_loop().time() - one.since > STEADY_S
            wait_s = FIRST_WAIT_S if steady else min(wait_s * 2, LONGEST_WAIT_S)
            why = "" if steady else f". {self._last_words(one)}"
            self._state(one, State.AGAIN, note=f"ended with code {code}; again in {wait_s:g} s{why}")
            await asyncio.sleep(wait_s)
            try:
                await self._begin(one)
            except NotReady as error:
                self._state(one, State.AGAIN, note=str(error))
                continue
            await self._ready_again(one)

    async def _ready_again(self, one: Running) -> None:
        """Says each minute why it is not; back when it is, or has ended."""
        while (why := await self._missing(one, deadline_s=TOLD_S)) is not None:
            if one.pid is None:
                return
            self._state(one, State.STARTING, note=f"{why}. {self._last_words(one)}")
        self._state(one, State.READY, note="ready again")

    def _last_words(self, one: Running) -> str:
        said = f"It said last: {readable(one.log.tail[-1])}" if one.log.tail else "It said nothing"
        return f"{said}. All of it: {one.log.path}"

    def _ended_for_good(self, one: Running, code: int) -> bool:
        match one.child.when_it_ends:
            case "restart" if code == FOR_A_PERSON:
                note = f"ended with code {code}: a person must look; all else goes on without it until the next start"
                self._state(one, State.FAILED, note=f"{note}. {self._last_words(one)}")
            case "restart":
                return False
            case "done":
                state, note = (State.FAILED, f"ended with code {code}") if code else (State.DONE, "")
                self._state(one, state, note=note)
            case "lose":
                self._state(one, State.FAILED)
                if not self.lost.done():
                    self.lost.set_result(ChildLost(f"{one.child.name} ended with code {code}; what it held is gone"))
        self._changed()
        return True

    async def _end(self, one: Running) -> None:
        one.ask_to_end()
        await one.ended()
        self._state(one, State.STOPPED)

    async def _wait_for(self, ends: list[asyncio.Task[None]], *, left_s: float, hurry: asyncio.Event) -> None:
        hurried = asyncio.create_task(hurry.wait())
        everybody = asyncio.create_task(asyncio.wait(ends))
        await asyncio.wait((everybody, hurried), timeout=left_s, return_when=FIRST_COMPLETED)
        hurried.cancel()

    def _state(self, one: Running, state: State, *, note: str = "") -> None:
        one.state = state
        one.settled = one.settled or state is State.READY
        self._audience.changed(one, note=note)
