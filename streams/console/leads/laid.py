"""All that the page of one lead shows, laid out from its card and the rules."""

from collections.abc import Mapping
from typing import Final

from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse

from schemas.cards import LeadCard
from schemas.codec import LEAD_CARD
from streams.console.access.gate import shows
from streams.console.access.roles import may
from streams.console.access.security import session_of
from streams.console.desk import Desk
from streams.console.leads.acts import Wrong, offers
from streams.console.leads.checks import ANSWERS, is_asked, questions
from streams.console.leads.curve import HEIGHT, WIDTH, curve_drawing
from streams.console.leads.past import KINDS as SAID
from streams.console.leads.past import moves_of, said_of
from streams.console.leads.people import browsers_of
from streams.console.leads.timeline import CLOCKS, KINDS, OPEN_MOMENTS, asked_in, devices, folded, timeline
from streams.console.render import Frame
from streams.console.rules.at_hand import rules_at
from streams.console.tongue import N_
from streams.core.mail.send_gate import NOT_MAILED, Purpose, may_mail
from streams.core.rules import Rules
from streams.core.score.curve import curve_of
from streams.core.stage.stages import stages_in

__all__ = ["SENT", "Distance", "distance", "known_lead", "laid_out"]

SCALE: Final = 100
PURPOSES: Final[tuple[Purpose, ...]] = ("marketing", "transactional")
SENT: Final[Mapping[str, str]] = {
    "said": N_("Sent. It stands here as soon as a worker has taken it up."),
    "checked": N_("The answers are sent. They stand here as soon as a worker has taken them up."),
    "undone": N_("Sent. What was taken back stands here as such as soon as a worker has taken it up."),
    "merged": N_("The merge is ordered. All of the other person stands here as soon as the workers have taken it up."),
    "unmerged": N_("Ordered. They stand for themselves again as soon as the workers have taken it up."),
    "browser": N_(
        "Ordered. What came through this browser leaves or comes back as soon as the workers have taken it up."
    ),
}


class Distance(Struct, frozen=True):
    """How far the score is from the threshold, for the gauge: percent of its width."""

    score_percent: int
    threshold_percent: int
    above: bool
    gap_tenths: int


async def known_lead(desk: Desk, request: Request) -> LeadCard:
    """The lead of the address. Raises HTTPException 404, ReadModelAway."""
    lead = await desk.reader.lead(request.path_params["lead_id"])
    if lead is None:
        raise HTTPException(404)
    return lead


async def laid_out(
    desk: Desk, request: Request, lead: LeadCard, *, wrong: Wrong | None = None,
    filled: Mapping[str, str] | None = None, status: int = 200,
) -> HTMLResponse:  # fmt: skip
    """The page. `wrong`: what is wrong with the form that was sent, by field; `filled`: what was in it."""
    rules, frame = await rules_at(desk), await desk.frame()
    aliases = await desk.reader.many("lead", lead.aliases, LEAD_CARD)
    shows(request, (one.lead_id for one in aliases))
    asked = asked_in(request.query_params, lead)
    return desk.pages.page(
        request, "lead.html", frame, status=status, lead=lead, devices=devices(lead), asked=asked, kinds=KINDS,
        open_moments=OPEN_MOMENTS,
        folded=folded(timeline(lead, asked)), distance=distance(lead), said=said_of(lead), said_words=SAID,
        clock_words=CLOCKS,
        sum_tenths=sum(line.tenths for line in lead.lines), browsers=browsers_of(lead),
        others=[one for one in aliases if one.merged_into], wrong=wrong or {}, filled=filled or {},
        sent=SENT.get(request.query_params.get("sent", ""), ""), not_mailed=NOT_MAILED, answers=ANSWERS,
        leads_people=may(session_of(request).role, "leader"), width=WIDTH, height=HEIGHT, once=str(frame.now),
        **_by_rules(lead, rules, frame, filled=filled),
    )  # fmt: skip


def distance(lead: LeadCard) -> Distance:
    """The gauge reaches from 0 to 1.5 x threshold, or to the score where that is more."""
    end = max(lead.threshold_tenths * 3 // 2, lead.score_tenths, 1)
    return Distance(
        score_percent=max(0, lead.score_tenths) * SCALE // end,
        threshold_percent=max(0, lead.threshold_tenths) * SCALE // end,
        above=lead.score_tenths >= lead.threshold_tenths,
        gap_tenths=abs(lead.score_tenths - lead.threshold_tenths),
    )


def _by_rules(
    lead: LeadCard, rules: Rules | None, frame: Frame, *, filled: Mapping[str, str] | None
) -> dict[str, object]:
    """What needs the rules; without them the page says so."""
    if rules is None:
        return {"rules": None, "curve": None, "moves": (), "offers": (), "checks": (), "mailing": (), "reasons": {}}
    curve, known = curve_of(lead, rules), stages_in(rules).milestones
    answered = filled if filled is not None and filled.get("form") == "checked" else None
    return {
        "rules": rules,
        "curve": None if curve is None else curve_drawing(curve, now=frame.now),
        "moves": moves_of(lead, rules),
        "offers": offers(lead, rules),
        "reasons": {kind: rule.reasons for kind, rule in known.items()},
        "checks": questions(lead, rules, answered) if is_asked(lead, rules) else (),
        "mailing": tuple(
            may_mail(lead, now=frame.now, behind_ms=frame.beat_age_ms, rules=rules, purpose=purpose)
            for purpose in PURPOSES
        ),
    }  # fmt: skip
