"""What the pure core spends on each event, hop by hop: `core_event_us` and its parts, at 10 and 60 events a block.

The four hops run in memory on the blocks of the worker's bench: touches are fed to leads, signals to accounts, posts to
recipients, and every message, row and card is encoded and decoded as on the way through the broker. No broker, no
engine: CPU time of this process.
"""

import gc
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from statistics import mean
from typing import Any, Final

from msgspec import Struct, field

from schemas.activity import Version
from schemas.codec import POSTS, SIGNALS, TOUCHES, BlockCodec, encode, encode_block
from streams.core import signals
from streams.core.effects import NOTHING, Effects
from streams.core.events.visits import decode_visits
from streams.core.lead import fold as lead
from streams.core.recipient import fold as recipient
from streams.core.rows import ROWS
from streams.core.visitor import fold as visitor
from tests.bench.bodies import Mix, blocks
from tests.bench.harness import Figure, figure
from tests.unit.core.made import RULES

__all__ = ["Hops", "hops"]

EVENTS: Final = 24_000
WARM: Final = 6_000  # events that are not counted: rows and look-ups are there then
AT: Final = 1_795_262_400_000
MIX: Final = Mix()
GATHERED: Final = 60  # events after which the outbox is emptied: what one worker takes in within some milliseconds
NEXT: Final[Mapping[str, tuple[str, BlockCodec[Any]]]] = {
    "leads": ("touches", TOUCHES), "accounts": ("signals", SIGNALS), "recipients": ("posts", POSTS),
}  # fmt: skip
DECIDED: Final = ("leads", "accounts", "transitions", "alerts")


class Hops(Struct):
    """Four tables in memory, what waits for each inbox, and the nanoseconds that each step took."""

    rows: dict[str, dict[str, Any]] = field(default_factory=lambda: {name: {} for name in ROWS})
    waiting: dict[str, list[bytes]] = field(default_factory=lambda: {"touches": [], "signals": [], "posts": []})
    took: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    bytes_of: dict[str, list[int]] = field(default_factory=lambda: {name: [] for name in ROWS})
    offset: int = 0

    def read(self, raw: bytes) -> int:
        """One block of visits through the first hop; the number of its events."""
        since = time.process_time_ns()
        found = decode_visits(raw, RULES).facts
        self.took["decode"] += time.process_time_ns() - since
        self._fold("visitors", found, partial(visitor.fold, rules=RULES))
        return len(found)

    def pass_on(self) -> None:
        """What waits goes through the hops behind, until nothing is left."""
        folds: dict[str, Callable[..., Any]] = {
            "leads": partial(lead.fold, rules=RULES),
            "accounts": partial(signals.fold_signals, rules=RULES),
            "recipients": partial(recipient.fold, rules=RULES, channels=frozenset()),
        }
        while any(self.waiting.values()):
            for table, (topic, codec) in NEXT.items():
                waiting, self.waiting[topic] = self.waiting[topic], []
                if not waiting:
                    continue
                since = time.process_time_ns()
                heard, bad = codec.decode(encode_block(waiting))
                self.took[f"{table}_decode"] += time.process_time_ns() - since
                assert not bad
                self._fold(table, heard, folds[table])

    def _fold(self, table: str, heard: Iterable[Any], fold: Callable[..., Any]) -> None:
        by_key: dict[str, list[Any]] = {}
        for one in heard:
            by_key.setdefault(one.to, []).append(one)
        self.offset += 1
        rows, version, clock = self.rows[table], Version(0, self.offset), time.process_time_ns
        times = [clock()]
        found = [(key, rows.get(key), fold(key, rows.get(key), own, version=version)) for key, own in by_key.items()]
        times.append(clock())
        sizes = [len(ROWS[table].encode(after)) for _, before, (after, _) in found if after is not before]
        times.append(clock())
        for _, _, (_, effects) in found:
            if effects is not NOTHING:
                self._say(effects)
        times.append(clock())
        for step, since, until in zip(("", "_row", "_said"), times, times[1:], strict=False):
            self.took[table + step] += until - since
        rows.update((key, after) for key, _, (after, _) in found)
        self.bytes_of[table] += sizes
        self.messages[table] += len(by_key)

    def _say(self, effects: Effects) -> None:
        for topic, waiting in self.waiting.items():
            waiting.extend(encode(one) for one in getattr(effects, topic))
        for kind in DECIDED:
            for one in getattr(effects, kind):
                encode(one)


