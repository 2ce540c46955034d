"""A lead's timeline: pages, what they gave, and moves of stage, merged by time and cut into days."""

from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Final, TypeAlias

from msgspec import Struct

from schemas.activity import PageSeen
from schemas.cards import LeadCard, ScoredHit, Transition
from streams.console.shown import day

__all__ = ["Day", "Gift", "Moment", "devices", "timeline"]

SERVER: Final = "server"


class Gift(Struct, frozen=True):
    """What one rule gave for one event, in hundredths of a point."""

    rule: str
    points_hundredths: int
    set_aside: str


class Moment(Struct, frozen=True, kw_only=True):
    """One event or one move. `device` "" = unknown; `what` is a path or a form."""

    at: int
    what: str = ""
    device: str = ""
    page: PageSeen | None = None
    gifts: tuple[Gift, ...] = ()
    move: Transition | None = None


Day: TypeAlias = tuple[str, list[Moment]]


def devices(lead: LeadCard) -> dict[str, str]:
    """A short name of each browser, in the card's order: `Device 1`; what came from a server is called so."""
    seen = dict.fromkeys((*lead.visitors, *(hit.via for _, hit in _hits(lead))))
    browsers = [via for via in seen if via and via != SERVER]
    return {SERVER: "Server", **{via: f"Device {number}" for number, via in enumerate(browsers, start=1)}}


def timeline(lead: LeadCard) -> list[Day]:
    """Days, newest first, with their moments, newest first. One event is one moment, however many rules it fed."""
    names = devices(lead)
    moments = [*_events(lead, names), *(Moment(at=move.effective_at, move=move) for move in lead.moves)]
    ordered = sorted(moments, key=lambda one: (-one.at, one.move is None, one.what))
    return [(name, list(some)) for name, some in groupby(ordered, key=lambda one: day(one.at))]


def _hits(lead: LeadCard) -> Iterable[tuple[str, ScoredHit]]:
    return ((line.label or line.name, hit) for line in lead.lines for hit in line.hits)


def _events(lead: LeadCard, names: Mapping[str, str]) -> list[Moment]:
    pages = {page.hit_id: page for page in lead.pages}
    gifts: dict[int, list[Gift]] = {}
    firsts: dict[int, ScoredHit] = {}
    for rule, hit in _hits(lead):
        gifts.setdefault(hit.hit_id, []).append(Gift(rule, hit.points_hundredths, hit.set_aside))
        firsts.setdefault(hit.hit_id, hit)
    return [
        _moment(pages.get(hit_id), firsts.get(hit_id), gifts=tuple(gifts.get(hit_id, ())), names=names)
        for hit_id in {**pages, **firsts}
    ]


def _moment(
    page: PageSeen | None, hit: ScoredHit | None, *, gifts: tuple[Gift, ...], names: Mapping[str, str]
) -> Moment:
    at = max(page.at if page else 0, hit.at if hit else 0)
    what = (page.path if page else "") or (hit.what if hit else "")
    return Moment(at=at, what=what, device=names.get(hit.via, "") if hit else "", page=page, gifts=gifts)
