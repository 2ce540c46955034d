"""What the core's tests are made of: the packaged rules, events as they arrive, rows as folds leave them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from schemas.activity import Activity, Version
from schemas.codec import EVENT
from schemas.delivery import Delivery, Trust
from schemas.ids import Naming
from streams.core import visitor
from streams.core.activity import gather
from streams.core.effects import Effects
from streams.core.facts import Facts, Filtered
from streams.core.rules import Rules, load_rules
from streams.core.scoring import Scored, score
from streams.core.site import route
from streams.core.visitor import Visitor
from streams.rules_files import PACKAGED

NAMING: Final = Naming(b"a secret for tests, 32 bytes long")
MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
NOW: Final = int(datetime(2026, 3, 20, 10, tzinfo=UTC).timestamp() * 1_000)
ANN: Final = NAMING.lead_of_email("ann@acme.example")
BEN: Final = NAMING.lead_of_email("ben@acme.example")

# Rules of mail and programs, as simple hit rules, so that the worked example of the scoring can be told whole.
MORE_POINTS: Final = """
[[rule]]
name = "mail_click"
kind = "track"
label = "Click in a mail"
points = 3
keep = 5
limit = 1
limit_per = "asset"
half_life_days = 14
group = "mail"

[[rule]]
name = "webinar_attended"
kind = "track"
label = "Webinar"
points = 20
keep = 2
limit = 1
limit_per = "asset"
half_life_days = 45
group = "programs"

[[group]]
name = "mail"
cap = 30

[[group]]
name = "programs"
cap = 50
"""
MORE_MEANINGS: Final = """
[[source]]
name = "crm"

[[track]]
event = "mail_clicked"
rule = "mail_click"
asset = "message"

[[track]]
event = "webinar_attended"
rule = "webinar_attended"
asset = "program"
"""


def files() -> dict[str, str]:
    """The packaged rules files, by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in PACKAGED.glob("*.toml")}


def example_rules(*, routing: str = "") -> Rules:
    """The packaged rules, with mail and programs, a segment and a region; `routing` instead of the packaged file."""
    told = files()
    told["routing.toml"] = routing or told["routing.toml"]
    told["scoring.toml"] = told["scoring.toml"].replace("segments = []", 'segments = ["growth"]') + MORE_POINTS
    told["site.toml"] += MORE_MEANINGS
    return load_rules(told, naming=NAMING)


RULES: Final = example_rules()


def delivery(
    *,
    at: int = NOW,
    sent_at: int | None = None,
    source: str = "site",
    trust: Trust = "claimed",
    agent: str | None = None,
) -> Delivery:
    """A delivery without events, received at `at`."""
    return Delivery(received_at=at, sent_at=sent_at, source=source, trust=trust, user_agent=agent, events=[])


def routed(event: Mapping[str, Any], sent: Delivery | None = None, rules: Rules = RULES) -> Facts | Filtered:
    """What an event in JSON says. Raises Undecodable."""
    return route(EVENT.decode(msgspec.json.encode(event)), sent or delivery(), rules)


def facts(event: Mapping[str, Any], sent: Delivery | None = None, rules: Rules = RULES) -> Facts:
    """The facts of an event that is not filtered."""
    said = routed(event, sent, rules)
    assert isinstance(said, Facts)
    return said


def page(path: str, at: int, n: int = 0, *, who: str = "v1", **more: Any) -> dict[str, Any]:
    """A page event; `n` tells it from others of that path and time."""
    return {"type": "page", "messageId": f"{path}@{at}#{n}", "anonymousId": who, "timestamp": at,
            "properties": {"url": f"https://acme.example{path}"}, **more}  # fmt: skip


def engaged(
    path: str, at: int, n: int = 0, *, who: str = "v1", dwell_ms: int = 30_000, touched: int = 1
) -> dict[str, Any]:
    """Attention for that page."""
    said = {"page_id": f"{path}@{at}#{n}", "url": f"https://acme.example{path}", "started_at": at, "dwell_ms": dwell_ms,
            "interactions": touched}  # fmt: skip
    return {"type": "track", "event": "page_engaged", "messageId": f"e:{path}@{at}#{n}:{dwell_ms}", "anonymousId": who,
            "timestamp": at + dwell_ms, "properties": said}  # fmt: skip


def track(event: str, at: int, *, who: str = "v1", n: int = 0, **properties: Any) -> dict[str, Any]:
    """A track event."""
    return {"type": "track", "event": event, "messageId": f"{event}@{at}#{n}", "anonymousId": who, "timestamp": at,
            "properties": properties}  # fmt: skip


def identify(at: int, *, who: str = "v1", user: str | None = None, **traits: Any) -> dict[str, Any]:
    """An identify event."""
    return {"type": "identify", "messageId": f"i@{at}:{user}:{traits}", "anonymousId": who, "userId": user,
            "timestamp": at, "traits": traits}  # fmt: skip


def imported(events: Iterable[Mapping[str, Any]], *, at: int = NOW, rules: Rules = RULES) -> list[Facts]:
    """Facts of events that a server key brought: they keep their own past time, and cannot measure dwell."""
    sent = delivery(at=at, source="crm", trust="proven")
    return [facts(event, sent, rules) for event in events]


def visited(messages: Sequence[Facts], *, row: Visitor | None = None, rules: Rules = RULES) -> tuple[Visitor, Effects]:
    """The row after all of them in one block."""
    version = Version(0, row.version.offset + 1 if row else 0)
    return visitor.fold("v1", row, messages, version=version, rules=rules)


def activity(messages: Sequence[Facts], *, rules: Rules = RULES) -> Activity:
    """Everything that a visitor did, whoever it was."""
    return gather(list(visited(messages, rules=rules)[0].by_lead.values()), rules)


def scored(
    messages: Sequence[Facts], *, as_of: int = NOW, epoch_at: int | None = None, rules: Rules = RULES
) -> Scored:
    """The score of somebody who did this through one browser."""
    done = activity(messages, rules=rules)
    return score({"v1": done}, traits=done.traits, as_of=as_of, epoch_at=epoch_at, rules=rules)


def points(told: Scored, name: str) -> float:
    """What one line gives, in points; 0 without such a line."""
    return sum(line.tenths for line in told.lines if line.name == name) / 10
