"""What people take back: a correction names a milestone, which from then on decides nothing. Nothing is edited.

A correction that names nothing is a setback of its own: it leads back to the base.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import Final, TypeAlias

from schemas.activity import Decision, Milestone
from schemas.touches import Disposition
from streams.core.errors import UnknownDecision
from streams.core.lead.row import Lead
from streams.core.stage.milestone_sources import DERIVED

__all__ = ["BY_MILESTONE", "BY_MOVE", "CORRECTION", "Voided", "standing", "taken_back", "target_of", "voided"]

CORRECTION: Final = "correction"
BY_MILESTONE: Final = "milestone"  # in `said`: `kind:milestone_id`
BY_MOVE: Final = "move"  # in `said`: the number of a move, whose proof is meant
Voided: TypeAlias = frozenset[tuple[str, str]]
NOTHING: Final[Voided] = frozenset()


def taken_back(said: Disposition, row: Lead) -> Mapping[str, str]:
    """The answers of a correction, the move that it names resolved to what proved it. Raises UnknownDecision.

    What is derived anew at each fold, and what the CRM says, cannot be taken back here.
    """
    target = said.said.get(BY_MILESTONE, "")
    if not target and BY_MOVE in said.said:
        target = _proof_of(said.said[BY_MOVE], row)
    if not target:
        return {}
    kind, _, milestone_id = target.partition(":")
    if not milestone_id or kind in DERIVED:
        raise UnknownDecision(f"{target!r} cannot be taken back: name kind:id of what was said, asked or scored")
    return {BY_MILESTONE: target}


def voided(decisions: Collection[Decision]) -> Voided:
    """Kinds and ids that were taken back. A correction that a later one took back takes nothing back."""
    if not decisions:
        return NOTHING
    gone: set[tuple[str, str]] = set()
    for one in sorted((one for one in decisions if one.kind == CORRECTION), reverse=True):
        if (one.kind, one.milestone_id) not in gone and (target := target_of(one)):
            gone.add(target)
    return frozenset(gone) if gone else NOTHING


def standing(milestones: Iterable[Milestone], gone: Voided) -> tuple[Milestone, ...]:
    """Those that nobody took back."""
    if not gone:
        return tuple(milestones)
    return tuple(one for one in milestones if (one.kind, one.milestone_id) not in gone)


def target_of(correction: Decision) -> tuple[str, str] | None:
    """What a correction takes back, None where it names nothing."""
    kind, _, milestone_id = dict(correction.said).get(BY_MILESTONE, "").partition(":")
    return (kind, milestone_id) if kind else None


def _proof_of(number: str, row: Lead) -> str:
    move = next((move for move in row.moves if str(move.number) == number), None)
    proof = None if move is None else move.proof or move.by
    if proof is None:
        raise UnknownDecision(f"there is no move {number!r} to take back")
    return f"{proof.kind}:{proof.milestone_id}"
