"""Journeys with reps who keep hours: what the channel `memory` was told, when, and who read it.

`away` (an e-mail) with `until` and perhaps `deputy` says that somebody is absent from now on.
"""

from datetime import UTC, datetime
from typing import Any

from schemas.posts import Absence, Digest
from streams.core.effects import Due
from tests.unit.core.made import NAMING
from tests.unit.core.whole import WholeCore

__all__ = ["leave", "told_when"]


def leave(core: WholeCore, line: dict[str, Any], at: int) -> None:
    """Somebody is away from `at` on."""
    until = int(datetime.fromisoformat(line["until"]).replace(tzinfo=UTC).timestamp() * 1_000)
    deputy = NAMING.recipient_of(line["deputy"]) if "deputy" in line else ""
    to = NAMING.recipient_of(line["away"])
    core.hears("recipients", Absence(to=to, at=at, begins=at, ends=until, deputy=deputy))


def told_when(core: WholeCore) -> list[str]:
    """What channels that keep hours were told, when (UTC), and who read it."""
    paced = [(at, due) for at, due in zip(core.due_at, core.dues, strict=True) if due.channel == "memory"]
    return [f"{_clock(at)} {_whom(core, due.post.to)}: {_words(due)}" for at, due in paced]


def _words(due: Due) -> str:
    told = due.post
    if not isinstance(told, Digest):
        return f"{told.level} {told.alert.account_id} {told.occasion}, R {told.alert.strength.strength}"
    entries = [f"{one.alert.account_id} R {one.alert.strength.strength}" for one in told.posts]
    entries += [f"{one.account_id} {one.reason} {_clock(one.at)}" for one in told.ahead]
    return f"digest: {', '.join(entries)}" + (f", {told.waiting} wait" if told.waiting else "")


def _whom(core: WholeCore, recipient_id: str) -> str:
    rep = core.rules.routing.reps.get(recipient_id)
    return recipient_id if rep is None else rep.email


def _clock(at: int) -> str:
    return datetime.fromtimestamp(at / 1_000, UTC).isoformat(" ", "minutes")[:16]
