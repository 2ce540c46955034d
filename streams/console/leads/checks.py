"""The five checks of a talk as a form: each question answered yes, no or unknown, the expected effect in words."""

from collections.abc import Mapping, Sequence
from typing import Final

from msgspec import Struct

from schemas.cards import LeadCard
from schemas.touches import Disposition
from streams.console.leads.acts import LONGEST_REASON, TOO_LONG, Form, Wrong, milestone_id
from streams.console.tongue import N_
from streams.core.lead.corrections import voided
from streams.core.rulebook.stages_rules import Check
from streams.core.rules import Rules
from streams.core.stage.checks import ACTIVE, UNKNOWN, WATCH, verdict

__all__ = ["ANSWERS", "Question", "checks_in", "foreseen", "is_asked", "questions"]

ANSWERS: Final = {"yes": N_("Yes"), "no": N_("No"), "unknown": N_("Not known")}
ASKED: Final = {
    "budget": N_("Is there a budget?"), "authority": N_("Do we talk to who decides?"),
    "needs": N_("Is there a need that we meet?"),
    "timeframe": N_("Is there a date by which they want it?"), "problem": N_("Is there a business problem?"),
    "obstacle": N_("Do they see what stands in the way?"), "solution": N_("Can our product be the solution?"),
    "effect": N_("Which effect do they expect?"),
}  # fmt: skip
FORESEEN: Final = {
    ACTIVE: N_("All are yes: it is a consultation to negotiate in."),
    WATCH: N_("All are answered, not all yes: a consultation that is kept warm."),
    "": N_("Some are not known yet: they stay in the meeting until all are answered."),
}


class Question(Struct, frozen=True):
    """One field. `text`: in words or a number. `answer`: what was said last, "" = nothing yet."""

    name: str
    words: str
    group: str
    text: bool
    answer: str = ""


def is_asked(card: LeadCard, rules: Rules) -> bool:
    """Whether the checks can be answered now: once a meeting took place, and again while they are in consultation."""
    held = card.stage == "meeting" and card.sub_stage == "held"
    return bool(rules.stages.check) and not card.merged_into and (held or card.stage == "consultation")


def questions(card: LeadCard, rules: Rules, said: Mapping[str, str] | None = None) -> tuple[Question, ...]:
    """The form, filled with `said`, else with what was answered last and stands."""
    filled = _answered_last(card) if said is None else said
    return tuple(
        Question(flag, ASKED.get(flag, flag.replace("_", " ")), check.name if check.flags else "", check.text,
                 filled.get(flag, ""))
        for check in rules.stages.check for flag in check.flags or (check.name,)
    )  # fmt: skip


def checks_in(form: Form, card: LeadCard, rules: Rules) -> tuple[Disposition | None, Wrong]:
    """The message that the filled-in form means, or what is wrong with it."""
    if not is_asked(card, rules):
        return None, {"kind": N_("The checks are asked for once a meeting took place. Say that first.")}
    fields = form.fields
    said = {one.name: fields.get(one.name, "").strip() for one in questions(card, rules, {})}
    wrong: Wrong = {}
    for one in questions(card, rules, {}):
        if one.text and not said[one.name]:
            wrong[one.name] = N_("Say it in words or as a number; write “unknown” where nobody knows it yet.")
        elif one.text and len(said[one.name]) > LONGEST_REASON:
            wrong[one.name] = TOO_LONG
        elif not one.text and said[one.name] not in ANSWERS:
            wrong[one.name] = N_("Answer yes, no, or not known.")
    if wrong:
        return None, wrong
    once = milestone_id(card.lead_id, "checked", fields.get("once", ""), now=form.now)
    return Disposition(
        to=card.lead_id, milestone_id=once, kind="checked", reason="", at=form.now, actor=form.actor, said=said
    ), {}  # fmt: skip


def foreseen(said: Mapping[str, str], checks: Sequence[Check]) -> str:
    """What these answers lead to, in words."""
    return FORESEEN[verdict(said, checks)]


def _answered_last(card: LeadCard) -> Mapping[str, str]:
    gone = voided(card.decisions)
    standing = (one for one in card.decisions if one.kind == "checked" and (one.kind, one.milestone_id) not in gone)
    last = max(standing, default=None)
    return {} if last is None else {name: _shown(value) for name, value in last.said}


def _shown(value: str) -> str:
    return "unknown" if value.strip().casefold() in UNKNOWN else value
