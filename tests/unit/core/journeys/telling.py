"""Golden journeys: `<name>.jsonl` says what happens, `<name>.json` what came out of it. See `retell.py`.

A line holds `at` (UTC), then what happens: `page` (with `read_s`, `touched`), `form`, `track`, `identify` (traits),
each by `who` (a browser, at an address `ip`); `mail` (what became of one `to` an address; a page that is `behind` a
click of the lead `of` an address carries its id); `deal` (as a CRM reports it); `act` on the newest alert; `decide`
about a lead, by e-mail (with `until`, `said`); `order` of an operator (`orders.py`); `rules` (in a file `old` becomes
`new`, published at that time); or nothing, when only time passes. `<name>.toml` stands for `routing.toml` where a
journey needs its own, a first line `rules` holds more text for other files; `companies.py` and `hours.py` say what else
there is.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from schemas.cards import AlertCard, LeadCard
from schemas.deals import DealFacts, DealPerson, DealReport, Owner
from schemas.ids import deal_id_of
from schemas.posts import Post
from schemas.signals import AlertAction
from schemas.touches import Disposition, MailEvent
from streams.core.effects import Due
from streams.core.rules import load_rules
from tests.unit.core.journeys.companies import account_of, record, see
from tests.unit.core.journeys.hours import leave, told_when
from tests.unit.core.journeys.orders import ordered
from tests.unit.core.made import NAMING, RULES, engaged, example_files, files, identify, page, track
from tests.unit.core.whole import WholeCore, moves_of

HERE: Final = Path(__file__).parent
NAMES: Final = sorted(path.stem for path in HERE.glob("*.jsonl"))


def told(name: str) -> str:
    """What comes out of a journey now, as its golden file holds it."""
    return msgspec.json.format(msgspec.json.encode(outcome(played(name))), indent=2).decode() + "\n"


def played(name: str) -> WholeCore:
    """The core after a journey."""
    said = rules_files(name)
    core = WholeCore(RULES if said == example_files() else load_rules(said, naming=NAMING))
    core.files = said
    for line in lines_of(name):
        happen(core, line)
    return core


def lines_of(name: str) -> list[dict[str, Any]]:
    """What happens, without the rules from the beginning."""
    return [line for line in _all_lines(name) if "at" in line]


def rules_files(name: str) -> dict[str, str]:
    """The packaged rules files, with the journey's own routing, or with more text at the end of some."""
    first, routing = _all_lines(name)[0], HERE / f"{name}.toml"
    if "at" not in first:
        return {file: text + first["rules"].get(file, "") for file, text in files().items()}
    return example_files(routing=routing.read_text(encoding="utf-8") if routing.exists() else "")


def _all_lines(name: str) -> list[dict[str, Any]]:
    text = (HERE / f"{name}.jsonl").read_text(encoding="utf-8")
    return [msgspec.json.decode(line) for line in text.splitlines() if line.strip()]


def golden(name: str) -> Path:
    """The file that says what should come out."""
    return HERE / f"{name}.json"


def happen(core: WholeCore, line: dict[str, Any]) -> None:
    """One line of a journey. Raises ValueError for one that nobody understands."""
    at = utc(line["at"])
    core.wait(at)
    if line.keys() == {"at"}:
        return
    tell = next((tell for what, tell in HAPPENS.items() if what in line), None)
    if tell is None:
        raise ValueError(f"nobody knows what happens in {line}")
    tell(core, line, at)


def _browse(core: WholeCore, line: dict[str, Any], at: int) -> None:
    for event, received_at in _events(line, at):
        core.event(event, at=received_at, ip=line.get("ip"))


def _report(core: WholeCore, line: dict[str, Any], at: int) -> None:
    deal = deal_of(line["deal"], at)
    core.hears("accounts", DealReport(to=deal.deal_id, received_at=at, deal=deal))


def _act(core: WholeCore, line: dict[str, Any], at: int) -> None:
    alert = max(core.alerts.values(), key=lambda alert: alert.raised_at)
    core.hears("accounts", _action(line, alert, at))


def _mail(core: WholeCore, line: dict[str, Any], at: int) -> None:
    core.hears("leads", mail_event(line, at))


def _decide(core: WholeCore, line: dict[str, Any], at: int) -> None:
    said = {"kind": line["decide"], "reason": line.get("reason", ""), "actor": line["actor"]}
    said |= {"said": line.get("said", {}), "until": utc(line["until"]) if "until" in line else 0}
    lead_id = NAMING.lead_of_email(line["lead"])
    core.hears("leads", Disposition(to=lead_id, milestone_id=f"{line['decide']}@{at}", at=at, **said))


