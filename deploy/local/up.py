"""`leadstream up`: everything on this machine, ready in seconds, gone at Ctrl-C."""

import asyncio
import fcntl
import os
import signal
from asyncio import FIRST_COMPLETED
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from rich.console import Console

from deploy.errors import AlreadyUp, BadHome, DeployError, NotReady
from deploy.local import children, topics
from deploy.local.announce import announce, forget, tell
from deploy.local.apache_kafka import nodes_in, prepare
from deploy.local.child import Child
from deploy.local.parent import parent_left
from deploy.local.plan import Plan, Ports, Stack
from deploy.local.ports import HOST, free_ports
from deploy.local.progress import Progress
from deploy.local.supervisor import Supervisor
from deploy.local.vault import kept_secrets

__all__ = ["run"]

GRACE_S: Final = 30.0
PARENT_LOOK_S: Final = 0.25


class _Session:
    """One run: what was started so far, and who wants it to end."""

    def __init__(self, plan: Plan, *, console: Console, link: Callable[[Stack], str]) -> None:
        self._plan = plan
        self._console = console
        self._link = link
        self._progress = Progress(console)
        self._stop = asyncio.Event()
        self._hurry = asyncio.Event()
        self._told: Callable[[], None] = lambda: None
        self._supervisor = Supervisor(
            plan.home / "logs", audience=self._progress, changed=self._pids_changed, everything=plan.everything
        )

    async def run(self) -> int:
        """0 after a wished end, 1 when something failed."""
        self._listen()
        async with self._supervisor:
            with self._progress:
                failure = await self._until_stopped()
            forget(self._plan.home)
            self._told = lambda: None
            if failure is not None:
                self._explain(failure)
            self._console.print("Stopping ...", style="dim")
            await self._supervisor.stop(grace_s=GRACE_S, hurry=self._hurry)
        self._console.print("Everything has stopped.", style="dim")
        return 1 if failure else 0

    async def _until_stopped(self) -> DeployError | None:
        """Start everything and wait for the end: wished (None), or what went wrong."""
        wished = asyncio.create_task(self._stop.wait())
        starting = asyncio.create_task(self._start())
        try:
            await asyncio.wait((wished, starting, self._supervisor.lost), return_when=FIRST_COMPLETED)
            if starting.done() and starting.exception() is None:
                await asyncio.wait((wished, self._supervisor.lost), return_when=FIRST_COMPLETED)
            if wished.done():
                return None
            return self._supervisor.lost.result() if self._supervisor.lost.done() else _ours(starting)
        finally:
            for task in (wished, starting):
                task.cancel()
            await asyncio.gather(starting, return_exceptions=True)

    async def _start(self) -> None:
        kafka, brokers = await self._brokers()
        stack = self._stack(kafka)
        await self._supervisor.start([*brokers, children.store(stack)])
        await self._waiting("topics", "making the topics", self._topics(stack))
        await self._supervisor.start(children.processes(stack))
        link = self._link(stack)
        self._told = lambda: tell(stack, link=link, pids=self._supervisor.pids)
        self._told()
        self._progress.settle()
        announce(self._console, stack, link=link)
        if self._plan.story:
            await self._supervisor.start([children.story(stack)])

    async def _brokers(self) -> tuple[str, list[Child]]:
        if self._plan.broker == "embedded":
            (port,) = free_ports(1)
            return f"{HOST}:{port}", [children.embedded(port)]
        nodes = nodes_in(self._plan.home / "kafka")
        says = "Apache Kafka: Maven brings its jars (43 MB, once), then its directory is formatted"
        await self._waiting("kafka", says, asyncio.to_thread(prepare, nodes))
        return ",".join(f"{HOST}:{node.port}" for node in nodes), children.apache(nodes)

    async def _topics(self, stack: Stack) -> None:
        await asyncio.to_thread(topics.await_broker, stack.kafka)
        await asyncio.to_thread(topics.apply, stack.kafka, topics.wanted(self._plan.partitions))

    def _stack(self, kafka: str) -> Stack:
        collector, console, demo, redis, *workers = free_ports(4 + self._plan.workers)
        ports = Ports(collector=collector, console=console, demo=demo, redis=redis, workers=tuple(workers))
        return Stack(plan=self._plan, secrets=kept_secrets(self._plan.home), ports=ports, kafka=kafka)

    async def _waiting(self, name: str, says: str, work: Awaitable[None]) -> None:
        self._progress.step(name, says)
        try:
            await work
        finally:
            self._progress.stepped(name)

    def _pids_changed(self) -> None:
        self._told()

    def _explain(self, failure: DeployError) -> None:
        if isinstance(failure, NotReady):
            self._progress.failed(failure, logs=str(self._plan.home / "logs"))
        else:
            self._console.print(f"✗ {failure}", style="bold red", markup=False, soft_wrap=True)

    def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._asked_to_stop)
        if self._plan.with_parent:
            self._watch_parent(loop, os.getppid())

    def _asked_to_stop(self) -> None:
        """Once: in order, with a grace. Twice: now."""
        if self._stop.is_set():
            self._hurry.set()
        self._stop.set()

    def _watch_parent(self, loop: asyncio.AbstractEventLoop, parent: int) -> None:
        if parent_left(parent):
            self._stop.set()
        else:
            loop.call_later(PARENT_LOOK_S, self._watch_parent, loop, parent)


def run(plan: Plan, *, console: Console, link: Callable[[Stack], str]) -> int:
    """Up until somebody stops it; the exit code. `link` makes the console's one-time link.

    Raises AlreadyUp, BadHome.
    """
    with _home(plan.home):
        forget(plan.home)
        return asyncio.run(_session(plan, console=console, link=link))


async def _session(plan: Plan, *, console: Console, link: Callable[[Stack], str]) -> int:
    return await _Session(plan, console=console, link=link).run()


def _ours(starting: asyncio.Task[None]) -> DeployError:
    """Why starting failed. Anything that is no DeployError is a defect and is raised as it is."""
    error = starting.exception()
    if isinstance(error, DeployError):
        return error
    if error is not None:
        raise error
    raise AssertionError("starting ended well")


@contextmanager
def _home(home: Path) -> Iterator[None]:
    """The home, made and held by this process alone."""
    try:
        home.mkdir(parents=True, exist_ok=True)
        lock = (home / "up.lock").open("w")
    except OSError as error:
        raise BadHome(f"{home} cannot be used: {error.strerror}; choose another with --home") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyUp(f"Leadstream is up already in {home} (see {home}/up.json); use another --home") from error
        yield
