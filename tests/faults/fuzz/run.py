"""A collector under the fuzz: many senders, every answer looked at, its memory read before and after."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
from msgspec import Struct, field

from deploy.local.ports import HOST
from tests.faults.collectors import Collector
from tests.faults.fuzz.drafts import ENVIRONMENT
from tests.faults.fuzz.making import Made, made
from tests.faults.fuzz.wire import GONE, SILENT, Answer, Wire
from tests.integration.brokers import broker, given
from tests.integration.bus import Bus

__all__ = ["MEMORY_MB", "Fuzzed", "Plan", "fuzzed", "kept", "ready_collector", "sent"]

KIND: Final = given("embedded")
MEMORY_MB: Final = 64.0
KEPT: Final = Path(__file__).parents[2] / "contract/fuzzed"
CONNECTIONS: Final = 24
TOGETHER: Final = 24
FINDS: Final = 20


class Plan(Struct, frozen=True):
    """Which requests: those from `first` on, so many."""

    seed: int
    requests: int
    first: int = 0


class Fuzzed(Struct):
    """What came of it. `finds`: answers that no request may get."""

    plan: Plan
    statuses: Counter[int] = field(default_factory=Counter)
    finds: list[Answer] = []
    grown_mb: float = 0.0

    @property
    def done(self) -> int:
        return self.statuses.total()

    def note(self, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        bad = answer.status >= 500 or answer.status == SILENT or (answer.status == GONE and not answer.made.alone)
        if bad:
            self.finds.append(answer)

    def count(self, *, least: int) -> int:
        """Answers of this status and above."""
        return sum(count for status, count in self.statuses.items() if status >= least)

    def keep(self) -> None:
        """Each find becomes a file that every later run sends again."""
        for one in self.finds[:FINDS]:
            (KEPT / f"seed-{self.plan.seed}-{one.made.number}.http").write_bytes(one.made.raw)

    def summary(self) -> str:
        """What it did, in one line."""
        answers = " ".join(f"{_WORDS.get(one, one)}={count}" for one, count in sorted(self.statuses.items()))
        return f"seed={self.plan.seed} requests={self.done} grown={self.grown_mb}MB {answers}"

    def said(self) -> str:
        """One line for each find; it repeats it."""
        return "\n".join(
            f"{_WORDS.get(one.status, one.status)}: python -m tests.faults.fuzz --seed {self.plan.seed} "
            f"--first {one.made.number} --requests 1  # {one.made.raw[:100]!r}"
            for one in self.finds[:FINDS]
        )


_WORDS: Final = {GONE: "unanswered", SILENT: "silence"}


def kept() -> dict[str, Made]:
    """What was found before, by the name of its file."""
    return {path.stem: Made(0, "POST", path.read_bytes(), alone=True) for path in sorted(KEPT.glob("*.http"))}


@contextmanager
def ready_collector(place: Path) -> Iterator[Collector]:
    """A real one, on the embedded broker where nobody asks for another, with every door open."""
    with broker(KIND) as bootstrap:
        bus = Bus(bootstrap, prefix="fuzz.", app_id="fuzz")
        try:
            bus.create()
            with Collector(bus, place, dated=False, **ENVIRONMENT) as collector:
                collector.await_ready()
                yield collector
        finally:
            bus.close()


def fuzzed(collector: Collector, plan: Plan, *, told: Callable[[int], None] = lambda _: None) -> Fuzzed:
    """Send them all. `told` hears how many are answered. Raises AssertionError where the collector ended."""
    found = Fuzzed(plan)
    before = _resident_mb(collector.pid)
    asyncio.run(_all(collector, found, told))
    assert collector.code is None, f"it ended with {collector.code}:\n{collector.tail()}"
    assert httpx.get(f"http://{HOST}:{collector.port}/readyz", timeout=30).status_code == 200
    found.grown_mb = round(_resident_mb(collector.pid) - before, 1)
    return found


def sent(collector: Collector, request: Made) -> Answer:
    """One request on a connection of its own."""
    return asyncio.run(Wire(collector.port).alone(request))


async def _all(collector: Collector, found: Fuzzed, told: Callable[[int], None]) -> None:
    numbers = iter(range(found.plan.first, found.plan.first + found.plan.requests))

    async def sender() -> None:
        wire = Wire(collector.port)
        while batch := [made(found.plan.seed, number) for _, number in zip(range(TOGETHER), numbers, strict=False)]:
            try:
                answers = [*await wire.together([one for one in batch if not one.alone]),
                           *await asyncio.gather(*(wire.alone(one) for one in batch if one.alone))]  # fmt: skip
            except OSError as error:
                raise AssertionError(_ended(collector, found, batch)) from error
            for answer in answers:
                found.note(answer)
            told(found.done)
        wire.close()

    await asyncio.gather(*(sender() for _ in range(CONNECTIONS)))


def _ended(collector: Collector, found: Fuzzed, batch: list[Made]) -> str:
    return (
        f"nobody listens any more (exit code {collector.code}). About here: python -m tests.faults.fuzz --seed "
        f"{found.plan.seed} --first {max(0, batch[0].number - TOGETHER * CONNECTIONS)} "
        f"--requests {2 * TOGETHER * CONNECTIONS}\n{collector.tail()}"
    )


def _resident_mb(pid: int) -> float:
    [line] = [one for one in Path(f"/proc/{pid}/status").read_text().splitlines() if one.startswith("VmRSS:")]
    return int(line.split()[1]) / 1024
