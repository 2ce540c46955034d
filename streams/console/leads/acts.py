"""What sales may say of a lead now, and how a filled-in form becomes one message. Times are UTC.

The core checks again, and the row decides; here a person is told at once what is missing, field by field.
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Final, Literal, TypeAlias

from msgspec import Struct

from schemas.cards import LeadCard
from schemas.touches import Disposition
from streams.console.tongue import N_
from streams.core.days import DAY_MS, MINUTE_MS
from streams.core.rules import Rules
from streams.core.stage.stages import stages_in

__all__ = [
    "LONGEST_REASON", "TOO_LONG", "Asks", "Form", "Offer", "Wrong", "milestone_id", "moment_in", "offers", "said_in",
]  # fmt: skip

Asks: TypeAlias = Literal["reason", "why", "note", "until", "date", "when"]
Wrong: TypeAlias = dict[str, str]  # what is wrong, by the field
LONGEST_REASON: Final = 200
TOO_LONG: Final = N_("At most 200 characters.")
LONGEST_AGO: Final = 365 * DAY_MS
FARTHEST: Final = 2 * 365 * DAY_MS
WORKED: Final = ("mql", "meeting")
ON_THE_WAY: Final = ("anonymous", "gained", "nurture", "recycle_a", "recycle_b")


class Form(Struct, frozen=True):
    """What somebody filled in, and when it came."""

    fields: Mapping[str, str]
    actor: str
    now: int


class Offer(Struct, frozen=True):
    """One thing that can be said. `asks` are its fields: `why` must be filled, `note` may; `date` must, `until` may."""

    kind: str
    title: str
    help: str
    asks: tuple[Asks, ...]
    stands: Callable[[LeadCard], bool]
    group: Literal["contact", "outcome", "aside"] = "contact"


def _in(*stages: str) -> Callable[[LeadCard], bool]:
    return lambda card: card.stage in stages


def _held_back(card: LeadCard) -> bool:
    return card.stage.startswith("recycle_") or card.mail_stop_until is not None


def _can_end(card: LeadCard) -> bool:
    return card.stage != "dead_end" and all(deal.status == "lost" for deal in card.deals)


OFFERS: Final = (
    Offer("attempt", N_("Tried to reach them"),
          N_("Tries are counted: only after some may one give up for no response."),
          ("note", "when"), _in(*WORKED)),
    Offer("accepted", N_("Sales takes it over"),
          N_("The lead goes on to a meeting, to be booked."), ("note",), _in("mql")),
    Offer("booked", N_("Meeting booked"),
          N_("Marketing mail waits while sales talk to them."), ("date", "note"), _in(*WORKED)),
    Offer("held", N_("Meeting took place"), N_("Then the five checks are asked for."), ("when", "note"), _in(*WORKED)),
    Offer("no_show", N_("They did not come"), N_("Once is noted; again, and they go into recycling."),
          ("when", "note"), _in("meeting")),
    Offer("requested", N_("They asked for a talk"), N_("By phone or in person. It makes them an MQL at once."),
          ("reason", "when"), _in(*ON_THE_WAY), "outcome"),
    Offer("reviewed", N_("Approve the new score"),
          N_("New rules lifted it over the threshold. Approved, they are an MQL."),
          ("note",), lambda card: card.crossed_by_rules is not None, "outcome"),
    Offer("disposition", N_("Not now"),
          N_("Into recycling, with a hold in which nobody writes; too early: back to nurture."),
          ("reason", "until"), _in(*WORKED), "outcome"),
    Offer("opted_in", N_("They want mail again"),
          N_("Ends the hold and the mail stop."), ("note",), _held_back, "outcome"),
    Offer("dead_end", N_("Not a buyer"),
          N_("No score, mail or alerts from then on. It can be taken back."), ("reason",),
          _can_end, "aside"),
    Offer("restored", N_("A buyer after all"), N_("They go back to where the rest of what is known leads."), ("why",),
          _in("dead_end"), "aside"),
)  # fmt: skip


def offers(card: LeadCard, rules: Rules) -> tuple[Offer, ...]:
    """What can be said of this lead now; a lead that is another one says nothing."""
    known = stages_in(rules).milestones
    by_hand = {kind for kind, rule in known.items() if rule.by_hand}
    return () if card.merged_into else tuple(one for one in OFFERS if one.kind in by_hand and one.stands(card))


def said_in(form: Form, card: LeadCard, rules: Rules) -> tuple[Disposition | None, Wrong]:
    """The message that a form means, or what is wrong with it."""
    fields, kind = form.fields, form.fields.get("kind", "")
    offer = next((one for one in offers(card, rules) if one.kind == kind), None)
    if offer is None:
        return None, {"kind": N_("This cannot be said of them now: they stand somewhere else meanwhile.")}
    wrong: Wrong = {}
    reason = _reason(fields, offer, rules, wrong=wrong)
    until = _until(fields, offer, wrong, now=form.now)
    at = _when(fields, offer, wrong, now=form.now)
    if wrong:
        return None, wrong
    once = milestone_id(card.lead_id, kind, fields.get("once", ""), now=form.now)
    return Disposition(
        to=card.lead_id, milestone_id=once, kind=kind, reason=reason, at=at, actor=form.actor, until=until
    ), {}  # fmt: skip


def milestone_id(lead_id: str, kind: str, once: str, *, now: int) -> str:
    """The id of what is said: one form that is sent twice says one thing. `once` is what the form was given."""
    return blake2b(f"{lead_id}|{kind}|{once or now}".encode(), digest_size=8).hexdigest()


def moment_in(text: str) -> int | None:
    """A day or a minute in UTC, as browsers send them: `2026-03-20`, `2026-03-20T10:00`. None for anything else."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return round(found.replace(tzinfo=UTC).timestamp() * 1_000) if found.tzinfo is None else None