def hops(rounds: int) -> list[Figure]:
    """`core_event_us_10`, `core_event_us_60`, the parts of each, and the mean bytes of a row."""
    _run(60, seed=99)
    figures: list[Figure] = []
    for per_block in (10, 60):
        seen = [_run(per_block, seed=number) for number in range(max(rounds, 3))]
        note = {"events_per_block": per_block, "events_per_visit": MIX.events_per_visit,
                "identified_percent": MIX.identified_percent}  # fmt: skip
        total = [sum(one.took.values()) / EVENTS / 1e3 for one in seen]
        figures.append(figure(f"core_event_us_{per_block}", total, unit="us/event", budget="<= 22", note=note))
        figures += [_part(f"{name}_us_{per_block}", seen, steps, note) for name, steps in _PARTS.items()]
        figures += _per_fold(seen, per_block)
    figures += [
        figure(f"{table}_row_mean_bytes", [mean(one.bytes_of[table]) for one in seen], unit="B")
        for table in ("visitors", "leads", "accounts")
    ]
    return figures


_PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "decode": ("decode",),
    "visitor_fold": ("visitors", "visitors_row", "visitors_said"),
    "lead_fold": ("leads_decode", "leads", "leads_row", "leads_said"),
    "account_fold": ("accounts_decode", "accounts", "accounts_row", "accounts_said"),
    "encode": tuple(f"{table}_{what}" for table in ("visitors", "leads", "accounts") for what in ("row", "said")),
}


def _part(name: str, seen: Sequence[Hops], steps: tuple[str, ...], note: Mapping[str, str | int | float]) -> Figure:
    """One hop, per event of the mix. `encode` is in the hops too: rows, cards and messages of all of them."""
    return figure(name, [sum(one.took[step] for step in steps) / EVENTS / 1e3 for one in seen], unit="us/event",
                  note=note)  # fmt: skip


def _per_fold(seen: Sequence[Hops], per_block: int) -> list[Figure]:
    """Each hop's fold with all that belongs to it, per call: a visitor, a lead, an account in one block."""
    return [
        figure(
            f"{table}_call_us_{per_block}",
            [sum(one.took[step] for step in _PARTS[part]) / max(one.messages[table], 1) / 1e3 for one in seen],
            unit="us/fold",
        )
        for table, part in (("visitors", "visitor_fold"), ("leads", "lead_fold"), ("accounts", "account_fold"))
    ]


def _run(per_block: int, *, seed: int) -> Hops:
    """The mix through all hops: rows are there, look-ups are warm. Garbage is left alone: rows hold no cycles."""
    gc.collect()
    gc.disable()
    try:
        return _measured(per_block, seed=seed)
    finally:
        gc.enable()


def _measured(per_block: int, *, seed: int) -> Hops:
    made = blocks(WARM + EVENTS, per_block=per_block, partitions=4, mix=MIX, at=AT, seed=seed + 1)
    run, done, held, warm = Hops(), 0, 0, False
    for _, raw in made:
        count = run.read(raw)
        done, held = done + count, held + count
        if held >= GATHERED:
            run.pass_on()
            held = 0
        if not warm and done >= WARM:
            warm = True
            run.took.clear()
            run.messages.clear()
            for sizes in run.bytes_of.values():
                sizes.clear()
    run.pass_on()
    return run
