"""A stage for golden journeys: each line goes to a real worker over a real broker, and to the pure core beside it.

After each line both must show the same cards, alerts and moves. The core's own time is the worker's time: its clock
file is set to the moment of the line, so what the clock wakes is woken by the engine's clock.
"""

import json
import re
from pathlib import Path
from typing import Any, Final

from msgspec import Raw, Struct, to_builtins
from msgspec.structs import replace

from schemas.activity import Version
from schemas.cards import AccountCard, AlertCard, LeadCard, Transition
from schemas.codec import ACCOUNT_CARD, ALERT_CARD, LEAD_CARD, TRANSITION, encode
from schemas.delivery import Delivery, Trust, VisitorOrder
from tests.integration.bus import Bus, wait_until
from tests.unit.core.journeys.telling import happen, lines_of
from tests.unit.core.whole import WholeCore

__all__ = ["StoryStage", "apart_from_others"]

CARDS: Final[dict[str, Any]] = {
    "leads": LEAD_CARD, "accounts": ACCOUNT_CARD, "alerts": ALERT_CARD, "transitions": TRANSITION,
}  # fmt: skip
INBOX: Final = {"visitors": "visits", "leads": "touches", "accounts": "signals", "recipients": "posts"}
NOWHERE: Final = Version(0, 0)
WITHIN_S: Final = 60


def apart_from_others(name: str, number: int) -> list[dict[str, Any]]:
    """A journey's lines with people, browsers, companies and deals of its own, so that all can share one worker."""
    text = re.sub(r"\b([a-z0-9-]+)\.example", rf"\1-{number}.example", json.dumps(lines_of(name)))
    lines: list[dict[str, Any]] = json.loads(text)
    for line in lines:
        for field in ("who", "browser", "user"):
            if field in line:
                line[field] = f"{line[field]}-{number}"
        if isinstance(line.get("deal"), dict):
            line["deal"]["id"] = f"{line['deal']['id']}-{number}"
            if "company_id" in line["deal"]:
                line["deal"]["company_id"] += f"-{number}"
        if "company" in line:
            line["company"]["id"] += f"-{number}"
    return lines


class StoryStage(WholeCore):
    """The pure core, and a real worker that hears the same."""

    def __init__(self, bus: Bus, clock: Path, **more: Any) -> None:
        super().__init__(**more)
        self._bus = bus
        self._clock = clock
        self._outside = True
        self._codecs = {bus.full(name): (name, codec) for name, codec in CARDS.items()}
        self._eye = bus.follow(CARDS)
        self._seen: dict[str, dict[str, Struct]] = {name: {} for name in CARDS}

    def close(self) -> None:
        """Reads no more."""
        self._eye.close()

    def play(self, line: dict[str, Any]) -> None:
        """One line, until both show the same."""
        happen(self, line)
        self.agree(str(line))

    def event(
        self, event: dict[str, Any], *, at: int, source: str = "site", trust: Trust = "claimed", ip: str | None = None
    ) -> None:
        """The event to the worker, as the collector writes it, and to the core."""
        self.wait(at)
        said = Delivery(received_at=at, source=source, trust=trust, ip=ip, events=[Raw(encode(event))])
        self._bus.send("visits", event.get("anonymousId") or event["userId"], encode(said))
        self._told_outside(lambda: super(StoryStage, self).event(event, at=at, source=source, trust=trust, ip=ip))

    def order(self, said: VisitorOrder) -> None:
        """The order to the worker, as the door writes it, and to the core."""
        self.wait(said.at)
        sent = Delivery(received_at=said.at, source="console", trust="proven", events=[], orders=[Raw(encode(said))])
        self._bus.send("visits", said.to, encode(sent))
        self._told_outside(lambda: super(StoryStage, self).order(said))

    def hears(self, table: str, *messages: Any) -> None:
        """Messages from outside go to both; what follows from them each finds by itself."""
        if self._outside:
            for message in messages:
                self._bus.send(INBOX[table], message.to, encode(message))
        self._told_outside(lambda: super(StoryStage, self).hears(table, *messages))

    def wait(self, until: int) -> None:
        """Time passes: the worker's clock shows it, and wakes whom the core wakes."""
        if until <= self.now:
            return
        self.agree(f"before {until}")
        while due := sorted({at for _, _, at in self._asleep() if at <= until}):
            self._pass(due[0])
        self._pass(until)

    def _pass(self, until: int) -> None:
        """Up to the next due time: what one wakes is told to all before the next one is woken."""
        self._told_outside(lambda: super(StoryStage, self).wait(until))
        beside = self._clock.with_suffix(".new")
        beside.write_text(str(until), "utf-8")
        beside.replace(self._clock)  # the worker finds the one time or the other, never an empty file
        self.agree(f"at {until}")

    def agree(self, where: str) -> None:
        """Waits until the newest cards say what the core's say. Raises AssertionError with what differs."""
        try:
            wait_until(lambda: not self._differences(), within_s=WITHIN_S, what=where, every_s=0.02)
        except AssertionError as error:
            told = [apart(*pair) for pair in self._differences()[:3]]
            raise AssertionError(f"{where}: {told}") from error

    def _told_outside(self, tell: Any) -> None:
        """What the core does now follows by itself: nothing of it is sent."""
        before, self._outside = self._outside, False
        try:
            tell()
        finally:
            self._outside = before

    def _differences(self) -> list[tuple[Any, Any]]:
        self._look()
        core: dict[str, dict[str, Any]] = {
            "leads": self.leads, "accounts": self.accounts, "alerts": self.alerts,
            "transitions": {f"{lead_id}:{number}": move for (lead_id, number), move in self.moves.items()},
        }  # fmt: skip
        pairs = [
            (one, self._seen[name].get(key)) for name, cards in core.items() for key, one in cards.items()
        ]  # fmt: skip
        return [(ours, real) for ours, real in pairs if real is None or plain(ours) != plain(real)]

    def _look(self) -> None:
        """Reads what has come to the card topics since the last look."""
        while found := self._eye.poll(timeout_ms=10):
            for top, records in found.items():
                name, codec = self._codecs[top.topic]
                for record in records:
                    card, key = codec.decode(record.value), record.key.decode()
                    held: Any = self._seen[name].get(key)
                    if held is None or card.version >= held.version:
                        self._seen[name][key] = card


def apart(ours: Any, real: Any) -> dict[str, Any]:
    """By field what both say, where they differ."""
    if real is None:
        return {"the worker never said": to_builtins(ours)}
    ours, real = to_builtins(plain(ours)), to_builtins(plain(real))
    return {name: (ours[name], real[name]) for name in ours if ours[name] != real[name]}


def plain(card: LeadCard | AccountCard | AlertCard | Transition) -> Any:
    """A card without what hangs on offsets."""
    match card:
        case LeadCard():
            return replace(card, version=NOWHERE, moves=tuple(replace(one, version=NOWHERE) for one in card.moves))
        case AccountCard() | AlertCard() | Transition():
            return replace(card, version=NOWHERE)