def _publish(core: WholeCore, line: dict[str, Any], at: int) -> None:
    """The rules of now with one text of one file replaced."""
    name, old, new = line["rules"], line["old"], line["new"]
    assert old in core.files[name], f"{name} does not say {old}"
    core.files = core.files | {name: core.files[name].replace(old, new)}
    core.publish(load_rules(core.files, naming=NAMING), at=at)


# What a line may tell, by the word that it holds; the first that is there.
HAPPENS: Final[Mapping[str, Callable[[WholeCore, dict[str, Any], int], None]]] = {
    "who": _browse,
    "deal": _report,
    "company": record,
    "intent": see,
    "act": _act,
    "away": leave,
    "order": ordered,
    "mail": _mail,
    "decide": _decide,
    "rules": _publish,
}


def _action(line: dict[str, Any], alert: AlertCard, at: int) -> AlertAction:
    """What somebody did with an alert; `by`, and `lead` that it is about, are e-mails."""
    did = {"action": line["act"], "actor": line["actor"], "outcome": line.get("outcome", "")}
    by, lead, until = line.get("by"), line.get("lead"), line.get("until")
    return AlertAction(
        to=alert.account_id, alert_id=alert.alert_id, at=at, reason=line.get("reason", ""),
        by=Owner(NAMING.recipient_of(by), line["actor"], by) if by else None,
        lead_id=NAMING.lead_of_email(lead) if lead else "", until=utc(until) if until else 0, **did,
    )  # fmt: skip


def _events(line: dict[str, Any], at: int) -> Iterator[tuple[dict[str, Any], int]]:
    """The events that a browser sends, each with the time of its arrival."""
    who = line["who"]
    match line:
        case {"page": path}:
            if "behind" in line:
                path += f"?ls_click={NAMING.lead_of_email(line['of'])}.{line['behind']}"
            yield page(path, at, who=who), at + 1_000
            read_ms = 1_000 * line.get("read_s", 30)
            yield engaged(path, at, who=who, dwell_ms=read_ms, touched=line.get("touched", 2)), at + read_ms
        case {"form": form}:
            yield track("form_submitted", at, who=who, form=form), at
        case {"track": event}:
            yield track(event, at, who=who, **line.get("properties", {})), at
        case {"identify": traits}:
            yield identify(at, who=who, user=line.get("user"), **traits), at
        case _:
            raise ValueError(f"nobody knows what happens in {line}")


def mail_event(line: dict[str, Any], at: int) -> MailEvent:
    """What became of a mail, or was done in it: `id` is that of the click, before the lead is named in it."""
    lead_id, more = NAMING.lead_of_email(line["to"]), line.get("with", {})
    click_id = f"{lead_id}.{line['id']}" if "id" in line else ""
    return MailEvent(
        to=lead_id, kind=line["mail"], mail_event_id=f"{line['mail']}@{at}:{line.get('link', '')}", at=at,
        message_id=line["message"], link=line.get("link", ""), click_id=click_id, **more,
    )  # fmt: skip


def deal_of(facts: dict[str, Any], at: int) -> DealFacts:
    """A deal as the generic connector reads it."""
    owner = facts.get("owner")
    lost_at = facts.get("lost_at")
    return DealFacts(
        deal_id=deal_id_of("generic", facts["id"]),
        status=facts["status"],
        account_id=account_of(facts),
        account_name=facts.get("account", ""),
        reported_at=utc(facts["reported_at"]) if "reported_at" in facts else at,
        lost_at=None if lost_at is None else utc(lost_at),
        lost_reason=facts.get("reason"),
        competitor=facts.get("competitor"),
        contract_ends_at=None if facts.get("contract_ends_at") is None else utc(facts["contract_ends_at"]),
        amount=facts.get("amount"),
        owner=None if owner is None else Owner(NAMING.recipient_of(owner), owner, owner),
        people=tuple(
            DealPerson(NAMING.lead_of_email(one), one, one.partition("@")[0]) for one in facts.get("people", ())
        ),
    )


def outcome(core: WholeCore) -> dict[str, Any]:
    """Stages, scores and alerts, in words."""
    return {
        "leads": {
            card.email or card.lead_id: _lead(core, card.lead_id)
            for card in sorted(core.leads.values(), key=lambda card: (card.email, card.lead_id))
        },
        "accounts": {account_id: _account(core, account_id) for account_id in sorted(core.accounts)},
        "alerts": [
            _alert(core, alert_id)
            for alert_id in sorted(core.alerts, key=lambda one: (core.alerts[one].raised_at, one))
        ],
        **({"refused": core.refused} if core.refused else {}),
        "delivered": [_delivery(due) for due in core.dues if isinstance(due.post, Post)],
    } | ({"told": told} if (told := told_when(core)) else {})