def _reason(fields: Mapping[str, str], offer: Offer, rules: Rules, *, wrong: Wrong) -> str:
    said = fields.get("reason", "").strip()
    if len(said) > LONGEST_REASON:
        wrong["reason"] = TOO_LONG
    elif "reason" in offer.asks and said not in stages_in(rules).milestones[offer.kind].reasons:
        wrong["reason"] = N_("Choose one of the reasons.")
    elif "why" in offer.asks and not said:
        wrong["reason"] = N_("Say why, in a few words: it is kept with the move.")
    return said


def _until(fields: Mapping[str, str], offer: Offer, wrong: Wrong, *, now: int) -> int:
    """The date that they named, 0 for none."""
    text = fields.get("until", "").strip()
    if "date" not in offer.asks and "until" not in offer.asks:
        return 0
    if not text:
        if "date" in offer.asks:
            wrong["until"] = N_("Say when it takes place.")
        return 0
    at = moment_in(text)
    if at is None:
        wrong["until"] = N_("This is no date. Write it as 2026-11-30, or 2026-11-30T10:00.")
    elif not now - DAY_MS <= at <= now + FARTHEST:
        wrong["until"] = N_("This date is past, or more than two years ahead.")
    return at or 0


def _when(fields: Mapping[str, str], offer: Offer, wrong: Wrong, *, now: int) -> int:
    """When it happened: now, if nothing else is said."""
    text = fields.get("when", "").strip()
    if "when" not in offer.asks or not text:
        return now
    at = moment_in(text)
    if at is None:
        wrong["when"] = N_("This is no time. Write it as 2026-11-30T10:00, or leave it empty for now.")
    elif at > now + MINUTE_MS:
        wrong["when"] = N_("This is still to come: say it when it has happened.")
    elif at < now - LONGEST_AGO:
        wrong["when"] = N_("This is more than a year ago.")
    return min(at or now, now)
