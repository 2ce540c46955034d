"""What an event means on this site: from its shape on the wire to facts that a row can remember."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from msgspec import DecodeError, Struct
from msgspec.json import Decoder
from msgspec.structs import replace

from schemas.activity import Claim, Hit, Hits, Milestone, PageSeen, Trait
from schemas.codec import refusal
from schemas.delivery import Delivery, Trust, TypedDelivery
from schemas.errors import BadId, Undecodable
from schemas.event_time import event_time
from schemas.events import Alias, AnyEvent, Engaged, Group, Identify, Page, Screen, Track
from schemas.ids import clean_id, hit_id_of
from schemas.rejected import Reason
from schemas.times import milliseconds_of
from schemas.touches import Confirmation
from streams.core.addresses import NO_TRAITS, addresses_in
from streams.core.click_ids import MARK, click_id_in, lead_of_click
from streams.core.event_ids import hashed_id, made_id, made_page_id, url_of
from streams.core.facts import Facts, Filtered, Link
from streams.core.free_form import object_of, text_of
from streams.core.machines import is_machine, reads_by_itself
from streams.core.meanings import plain_name
from streams.core.networks import STAFF, network_of
from streams.core.rules import Rules
from streams.core.signing import Signed, signature_in
from streams.core.site_rules import OPT_IN, REQUESTS
from streams.core.traits import company_traits, traits_of

__all__ = ["route"]

_ENGAGED: Final[Decoder[Engaged]] = Decoder(Engaged)
MOST_DWELL_MS: Final = 86_400_000
MOST_INTERACTIONS: Final = 100_000


class _Seen(Struct, frozen=True, gc=False):
    """One event on its way: who, when, and from where. Times are UTC milliseconds."""

    to: str
    at: int
    received_at: int
    sent_at: int | None
    source: str
    trust: Trust
    hit_id: int
    rules: Rules
    network: str = ""

    def time_of(self, stamp: str | float) -> int:
        """Event time of another stamp of the same sender."""
        return event_time(stamp, received_at=self.received_at, sent_at=self.sent_at, trust=self.trust)


def route(event: AnyEvent, delivery: Delivery | TypedDelivery, rules: Rules) -> Facts | Filtered:
    """What this event of this delivery says. Raises Undecodable."""
    try:
        visitor_id = clean_id(event.anonymous_id)
        user_id = clean_id(event.user_id)
    except BadId as error:
        raise Undecodable(Reason.NO_ID, str(error)) from error
    if visitor_id is None:
        visitor_id = rules.naming.visitor_of(None, user_id)
    if visitor_id is None:
        raise Undecodable(Reason.NO_ID, "neither anonymousId nor userId")
    context = event.context
    agent = None if context is None else context.user_agent
    if is_machine(agent) if agent else _by_machine(delivery, rules):
        return Filtered("machine")
    network = ""
    if rules.routing.rules.network:
        network = network_of(delivery.ip, trust=delivery.trust, rules=rules)
        if network == STAFF:
            return Filtered(STAFF)
    seen = _seen(event, delivery, visitor_id=visitor_id, network=network, rules=rules)
    user_lead = None if user_id is None else rules.naming.lead_of_user(user_id)
    return _READERS[type(event)](event, seen, user_lead)


def _seen(
    event: AnyEvent, delivery: Delivery | TypedDelivery, *, visitor_id: str, network: str, rules: Rules
) -> _Seen:
    sent_at = delivery.sent_at if delivery.sent_at is not None else milliseconds_of(event.sent_at)
    stamp = event.timestamp if event.timestamp is not None else event.original_timestamp
    at = event_time(stamp, received_at=delivery.received_at, sent_at=sent_at, trust=delivery.trust)
    message_id = hashed_id(event.message_id) or made_id(event, delivery, stamp)
    return _Seen(
        visitor_id, at, delivery.received_at, sent_at, delivery.source, delivery.trust,
        hit_id_of(delivery.source, message_id), rules, network,
    )  # fmt: skip


def _by_machine(delivery: Delivery | TypedDelivery, rules: Rules) -> bool:
    """By the delivery's user agent, unless that only names the program that posts. The event's own goes before it."""
    if not delivery.user_agent or delivery.trust == "proven":
        return False
    return reads_by_itself(delivery.user_agent, rules.site.senders)


def _facts(
    seen: _Seen,
    user_lead: str | None,
    *,
    at: int | None = None,
    email_lead: str | None = None,
    signed: bool = False,
    hits: Mapping[str, Hits] = {},
    pages: tuple[PageSeen, ...] = (),
    milestones: tuple[Milestone, ...] = (),
    traits: Mapping[str, Trait] = NO_TRAITS,
    confirmation: Confirmation | None = None,
) -> Facts:
    """The facts of an event: whoever it names was there at the event's own time. `at`: when what it tells began.

    A signature proves who it is, but not that a user id and an e-mail belong together.
    """
    claims: tuple[Claim, ...] = ()
    links: tuple[Link, ...] = ()
    lead_id = email_lead or user_lead
    known = seen.rules.identity == "open" or seen.trust == "proven"
    believed = known or signed
    if lead_id is not None and believed:
        claims = (Claim(seen.at, lead_id, "proven" if signed else seen.trust),)
        if email_lead is not None and user_lead is not None and known:
            links = (Link(seen.at, user_lead, email_lead, "email", seen.trust),)
    return Facts(
        to=seen.to, received_at=seen.received_at, at=seen.at if at is None else at, claims=claims, links=links,
        hits=hits, pages=pages, milestones=milestones, traits=traits if believed else NO_TRAITS,
        confirmation=confirmation,
        network=seen.network,
    )  # fmt: skip


def _page(event: Page | Screen, seen: _Seen, user_lead: str | None) -> Facts:
    address = addresses_in(seen.rules)(url_of(event, object_of(event.properties)))
    attention = 0 if seen.rules.site.measures_dwell(seen.source) else None
    page = address.seen(seen.at, seen.hit_id, dwell_ms=attention, interactions=attention)
    return _facts(seen, user_lead, hits=address.hits(page), pages=(page,), traits=address.traits(seen.at))


def _page_engaged(event: Track, seen: _Seen, user_lead: str | None) -> Facts:
    """Attention for a page that was opened before: complete in itself, a hit of that page at its start."""
    try:
        engaged = _ENGAGED.decode(event.properties or b"{}")
    except (ValueError, RecursionError, DecodeError) as error:
        raise refusal(error) from error
    hit_id = hit_id_of(seen.source, hashed_id(engaged.page_id) or made_page_id(event, engaged))
    address = addresses_in(seen.rules)(engaged.url)
    dwell_ms = min(max(engaged.dwell_ms, 0), MOST_DWELL_MS)
    interactions = min(max(engaged.interactions, 0), MOST_INTERACTIONS)
    at = seen.time_of(engaged.started_at)
    page = address.seen(at, hit_id, dwell_ms=dwell_ms, interactions=interactions)
    confirmation = _confirmation(engaged.url, page, seen) if MARK in engaged.url else None
    return _facts(seen, user_lead, at=at, hits=address.hits(page), pages=(page,), confirmation=confirmation)


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


def _track(event: Track, seen: _Seen, user_lead: str | None) -> Facts:
    if event.event == "page_engaged":
        return _page_engaged(event, seen, user_lead)
    properties = object_of(event.properties)
    if plain_name(event.event) == "form_submitted":
        name = text_of(properties.get("form"))
        kind = seen.rules.site.form(name)
        if kind not in REQUESTS and seen.rules.site.names_competitor(properties):
            kind = "comparison"
        return _form(seen, user_lead, kind=kind, what=name)
    meaning = seen.rules.site.track(event.event)
    if meaning is None:
        return _facts(seen, user_lead)
    if meaning.measure and not _is_enough(text_of(properties.get(meaning.measure)), meaning.at_least):
        return _facts(seen, user_lead)
    if meaning.form:
        return _form(seen, user_lead, kind=meaning.form, what=meaning.form)
    asset = text_of(properties.get(meaning.asset)) if meaning.asset else ""
    hits = {meaning.rule: (Hit(seen.at, seen.hit_id, asset or meaning.event),)} if meaning.rule else {}
    took_part: tuple[Milestone, ...] = ()
    if meaning.program and asset:
        took_part = (Milestone(seen.at, f"program_{meaning.program}", f"{seen.hit_id:016x}", asset),)
    return _facts(seen, user_lead, hits=hits, milestones=took_part)


def _is_enough(said: str, least: float) -> bool:
    """Whether a measure reaches its least value. A sender that cannot measure says nothing, and counts."""
    try:
        return not said or float(said) >= least
    except ValueError:
        return True


def _form(seen: _Seen, user_lead: str | None, *, kind: str, what: str) -> Facts:
    """A form that was filled in; those that ask for a talk, or for mail, are a milestone too."""
    hits = {rule.name: (Hit(seen.at, seen.hit_id, what),) for rule in seen.rules.scoring.hit_by_form(kind)}
    said = "requested" if kind in REQUESTS else "opted_in" if kind == OPT_IN else ""
    asked = (Milestone(seen.at, said, f"{seen.hit_id:016x}", kind),) if said else ()
    return _facts(seen, user_lead, hits=hits, milestones=asked)


def _identify(event: Identify, seen: _Seen, user_lead: str | None) -> Facts:
    said = object_of(event.traits)
    if event.context is not None and event.context.traits:
        said = object_of(event.context.traits) | said
    traits = traits_of(said, at=seen.at, meanings=seen.rules.site)
    email = traits.get("email")
    email_lead = None if email is None else seen.rules.naming.lead_of_email(email.value)
    signed = _is_signed(event, seen, email.value if email is not None else clean_id(event.user_id) or "")
    return _facts(seen, user_lead, email_lead=email_lead, signed=signed, traits=traits)


def _is_signed(event: Identify, seen: _Seen, name: str) -> bool:
    """Whether the site's server proved who this is. Raises Undecodable where it was to prove it and does not."""
    if seen.trust == "proven" or event.context is None or not event.context.identity:
        return False
    try:
        signature = signature_in(object_of(event.context.identity))
    except Undecodable:  # somebody else's `identity`, of another shape
        return False
    said = Signed(seen.source, clean_id(event.anonymous_id) or "", name)
    return seen.rules.signing.proves(signature, said, received_at=seen.received_at)


