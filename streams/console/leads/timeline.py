"""A lead's timeline: pages, what they gave, what sales said, and moves of stage, merged by time and cut into days."""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Final, TypeAlias

from msgspec import Struct
from msgspec.structs import replace

from schemas.activity import Decision, PageSeen
from schemas.cards import LeadCard, ScoredHit, Transition
from streams.console.shown import day
from streams.console.tongue import N_, filled

__all__ = [
    "CLOCKS", "KINDS", "OPEN_MOMENTS", "Asked", "Day", "Folded", "Gift", "Moment", "asked_in", "devices", "folded",
    "timeline",
]  # fmt: skip

SERVER: Final = "server"
MAIL: Final = "mail"
KINDS: Final = {"pages": N_("Pages"), "forms": N_("Forms and files"), "mail": N_("Mail"), "sales": N_("Sales"),
"moves": N_("Stage moves")}
CLOCKS: Final = {
    "too_late": N_("time by our clock: the sender's was ahead"),
    "too_old": N_("earlier, by the sender's clock: more than 7 days before it came"),
    "unreadable": N_("time by our clock: the sender named none that can be"),
}
OPEN_DAYS: Final = 5  # those beyond are folded away, and so is what is beyond so many of one day
OPEN_MOMENTS: Final = 10


class Gift(Struct, frozen=True):
    """What one rule gave for one event, in hundredths of a point."""

    rule: str
    points_hundredths: int
    set_aside: str


class Moment(Struct, frozen=True, kw_only=True):
    """One event, one word of sales, or one move. `device` "" = unknown; `what` is a path, a form, a mail.

    `clock`: why `at` is ours and not the sender's, one of `CLOCKS` or "".
    """

    at: int
    what: str = ""
    device: str = ""
    page: PageSeen | None = None
    gifts: tuple[Gift, ...] = ()
    move: Transition | None = None
    said: Decision | None = None
    clock: str = ""

    @property
    def kind(self) -> str:
        """One of `KINDS`."""
        if self.move is not None:
            return "moves"
        if self.said is not None:
            return "sales"
        return "pages" if self.page is not None else "mail" if self.device == "Mail" else "forms"


class Asked(Struct, frozen=True):
    """What is shown of it: one kind, one device, or (with "") all."""

    kind: str = ""
    device: str = ""

    def shows(self, moment: Moment) -> bool:
        """Whether this one is asked for."""
        return self.kind in ("", moment.kind) and self.device in ("", moment.device)


Day: TypeAlias = tuple[str, list[Moment]]


class Folded(Struct, frozen=True):
    """Days that stand open, and those that are folded away with how many moments are in them."""

    open: Sequence[Day]
    more: Sequence[Day]
    hidden: int


def devices(lead: LeadCard) -> dict[str, str]:
    """A short name of each browser, in the card's order: `Device 1`; what came from a server is called so."""
    seen = dict.fromkeys((*lead.visitors, *(hit.via for _, hit in _hits(lead))))
    known = [via for via in seen if via in lead.visitors or "@" not in via]
    browsers = [via for via in known if via and via not in (SERVER, MAIL)]
    names = {SERVER: N_("Server"), MAIL: N_("Mail"), **{via: _device(n) for n, via in enumerate(browsers, start=1)}}
    # What came through a lead that is this one now: the browser is the same.
    return names | {via: names.get(via.rpartition("@")[0], "") for via in seen if via not in names and via}


def _device(number: int) -> str:
    return filled(N_("Device %(n)s"), n=number)


def asked_in(query: Mapping[str, str], lead: LeadCard) -> Asked:
    """`?kind=pages&device=Device+2`; what there is not of is passed over."""
    kind, device = query.get("kind", ""), query.get("device", "")
    return Asked(kind if kind in KINDS else "", device if device in devices(lead).values() else "")


def timeline(lead: LeadCard, asked: Asked | None = None) -> list[Day]:
    """Days, newest first, with their moments, newest first. One event is one moment, however many rules it fed."""
    names, wanted = devices(lead), asked or Asked()
    moments = [
        *_events(lead, names),
        *(Moment(at=move.effective_at, move=move) for move in lead.moves),
        *(Moment(at=said.at, said=said) for said in lead.decisions),
    ]
    ordered = sorted(filter(wanted.shows, moments), key=lambda one: (-one.at, one.move is None, one.what))
    return [(name, list(some)) for name, some in groupby(ordered, key=lambda one: day(one.at))]


def folded(days: Sequence[Day]) -> Folded:
    """The newest days open, the rest behind one line."""
    more = days[OPEN_DAYS:]
    return Folded(days[:OPEN_DAYS], more, sum(len(moments) for _, moments in more))


def _hits(lead: LeadCard) -> Iterable[tuple[str, ScoredHit]]:
    return ((line.label or line.name, hit) for line in lead.lines for hit in line.hits)


def _events(lead: LeadCard, names: Mapping[str, str]) -> list[Moment]:
    pages = {page.hit_id: page for page in lead.pages}
    gifts: dict[int, list[Gift]] = {}
    firsts: dict[int, ScoredHit] = {}
    for rule, hit in _hits(lead):
        gifts.setdefault(hit.hit_id, []).append(Gift(rule, hit.points_hundredths, hit.set_aside))
        firsts.setdefault(hit.hit_id, hit)
    clocks = {(hit.at, hit.hit_id): hit.what for hit in lead.by_our_clock}
    moments = {
        hit_id: _moment(pages.get(hit_id), firsts.get(hit_id), gifts=tuple(gifts.get(hit_id, ())), names=names)
        for hit_id in {**pages, **firsts}
    }
    return [replace(one, clock=clocks.get((one.at, hit_id), "")) if clocks else one for hit_id, one in moments.items()]


def _moment(
    page: PageSeen | None, hit: ScoredHit | None, *, gifts: tuple[Gift, ...], names: Mapping[str, str]
) -> Moment:
    at = max(page.at if page else 0, hit.at if hit else 0)
    what = (page.path if page else "") or (hit.what if hit else "")
    return Moment(at=at, what=what, device=names.get(hit.via, "") if hit else "", page=page, gifts=gifts)
