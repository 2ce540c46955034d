"""The same life without machines: what was said, once each, in the order of saying, each effect folded at once.

Two orders of arrival may differ in when a threshold was passed and in what follows from that (stages, moves, alerts);
in nothing else. So only what is joined is compared: doings, identities, traits, mails, deals, decisions of people.
"""

from typing import Any, Final

from msgspec.structs import replace

from schemas.activity import Decision, Version
from streams.core.deal.fold import Deal
from streams.core.errors import CoreError
from streams.core.events.visits import decode_visits
from streams.core.lead.row import Lead
from streams.core.parts import live
from streams.core.rows import ROWS
from streams.core.visitor.fold import Visitor
from tests.simulation.simulator import Simulation
from tests.unit.core.whole import WholeCore

__all__ = ["differs", "told_once"]

ZERO: Final = Version(0, 0)


def told_once(run: Simulation) -> WholeCore:
    """Everything that was said from outside, without copies."""
    core = WholeCore(run.rules)
    for one in run.life.told:
        core.wait(one.at)
        messages = [one.message] if one.topic != "visits" else decode_visits(b"[" + one.message + b"]", run.rules).facts
        table = {"visits": "visitors", "touches": "leads", "signals": "accounts"}[one.topic]
        for message in messages:
            try:
                core.hears(table, message)
            except CoreError:  # it is rejected there too
                core._waiting.clear()
    core.wait(run.now)
    return core


def differs(held: dict[str, dict[bytes, bytes]], core: WholeCore) -> str:
    """The first row whose joins are not the same, "" for none."""
    for table in ("visitors", "leads", "accounts"):
        mine = {key.decode(): _joined(ROWS[table].decode(raw)) for key, raw in held[table].items()}
        plain = {key: _joined(row) for key, row in core.rows[table].items()}
        for key in sorted({*mine, *plain}):
            if mine.get(key) != plain.get(key):
                return f"{table} {key}: {_told(mine.get(key), plain.get(key))}"
    return ""


def _told(mine: Any, plain: Any) -> str:
    if not isinstance(mine, tuple) or not isinstance(plain, tuple) or len(mine) != len(plain):
        return f"{str(mine)[:800]}\n  instead of {str(plain)[:800]}"
    parts = [(one, other) for one, other in zip(mine, plain, strict=True) if one != other]
    return "\n".join(f"{str(one)[:800]}\n  instead of {str(other)[:800]}" for one, other in parts)


def _joined(row: Any) -> Any:
    match row:
        case Visitor():
            return replace(row, version=ZERO, as_of=0, former=(), gone={})
        case Lead():
            return _of_lead(row) if _of_lead(row) != _of_lead(Lead(ZERO, 0)) else None
        case Deal():
            return row.deal, row.patched
        case _:  # an account's parts say stages and scores of their people: its cards are judged against the log
            return None


def _of_lead(row: Lead) -> tuple[Any, ...]:
    sources = {source: part.body for source, part in row.sources.items() if part.body is not None}
    absorbed = {
        lead_id: part.body.body and replace(part.body.body, latches=(), decisions=_unasked(part.body.body.decisions))
        for lead_id, part in row.absorbed.items() if part.body is not None
    }  # fmt: skip
    standing = [{to for to, gone in told.items() if gone is None} for told in (row.told, row.pointed)]
    joins = (live(row.deals), _unasked(row.decisions), row.mail, row.voids, row.emails, row.aliases, row.order)
    return sources, absorbed, standing, *joins


def _unasked(decisions: tuple[Decision, ...]) -> tuple[Decision, ...]:
    """Those that answer no alert: an alert's moment is a threshold's, also where it was absorbed with its lead."""
    return tuple(one for one in decisions if "alert_id" not in dict(one.said))