def _delivery(due: Due) -> str:
    assert isinstance(due.post, Post)
    post = due.post
    said = f"{due.channel} {post.level} {post.alert.account_id} #{post.alert.episode}"
    return said if post.occasion == "raised" else f"{said} {post.occasion} at {text(post.at)}"


def _lead(core: WholeCore, lead_id: str) -> dict[str, Any]:
    card = core.leads[lead_id]
    assert sum(line.tenths for line in card.lines) == card.score_tenths
    return {
        "stage": card.stage, "since": text(card.stage_since), "score": card.score_tenths / 10, "grade": card.grade,
        "engagement": card.engagement_tenths / 10, "fit": card.fit, "hot": card.hot, "trust": card.trust,
        "visitors": list(card.visitors), "hold_until": text(card.hold_until), "wake_at": text(card.wake_at),
        "why": {line.name: line.tenths / 10 for line in card.lines if line.tenths},
        **_due(card), **_review(card),
        "moves": [
            f"{move.number} {move.rule_id} {move.from_stage or '-'} -> {move.to_stage} via {move.via} "
            f"at {text(move.effective_at)}" + (f" past {', '.join(move.skipped)}" if move.skipped else "")
            + ("" if move.corrects is None else f" corrects {move.corrects}")
            for move in moves_of(core, lead_id)
        ],
    } | _clicks(card)  # fmt: skip


def _clicks(card: LeadCard) -> dict[str, Any]:
    """What is known of each click that is shown, where there are any."""
    shown = [hit for line in card.lines if line.name == "mail_click" for hit in line.hits]
    told = [f"{text(hit.at)} {hit.what} {hit.points_hundredths / 100} {hit.set_aside or hit.note}" for hit in shown]
    return {"clicks": told} if told else {}


def _due(card: LeadCard) -> dict[str, Any]:
    """What a card says only of some: where in its stage, until when no mail, until when sales has to act."""
    found = {
        "sub_stage": card.sub_stage, "mail_stop_until": text(card.mail_stop_until), "due_at": text(card.due_at),
        "overdue": card.overdue, "dead_end_candidate": card.dead_end_candidate,
    }  # fmt: skip
    return {name: value for name, value in found.items() if value}


def _review(card: LeadCard) -> dict[str, Any]:
    """What is on the review list, where something is."""
    crossed = card.crossed_by_rules
    return {} if crossed is None else {"crossed_by_rules": f"{crossed.total_tenths / 10} at {text(crossed.at)}"}


def _account(core: WholeCore, account_id: str) -> dict[str, Any]:
    card = core.accounts[account_id]
    strength = card.strength
    return {
        "name": card.name, "stage": card.stage, "engagement": card.engagement_tenths / 10, "breadth": card.breadth,
        "people": [one.email for one in card.members], "not_candidate": card.not_candidate,
        "strength": None if strength is None else strength.strength, "wake_at": text(card.wake_at),
        **({"flags": card.flags} if card.flags else {}),
        **({"forwards_to": card.forwards_to} if card.forwards_to else {}),
    }  # fmt: skip


def _alert(core: WholeCore, alert_id: str) -> dict[str, Any]:
    card = core.alerts[alert_id]
    return {
        "account": card.account_name, "episode": card.episode, "level": card.level, "status": card.status,
        "raised_at": text(card.raised_at), "real_time_at": text(card.real_time_at), "updates": card.updates,
        "strength": card.strength.strength,
        "why": {line.signal: f"{line.count} -> {line.strength}" for line in card.strength.lines},
        "people": [one.email for one in card.people], "pages": [one.path for one in card.pages],
        "fast_pass": card.fast_pass, "back_after_days": card.back_after_days, "next_act": card.next_act,
        "hold_until": text(card.hold_until), "recipient": card.recipient.email if card.recipient else None,
        "claimed_by": card.claimed_by, "closed_reason": card.closed_reason, "offers": list(card.offers),
        "mail_stop_until": text(card.mail_stop_until), "provoked": card.provoked,
        "outcome": card.counts.outcome if card.counts else None,
    }  # fmt: skip


def utc(text_of: str) -> int:
    """`2026-03-01 10:00` as UTC milliseconds."""
    return int(datetime.fromisoformat(text_of).replace(tzinfo=UTC).timestamp() * 1_000)


def text(at: int | None) -> str | None:
    """UTC milliseconds as `2026-03-01 10:00`."""
    return None if at is None else datetime.fromtimestamp(at / 1_000, UTC).isoformat(" ", "seconds")[:19]
