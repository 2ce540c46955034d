"""What was said and done about a lead: decisions of sales, moves of its stage with their proof; what can be undone."""

from collections.abc import Iterator, Mapping
from typing import Final

from msgspec import Struct

from schemas.activity import Decision
from schemas.cards import LeadCard, ScoredHit, Transition
from schemas.touches import Disposition
from streams.console.leads.acts import LONGEST_REASON, TOO_LONG, Form, Wrong, milestone_id
from streams.console.shown import OnDay, words
from streams.console.tongue import N_, filled
from streams.core.lead.corrections import BY_MILESTONE, BY_MOVE, CORRECTION, target_of, voided
from streams.core.rulebook.stages_rules import Arrow
from streams.core.rules import Rules
from streams.core.stage.milestone_sources import DERIVED
from streams.core.stage.stages import stages_in

__all__ = ["KINDS", "MoveRow", "SaidRow", "moves_of", "said_of", "undone_by"]

SCORE: Final = "score "
KINDS: Final = {
    "attempt": N_("Tried to reach them"), "accepted": N_("Sales took it over"), "booked": N_("Meeting booked"),
    "held": N_("Meeting took place"), "no_show": N_("They did not come"),
    "checked": N_("The five checks were answered"),
    "disposition": N_("Not now"), "dead_end": N_("Not a buyer"), "restored": N_("A buyer after all"),
    "requested": N_("Asked for a talk"), "opted_in": N_("Wanted mail again"),
    "reviewed": N_("The new score was approved"),
    "returned": N_("Answered an alert: they talk"), "correction": N_("Taken back"),
    "qualified": N_("The score was enough"),
    "identified": N_("Known by name"), "engaged": N_("Showed interest"), "deal_open": N_("A deal is open"),
    "deal_won": N_("A deal was won"), "deal_lost": N_("A deal was lost"), "merged": N_("Is another person"),
    "visited": N_("Came back after the hold"), "page_seen": N_("First page"),
    "target_attended": N_("Came to a program of ours"),
}  # fmt: skip


class SaidRow(Struct, frozen=True):
    """One decision. `gone`: it was taken back. `target`: what to name to take it back, "" where that cannot be."""

    said: Decision
    title: str
    gone: bool
    target: str


class MoveRow(Struct, frozen=True):
    """One move. `by`: what led there, `to`: where its arrow leads, "" = no arrow of the rules.

    `undone`: the number of the move that took it back, None = it stands.
    """

    move: Transition
    by: str
    to: str
    evidence: tuple[str, ...]
    undone: int | None
    can_undo: bool


def said_of(card: LeadCard) -> tuple[SaidRow, ...]:
    """What sales said, the newest first."""
    gone = voided(card.decisions)
    return tuple(
        SaidRow(one, _title(one), (one.kind, one.milestone_id) in gone,
                "" if (one.kind, one.milestone_id) in gone or card.merged_into else f"{one.kind}:{one.milestone_id}")
        for one in card.decisions
    )  # fmt: skip


def moves_of(card: LeadCard, rules: Rules) -> tuple[MoveRow, ...]:
    """The moves that are kept, the newest first."""
    undone = {one.corrects: one.number for one in card.moves if one.corrects is not None}
    hits = {hit.hit_id: hit for line in card.lines for hit in line.hits}
    gone = voided(card.decisions)
    return tuple(
        MoveRow(move, *_rule(move, rules), tuple(_evidence(move, hits)), undone.get(move.number),
                not card.merged_into and move.number not in undone and _can_undo(move, gone))
        for move in card.moves
    )  # fmt: skip


def undone_by(form: Form, card: LeadCard, rules: Rules) -> tuple[Disposition | None, Wrong]:
    """The correction that a form asks for, or what is wrong with it."""
    fields = form.fields
    target, number, why = fields.get("target", ""), fields.get("move", ""), fields.get("reason", "").strip()
    wrong: Wrong = {}
    if not why:
        wrong["reason"] = N_("Say why, in a few words: it is kept with the move.")
    elif len(why) > LONGEST_REASON:
        wrong["reason"] = TOO_LONG
    known = {one.target for one in said_of(card) if one.target}
    can = {str(one.move.number) for one in moves_of(card, rules) if one.can_undo}
    if target not in known and (target or number not in can):
        wrong["target"] = N_("This cannot be taken back: somebody was faster, or it follows from what is known.")
    if wrong:
        return None, wrong
    once = milestone_id(card.lead_id, f"{CORRECTION}|{target or number}", fields.get("once", ""), now=form.now)
    said = {BY_MILESTONE: target} if target else {BY_MOVE: number}
    return Disposition(
        to=card.lead_id, milestone_id=once, kind=CORRECTION, reason=why, at=form.now, actor=form.actor, said=said
    ), {}  # fmt: skip


def _title(one: Decision) -> str:
    target = target_of(one) if one.kind == CORRECTION else None
    if target is None:
        return KINDS.get(one.kind, words(one.kind))
    return filled(N_("Took back: %(what)s"), what=filled(KINDS.get(target[0], target[0])))


def _rule(move: Transition, rules: Rules) -> tuple[str, str]:
    """What led there, and to which stage, as stages.toml says it."""
    stages = stages_in(rules)
    arrow = _arrow(move, rules)
    if arrow is None:
        return (N_("What led there no longer holds") if move.via == CORRECTION else words(move.via)), ""
    to = stages.by_name[arrow.to].label if arrow.to in stages.by_name else N_("wherever the rest leads")
    return KINDS.get(arrow.by, words(arrow.by)), to


def _arrow(move: Transition, rules: Rules) -> Arrow | None:
    """Several arrows share an id (T11: a deal won, and one lost): what proved the move tells them apart, or its end."""
    proved = {one.partition(":")[0] for one in move.evidence}
    fitting = [one for one in rules.stages.arrow if (one.id, one.via) == (move.rule_id, move.via)]
    return max(fitting, key=lambda one: (one.by in proved, one.to == move.to_stage), default=None)


def _evidence(move: Transition, hits: Mapping[int, ScoredHit]) -> Iterator[str]:
    for one in move.evidence:
        rule, _, number = one.rpartition(" hit ")
        kind, colon, rest = one.partition(":")
        if rule and number.isdigit():
            hit = hits.get(int(number))
            name, _, given = rule.partition(" ")
            if hit is None:
                yield filled(N_("%(what)s %(points)s"), what=filled(words(name)), points=given)
            else:
                yield filled(N_("%(what)s %(points)s (%(where)s, %(day)s)"), what=filled(words(name)), points=given,
                             where=hit.what or filled(words(name)), day=OnDay(hit.at))  # fmt: skip
        elif colon and kind in KINDS:
            about = KINDS.get(rest.partition(":")[0], "") if kind == CORRECTION else words(rest.partition(" ")[2])
            what = filled(KINDS[kind])
            yield filled(N_("%(what)s: %(about)s"), what=what, about=filled(about)) if about else what
        else:
            yield words(one)


def _can_undo(move: Transition, gone: frozenset[tuple[str, str]]) -> bool:
    """Only what was said, asked or scored: what follows from facts is undone by changing them."""
    first = move.evidence[0] if move.evidence else ""
    kind, colon, rest = first.partition(":")
    if first.startswith(SCORE) or move.via == CORRECTION:  # a correction is taken back where it was said
        return move.via != CORRECTION
    target = (kind, rest.partition(" ")[0])
    return bool(colon) and kind not in DERIVED and kind in KINDS and kind != CORRECTION and target not in gone
