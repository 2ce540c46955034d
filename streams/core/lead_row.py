"""A lead's row: parts of visitors, of leads that forward here and of deals; what people decided; the moves so far.

Times are UTC milliseconds, scores tenths, hit points hundredths.
"""

from typing import ClassVar

from msgspec import Struct

from schemas.activity import Activity, Decision, Milestone, Version, Void
from schemas.cards import Transition
from schemas.deals import DealFacts
from schemas.delivery import Trust
from schemas.mail import NO_MAIL, Mail
from streams.core.parts import Part, Told

__all__ = ["Evidence", "Known", "Latch", "Lead", "Move", "as_transition"]


class Known(Struct, frozen=True, array_like=True):
    """What a visitor, or a lead that forwards here, contributes."""

    known_at: int
    trust: Trust
    activity: Activity
    mail: Mail = NO_MAIL  # of a lead that forwards here, as its voids
    voids: tuple[Void, ...] = ()


class Evidence(Struct, frozen=True, array_like=True):
    """One hit that a score rested on."""

    rule: str
    hit_id: int
    hundredths: int
    via: str
    at: int = 0
    what: str = ""
    keep: int = 0  # how many its rule kept then


class Latch(Struct, frozen=True, array_like=True):
    """A score that qualified: taken once with what was known then, and never undone because points fade."""

    at: int
    total_tenths: int
    rules_version: str
    evidence: tuple[Evidence, ...]
    threshold_tenths: int = 0  # that it crossed


class Move(Struct, frozen=True, array_like=True):
    """One transition as the row remembers it; `by` decided it, `proof` led there where that is something else."""

    number: int
    account_id: str
    from_stage: str
    to_stage: str
    skipped: tuple[str, ...]
    via: str
    rule_id: str
    rules_version: str
    evidence: tuple[str, ...]
    effective_at: int
    recorded_at: int
    actor: str
    version: Version
    by: Milestone | None
    proof: Milestone | None = None
    sub_stage: str = ""
    corrects: int | None = None
    labels: dict[str, str] = {}


class Lead(Struct, frozen=True, array_like=True):
    """One person. `sources` by "visitor:<id>" or "lead:<id>", `deals` by deal id, `moves` newest first."""

    FORMAT: ClassVar[int] = 1
    version: Version
    as_of: int
    wake_at: int | None = None
    sources: dict[str, Part[Known]] = {}
    deals: dict[str, Part[DealFacts]] = {}
    decisions: tuple[Decision, ...] = ()
    latches: tuple[Latch, ...] = ()
    hot: bool = False
    moves: tuple[Move, ...] = ()
    told: Told = {}
    mail: Mail = NO_MAIL
    voids: tuple[Void, ...] = ()

    @property
    def stage(self) -> str:
        """Where the lead stands by its last move, "" before the first."""
        return self.moves[0].to_stage if self.moves else ""


def as_transition(lead_id: str, move: Move) -> Transition:
    """A move as others hear of it."""
    return Transition(
        lead_id=lead_id,
        number=move.number,
        account_id=move.account_id,
        from_stage=move.from_stage,
        to_stage=move.to_stage,
        skipped=move.skipped,
        via=move.via,
        rule_id=move.rule_id,
        rules_version=move.rules_version,
        evidence=move.evidence,
        effective_at=move.effective_at,
        recorded_at=move.recorded_at,
        actor=move.actor,
        version=move.version,
        sub_stage=move.sub_stage,
        corrects=move.corrects,
        labels=move.labels,
    )
