"""What the core's tests are made of: the packaged rules, events as they arrive, rows as folds leave them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from schemas.activity import Activity, Version, Void
from schemas.codec import EVENT
from schemas.delivery import Delivery, Trust
from schemas.ids import Naming
from schemas.mail import NO_MAIL
from schemas.touches import Confirmation, MailEvent, MailKind
from streams.core.activity.activity import gather
from streams.core.effects import Effects
from streams.core.events.facts import Facts, Filtered
from streams.core.events.site import route
from streams.core.mail.kept import heard_mail
from streams.core.rules import Rules, load_rules
from streams.core.score.scoring import Doings, Scored, score
from streams.core.visitor import fold as visitor
from streams.core.visitor.fold import Visitor
from streams.rules_files import PACKAGED

NAMING: Final = Naming(b"a secret for tests, 32 bytes long")
MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
NOW: Final = int(datetime(2026, 3, 20, 10, tzinfo=UTC).timestamp() * 1_000)
ANN: Final = NAMING.lead_of_email("ann@acme.example")
BEN: Final = NAMING.lead_of_email("ben@acme.example")

MORE_MEANINGS: Final = """
[[source]]
name = "crm"
"""


def files() -> dict[str, str]:
    """The packaged rules files, by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in PACKAGED.glob("*.toml")}


def example_files(*, routing: str = "") -> dict[str, str]:
    """The packaged rules files, with a segment and a source of imports; `routing` instead of the packaged one."""
    told = files()
    told["routing.toml"] = routing or told["routing.toml"]
    told["scoring.toml"] = told["scoring.toml"].replace("segments = []", 'segments = ["growth"]')
    told["site.toml"] += MORE_MEANINGS
    return told


def example_rules(*, routing: str = "") -> Rules:
    """These files made ready."""
    return load_rules(example_files(routing=routing), naming=NAMING)


RULES: Final = example_rules()


def delivery(
    *,
    at: int = NOW,
    sent_at: int | None = None,
    source: str = "site",
    trust: Trust = "claimed",
    agent: str | None = None,
    ip: str | None = None,
) -> Delivery:
    """A delivery without events, received at `at`."""
    return Delivery(received_at=at, sent_at=sent_at, source=source, trust=trust, user_agent=agent, ip=ip, events=[])


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


def alias(previous: str | None, user: str | None, at: int, *, who: str | None = "v1") -> dict[str, Any]:
    """An alias event."""
    return {"type": "alias", "messageId": f"a@{at}:{previous}:{user}", "anonymousId": who, "userId": user,
            "previousId": previous, "timestamp": at}  # fmt: skip


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


def mailed(kind: MailKind, at: int, message: str = "m1", **more: Any) -> MailEvent:
    """Something became of a mail to Ann, or was done in it; a click is of its first link if not told otherwise."""
    told = {"link": "1"} if kind == "clicked" else {}
    event_id = more.pop("event", f"{kind}:{message}@{at}:{more.get('link', '')}")
    return MailEvent(to=ANN, kind=kind, mail_event_id=event_id, message_id=message, at=at, **(told | more))


def confirmed(click_id: str, at: int, *, visitor: str = "v1", dwell_ms: int = 5_000, touched: int = 1) -> Confirmation:
    """Somebody looked at the page behind a click."""
    return Confirmation(
        to=ANN, click_id=click_id, visitor_id=visitor, at=at, dwell_ms=dwell_ms, interactions=touched
    )


def human_click(at: int, message: str = "m1") -> list[MailEvent | Confirmation]:
    """A click that the tracker saw somebody behind."""
    return [mailed("clicked", at, message, click_id=f"{ANN}.{message}"), confirmed(f"{ANN}.{message}", at + 1_000)]


def scored(
    messages: Sequence[Facts],
    *,
    mail: Sequence[MailEvent | Confirmation] = (),
    voids: Sequence[Void] = (),
    as_of: int = NOW,
    epoch_at: int | None = None,
    rules: Rules = RULES,
) -> Scored:
    """The score of somebody who did this through one browser, and this in mails."""
    done = activity(messages, rules=rules)
    doings = Doings({"v1": done}, heard_mail(NO_MAIL, mail, rules), tuple(voids))
    return score(doings, traits=done.traits, as_of=as_of, epoch_at=epoch_at, rules=rules)


def points(told: Scored, name: str) -> float:
    """What one line gives, in points; 0 without such a line."""
    return sum(line.tenths for line in told.lines if line.name == name) / 10
