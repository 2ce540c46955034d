"""What an event means on this site: from its shape on the wire to facts that a row can remember."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import DecodeError, Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from schemas.activity import Claim, Hit, Hits, Milestone, PageSeen, Trait
from schemas.codec import refusal
from schemas.delivery import Delivery, TypedDelivery
from schemas.errors import BadId, Undecodable
from schemas.events import Alias, AnyEvent, Engaged, Group, Identify, Page, Screen, Track
from schemas.ids import clean_id, hashed_id
from schemas.rejected import Reason
from schemas.times import milliseconds_of
from schemas.touches import Confirmation
from streams.core.events.addresses import NO_HITS
from streams.core.events.arrival import Arrival, arrived
from streams.core.events.click_ids import MARK, click_id_in, lead_of_click
from streams.core.events.clocks import marked
from streams.core.events.event_ids import made_id, made_page_id, url_of
from streams.core.events.facts import Facts, Filtered, Link, Marks
from streams.core.events.free_form import object_of, text_of
from streams.core.events.machines import is_machine
from streams.core.events.meanings import plain_name
from streams.core.events.signing import Signed, signature_in
from streams.core.events.traits import company_traits, traits_of
from streams.core.rulebook.site_rules import OPT_IN, REQUESTS
from streams.core.rules import Rules
from streams.core.visitor.networks import STAFF

__all__ = ["route", "routed"]

_ENGAGED: Final[Decoder[Engaged]] = Decoder(Engaged)
NO_TRAITS: Final[Mapping[str, Trait]] = {}
MOST_DWELL_MS: Final = 86_400_000
MOST_INTERACTIONS: Final = 100_000


class _Seen(Struct, frozen=True, gc=False):
    """One event on its way: who, when, and from where. Times are UTC milliseconds."""

    to: str
    at: int
    hit_id: int
    user_lead: str | None
    arrival: Arrival
    rules: Rules


def route(event: AnyEvent, delivery: Delivery | TypedDelivery, rules: Rules) -> Facts | Filtered:
    """What this event of this delivery says. Raises Undecodable."""
    return routed(event, arrived(delivery, rules))


def routed(event: AnyEvent, arrival: Arrival) -> Facts | Filtered:
    """What this event says, as it arrived. Raises Undecodable."""
    sender, rules = arrival.sender, arrival.sender.rules
    try:
        visitor_id = clean_id(event.anonymous_id)
        user_id = None if event.user_id is None else clean_id(event.user_id)
    except BadId as error:
        raise Undecodable(Reason.NO_ID, str(error)) from error
    if visitor_id is None:
        visitor_id = rules.naming.visitor_of(None, user_id)
    if visitor_id is None:
        raise Undecodable(Reason.NO_ID, "neither anonymousId nor userId")
    agent = None if (context := event.context) is None else context.user_agent
    if sender.posts_as_machine if not agent else sender.reads if agent == sender.user_agent else is_machine(agent):
        return Filtered("machine")
    if sender.network == STAFF:
        return Filtered(STAFF)
    stamp = event.timestamp if event.timestamp is not None else event.original_timestamp
    sent_at, received_at = arrival.sent_at, arrival.received_at
    if sent_at is None and event.sent_at is not None:
        sent_at = milliseconds_of(event.sent_at)
    hit_id = sender.hit_id_of(hashed_id(event.message_id) or made_id(event, received_at, stamp))
    at, clock = arrival.time_of(stamp, sent_at)
    user_lead = None if user_id is None else rules.naming.lead_of_user(user_id)
    made = _READERS[type(event)](event, _Seen(visitor_id, at, hit_id, user_lead, arrival, rules))
    return marked(made, Hit(at, hit_id, clock)) if clock else made


def _facts(
    seen: _Seen,
    *,
    at: int | None = None,
    email_lead: str | None = None,
    signed: bool = False,
    hits: Mapping[str, Hits] = NO_HITS,
    pages: tuple[PageSeen, ...] = (),
    milestones: tuple[Milestone, ...] = (),
    said: Mapping[str, Trait] = NO_TRAITS,
    marks: Marks = (),
    confirmation: Confirmation | None = None,
) -> Facts:
    """The facts of an event: whoever it names was there at the event's own time. `at`: when what it tells began.

    A signature proves who it is, but not that a user id and an e-mail belong together.
    """
    sender, user_lead = seen.arrival.sender, seen.user_lead
    claims: tuple[Claim, ...] = ()
    links: tuple[Link, ...] = ()
    lead_id = email_lead or user_lead
    believed = sender.believed or signed
    if lead_id is not None and believed:
        claims = (Claim(seen.at, lead_id, "proven" if signed else sender.trust),)
        if email_lead is not None and user_lead is not None and sender.believed:
            links = (Link(seen.at, user_lead, email_lead, "email", sender.trust),)
    said = said if believed else NO_TRAITS
    return Facts(
        to=seen.to, received_at=seen.arrival.received_at, at=seen.at if at is None else at, claims=claims, links=links,
        hits=hits, pages=pages, milestones=milestones, said=said, marks=marks if believed else (),
        confirmation=confirmation, network=sender.network,
        only_pages=not (claims or links or milestones or said or confirmation or sender.network),
    )  # fmt: skip


def _page(event: Page | Screen, seen: _Seen) -> Facts:
    sender = seen.arrival.sender
    address, attention = sender.addresses.of(url_of(event)), sender.attention
    page = address.seen(seen.at, seen.hit_id, dwell_ms=attention, interactions=attention)
    return _facts(seen, hits=address.hits(page), pages=(page,), marks=address.marks)


def _page_engaged(event: Track, seen: _Seen) -> Facts:
    """Attention for a page that was opened before: complete in itself, a hit of that page at its start."""
    try:
        engaged = _ENGAGED.decode(event.properties or b"{}")
    except (ValueError, RecursionError, DecodeError) as error:
        raise refusal(error) from error
    hit_id = seen.arrival.sender.hit_id_of(hashed_id(engaged.page_id) or made_page_id(event, engaged))
    address = seen.arrival.sender.addresses.of(engaged.url)
    dwell_ms = min(max(engaged.dwell_ms, 0), MOST_DWELL_MS)
    interactions = min(max(engaged.interactions, 0), MOST_INTERACTIONS)
    arrival = seen.arrival
    at, clock = arrival.time_of(engaged.started_at, arrival.sent_at)
    page = address.seen(at, hit_id, dwell_ms=dwell_ms, interactions=interactions)
    confirmation = _confirmation(engaged.url, page, seen) if MARK in engaged.url else None
    facts = _facts(seen, at=at, hits=address.hits(page), pages=(page,), confirmation=confirmation)
    return marked(facts, Hit(at, hit_id, clock)) if clock else facts


def _confirmation(url: str, page: PageSeen, seen: _Seen) -> Confirmation | None:
    """That somebody looked at a page behind a click in a mail; None while too little was seen to prove it."""
    click_id, dwell_ms, interactions = click_id_in(url), page.dwell_ms or 0, page.interactions or 0
    needed = seen.rules.scoring.rules.mail
    if not click_id or dwell_ms < needed.confirmed_dwell_ms or interactions < needed.confirmed_interactions:
        return None
    return Confirmation(
        to=lead_of_click(click_id), click_id=click_id, visitor_id=seen.to, at=page.at, dwell_ms=dwell_ms,
        interactions=interactions,
    )  # fmt: skip


def _track(event: Track, seen: _Seen) -> Facts:
    if event.event == "page_engaged":
        return _page_engaged(event, seen)
    properties = object_of(event.properties)
    if plain_name(event.event) == "form_submitted":
        name = text_of(properties.get("form"))
        kind = seen.rules.site.form(name)
        if kind not in REQUESTS and seen.rules.site.names_competitor(properties):
            kind = "comparison"
        return _form(seen, kind=kind, what=name)
    meaning = seen.rules.site.track(event.event)
    if meaning is None:
        return _facts(seen)
    if meaning.measure and not _is_enough(text_of(properties.get(meaning.measure)), meaning.at_least):
        return _facts(seen)
    if meaning.form:
        return _form(seen, kind=meaning.form, what=meaning.form)
    asset = text_of(properties.get(meaning.asset)) if meaning.asset else ""
    hits = {meaning.rule: (Hit(seen.at, seen.hit_id, asset or meaning.event),)} if meaning.rule else {}
    took_part: tuple[Milestone, ...] = ()
    if meaning.program and asset:
        took_part = (Milestone(seen.at, f"program_{meaning.program}", f"{seen.hit_id:016x}", asset),)
    return _facts(seen, hits=hits, milestones=took_part)


def _is_enough(said: str, least: float) -> bool:
    """Whether a measure reaches its least value. A sender that cannot measure says nothing, and counts."""
    try:
        return not said or float(said) >= least
    except ValueError:
        return True


def _form(seen: _Seen, *, kind: str, what: str) -> Facts:
    """A form that was filled in; those that ask for a talk, or for mail, are a milestone too."""
    hits = {rule.name: (Hit(seen.at, seen.hit_id, what),) for rule in seen.rules.scoring.hit_by_form(kind)}
    said = "requested" if kind in REQUESTS else "opted_in" if kind == OPT_IN else ""
    asked = (Milestone(seen.at, said, f"{seen.hit_id:016x}", kind),) if said else ()
    return _facts(seen, hits=hits, milestones=asked)


def _identify(event: Identify, seen: _Seen) -> Facts:
    said = object_of(event.traits)
    if event.context is not None and event.context.traits:
        said = object_of(event.context.traits) | said
    traits = traits_of(said, at=seen.at, meanings=seen.rules.site)
    email = traits.get("email")
    email_lead = None if email is None else seen.rules.naming.lead_of_email(email.value)
    signed = _is_signed(event, seen, email.value if email is not None else clean_id(event.user_id) or "")
    return _facts(seen, email_lead=email_lead, signed=signed, said=traits)


def _is_signed(event: Identify, seen: _Seen, name: str) -> bool:
    """Whether the site's server proved who this is. Raises Undecodable where it was to prove it and does not."""
    if seen.arrival.sender.trust == "proven" or event.context is None or not event.context.identity:
        return False
    try:
        signature = signature_in(object_of(event.context.identity))
    except Undecodable:  # somebody else's `identity`, of another shape
        return False
    said = Signed(seen.arrival.sender.source, clean_id(event.anonymous_id) or "", name)
    return seen.rules.signing.proves(signature, said, received_at=seen.arrival.received_at)


def _group(event: Group, seen: _Seen) -> Facts:
    return _facts(seen, said=company_traits(object_of(event.traits), at=seen.at, meanings=seen.rules.site))


def _alias(event: Alias, seen: _Seen) -> Facts:
    """Names its user; a `previousId` that is another user id points to that user from now on.

    One that is the event's own anonymous id says no more than the user id does. Nobody can tell another browser's
    anonymous id from a user id: it points as well, from a lead that nobody ever is.
    """
    try:
        previous = clean_id(event.previous_id)
    except BadId as error:
        raise Undecodable(Reason.NO_ID, str(error)) from error
    said = _facts(seen)
    if previous is None or previous == clean_id(event.anonymous_id) or not said.claims or seen.user_lead is None:
        return said
    previous_lead = seen.rules.naming.lead_of_user(previous)
    if previous_lead == seen.user_lead:
        return said
    return replace(said, links=(Link(seen.at, previous_lead, seen.user_lead, "alias", seen.arrival.sender.trust),))


_READERS: Final[Mapping[type[AnyEvent], Callable[[Any, _Seen], Facts]]] = {
    Alias: _alias,
    Group: _group,
    Identify: _identify,
    Page: _page,
    Screen: _page,
    Track: _track,
}
