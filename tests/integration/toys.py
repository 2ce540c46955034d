"""A worker with a toy row, to prove the engine alone: `python -m tests.integration.toys`.

The row of a key remembers the ids that it was sent (`kind="hit"`), says each id as a transition (a decision), passes
`kind="forward"` on as a touch to the key in `reason`, asks to be woken by `kind="wake"`, and raises on `kind="bomb"`.
"""

import asyncio
import os
import sys
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import uvloop
from msgspec import Struct

from schemas.activity import Version
from schemas.cards import Transition
from schemas.codec import TOUCHES
from schemas.touches import Disposition, Tick, Touch
from streams import logs
from streams.core.effects import NOTHING, Effects, Folded
from streams.core.rows import RowCodec, rules_mark
from streams.engine.engine import Engine
from streams.engine.reading.intake import Inbox
from streams.engine.shell import block_decoder
from streams.engine.steady import SteadyTime
from streams.settings import Settings
from tests.integration.detour import detour

__all__ = ["CODEC", "Pile", "fold"]


class Pile(Struct, frozen=True, array_like=True):
    """What one key was sent: ids with the version of the message that brought each."""

    version: Version
    as_of: int
    wake_at: int | None = None
    seen: dict[str, Version] = {}
    woken: tuple[int, ...] = ()
    rules_version: str = ""


RULES = os.environ.get("TOY_RULES", "")  # of this worker: rows of others are woken
CODEC: RowCodec[Pile] = RowCodec(Pile)


def fold(key: str, row: Pile | None, messages: Sequence[Touch], /, *, version: Version) -> Folded[Pile]:
    """Joins only: a set of ids, a set of wakings, the greatest wish to be woken."""
    before = row or Pile(version, 0)
    seen, woken, wake_at = dict(before.seen), set(before.woken), before.wake_at
    touches: list[Touch] = []
    for one in messages:
        if isinstance(one, Tick):
            woken.add(one.at)
            wake_at = None if wake_at is not None and wake_at <= one.at else wake_at
        elif isinstance(one, Disposition):
            if one.kind == "bomb":
                raise RuntimeError("a bug in a fold")
            seen.setdefault(one.milestone_id, version)
            if one.kind == "wake" and one.at not in woken:
                wake_at = one.at
            if one.kind == "forward":
                touches.append(
                    Disposition(
                        to=one.reason, milestone_id=one.milestone_id, kind="hit", reason="", at=one.at, actor=key
                    )
                )
    after = Pile(
        max(before.version, version),
        max([before.as_of, *(one.at for one in messages)]),
        wake_at,
        seen,
        tuple(sorted(woken)),
        RULES,
    )  # type: ignore[union-attr]
    if row is not None and (after.seen, after.woken, after.wake_at, after.as_of, after.rules_version) == (
        row.seen,
        row.woken,
        row.wake_at,
        row.as_of,
        row.rules_version,
    ):
        return Folded(row, _effects(key, row, touches, version) if version <= row.version else NOTHING)
    return Folded(after, _effects(key, after, touches, version))


def _effects(key: str, row: Pile, touches: Sequence[Touch], version: Version) -> Effects:
    moves = tuple(_move(key, name, at) for name, at in row.seen.items() if at >= version)
    return Effects(touches=tuple(touches), transitions=moves)


def _move(key: str, name: str, at: Version) -> Transition:
    return Transition(
        lead_id=f"{key}/{name}", number=1, account_id="", from_stage="", to_stage="seen", skipped=(), via="",
        rule_id="T0", rules_version="toy", evidence=(name,), effective_at=0, recorded_at=0, actor="", version=at,
    )  # fmt: skip


def _wall() -> int:
    """The wall clock, and how far a test has stepped it."""
    step = os.environ.get("TOY_STEP")
    return int(time.time() * 1000) + (int(Path(step).read_text() or 0) if step else 0)


def main() -> None:
    """One worker process, as `python -m streams worker` is."""
    settings = Settings.from_env(os.environ)
    logs.configure(settings.log.level, libraries=os.environ.get("TOY_LIBRARIES", "warning"))
    if doors := os.environ.get("TOY_DETOUR"):
        detour({int(port): int(door) for port, _, door in (one.partition(":") for one in doors.split(","))})
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    engine = Engine(settings, now=SteadyTime(_wall))
    book = engine.book("leads", CODEC, rules=rules_mark(RULES) if RULES else None)
    decode = block_decoder(TOUCHES, "toy")

    async def move(inbox: Inbox) -> None:
        async for record in engine.shell.read(inbox, decode):
            engine.shell.move(partial(fold), book=book, record=record)

    engine.agent("leads", ["touches"], move)
    engine.worker(loop).execute_from_commandline()


if __name__ == "__main__":
    sys.exit(main())
