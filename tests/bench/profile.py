"""`python -m tests.bench.profile [--events 240000]`: where the worker's CPU time goes, as a picture.

Samples the worker under load with py-spy (`pip install py-spy`; not in the lock, for it looks into processes), counts
each sample that holds the interpreter's lock to the first of `PARTS` that its stack passes, and draws
`docs/explanation/worker-cpu.svg`. Figures are CPU microseconds an event: the share of samples of the CPU time that the
kernel counted.
"""

import argparse
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct

from deploy.local.ports import free_ports
from tests.bench.bodies import blocks
from tests.bench.machine import cpu_seconds
from tests.bench.served import LOAD_CORE, SERVER_CORE, started
from tests.bench.worker import AT, MIX, OUR_EVENTS
from tests.integration.brokers import broker
from tests.integration.bus import Bus, wait_until
from tests.integration.workers import environment

__all__ = ["PARTS", "Part", "drawn", "shares"]

RATE: Final = 200  # samples a second
ROOM: Final = 24  # pixels that a figure needs
PICTURES: Final = Path(__file__).parents[2] / "docs" / "explanation"


class Part(Struct, frozen=True):
    """One bar. A sample is its own when a frame of its stack holds one of `marks`; the first part wins."""

    name: str
    colour: str
    marks: tuple[str, ...]


PARTS: Final = (
    Part("decode and route", "#2b6cb0", ("decode_visits", "BlockCodec.decode")),
    Part("rows: encode, keep", "#2f855a", ("Book.put", "Book._get", "Book.get")),
    Part("fold and score", "#4299e1", ("streams/core/",)),
    Part("effects: gather", "#68d391", ("engine/sending/outbox.py",)),
    Part("batches: fill, hand over", "#38a169", ("engine/sending/pump.py", "engine/sending/sends.py", "Book.flush")),
    Part("shell and inboxes", "#9ae6b4", ("engine/shell.py", "engine/reading/intake.py", "streams/agents/")),
    Part("fetch to inbox", "#d69e2e", ("/drain.py", "faust/transport/", "mode/threads.py", "aiokafka/consumer/")),
    Part("produce requests", "#dd6b20", ("aiokafka/producer/", "aiokafka/client.py", "aiokafka/conn.py")),
)
REST: Final = Part("event loop, sockets, the rest", "#a0aec0", ())


def shares(stacks: Sequence[str]) -> Mapping[str, float]:
    """Share of samples by the name of their part, from py-spy's raw lines: frames by `;`, a blank, a count."""
    seen: Counter[str] = Counter()
    for line in stacks:
        stack, _, count = line.rpartition(" ")
        if not count.isdigit():
            continue  # read while the stack moved: names of freed frames may hold anything
        part = next((one for one in PARTS if any(mark in stack for mark in one.marks)), REST)
        seen[part.name] += int(count)
    total = sum(seen.values()) or 1
    return {one.name: seen[one.name] / total for one in (*PARTS, REST)}


def drawn(bars: Sequence[tuple[str, Mapping[str, float]]]) -> str:
    """The picture: one bar for each (title, microseconds by part), all on one scale."""
    most = max(sum(parts.values()) for _, parts in bars)
    wide, high, top = 760, 44, 30
    body: list[str] = []
    for row, (title, parts) in enumerate(bars):
        y, x = top + row * 90, 20.0
        body.append(f'<text x="20" y="{y - 8}">{title}: {sum(parts.values()):.0f} us an event</text>')
        for part in (*PARTS, REST):
            us = parts[part.name]
            width = us / most * wide
            body.append(f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{high}" fill="{part.colour}"/>')
            if width > ROOM:
                body.append(f'<text x="{x + width / 2:.1f}" y="{y + 27}" text-anchor="middle">{us:.1f}</text>')
            x += width
    legend = top + len(bars) * 90
    for place, part in enumerate((*PARTS, REST)):
        x, y = 20 + place % 3 * 260, legend + place // 3 * 22
        body.append(f'<rect x="{x}" y="{y - 11}" width="14" height="14" fill="{part.colour}"/>')
        body.append(f'<text x="{x + 20}" y="{y}">{part.name}</text>')
    size = f'width="800" height="{legend + 70}"'
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="13" fill="#1a202c">',
        '<rect width="100%" height="100%" fill="#ffffff"/>', *body, "</svg>", "",
    ])  # fmt: skip


def measured(bus: Bus, place: Path, *, events: int, per_block: int) -> Mapping[str, float]:
    """CPU microseconds an event by part, of one run."""
    own = Bus(bus.bootstrap, prefix=f"{bus.prefix}{per_block}.", app_id=f"{bus.app_id}-{per_block}")
    try:
        own.create()
        made = blocks(events, per_block=per_block, partitions=own.partitions, mix=MIX, at=AT)
        (port,), raw = free_ports(1), place / f"{per_block}.raw"
        env = environment(own, port=port, datadir=place / own.app_id, redis_url="")
        with started("streams", "worker", env=env, core=SERVER_CORE, port=port, path="/readyz",
                     log=place / f"{own.app_id}.log", within_s=60) as child:  # fmt: skip
            spy = subprocess.Popen(
                ["py-spy", "record", "--pid", str(child.pid), "--format", "raw", "--output", str(raw), "--rate",
                 str(RATE), "--duration", "600", "--nonblocking", "--gil"],
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )  # fmt: skip
            try:
                time.sleep(1)  # py-spy does not say when it has begun
                cpu = cpu_seconds(child.pid)
                own.write("visits", made)
                wait_until(own.settled, within_s=240, what="settled", every_s=0.05)
                us = (cpu_seconds(child.pid) - cpu) / events * 1e6
            finally:
                spy.send_signal(signal.SIGINT)
                spy.wait(30)
        return {name: share * us for name, share in shares(raw.read_text().splitlines()).items()}
    finally:
        own.close()


def main() -> None:
    """Measure both block sizes and draw them."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.profile")
    parser.add_argument("--events", type=int, default=OUR_EVENTS)
    parser.add_argument("--broker", choices=["apache", "embedded"], default="apache")
    args = parser.parse_args()
    os.sched_setaffinity(0, {LOAD_CORE})
    place = Path(tempfile.mkdtemp(prefix="leadstream-profile-"))
    try:
        with broker(args.broker) as bootstrap:
            bus = Bus(bootstrap, prefix="profile.", app_id="profile")
            bars = [
                (f"{size} events a block", measured(bus, place, events=args.events, per_block=size))
                for size in (10, 60)
            ]
            bus.close()
    finally:
        shutil.rmtree(place, ignore_errors=True)
    PICTURES.mkdir(parents=True, exist_ok=True)
    (PICTURES / "worker-cpu.svg").write_text(drawn(bars), encoding="utf-8")
    for title, parts in bars:
        print(title, *(f"{name} {us:.1f}" for name, us in parts.items()), sep=" | ")


if __name__ == "__main__":
    main()