def _group(event: Group, seen: _Seen, user_lead: str | None) -> Facts:
    return _facts(seen, user_lead, traits=company_traits(object_of(event.traits), at=seen.at, meanings=seen.rules.site))


def _alias(event: Alias, seen: _Seen, user_lead: str | None) -> Facts:
    """Names its user; a `previousId` that is another user id points to that user from now on.

    One that is the event's own anonymous id says no more than the user id does. Nobody can tell another browser's
    anonymous id from a user id: it points as well, from a lead that nobody ever is.
    """
    try:
        previous = clean_id(event.previous_id)
    except BadId as error:
        raise Undecodable(Reason.NO_ID, str(error)) from error
    said = _facts(seen, user_lead)
    if previous is None or previous == clean_id(event.anonymous_id) or not said.claims or user_lead is None:
        return said
    previous_lead = seen.rules.naming.lead_of_user(previous)
    if previous_lead == user_lead:
        return said
    return replace(said, links=(Link(seen.at, previous_lead, user_lead, "alias", seen.trust),))


_READERS: Final[Mapping[type[AnyEvent], Callable[[Any, _Seen, str | None], Facts]]] = {
    Alias: _alias,
    Group: _group,
    Identify: _identify,
    Page: _page,
    Screen: _page,
    Track: _track,
}
