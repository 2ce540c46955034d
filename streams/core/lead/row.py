"""A lead's row: parts of visitors, of leads that forward here and of deals; what people decided; the moves so far.

Times are UTC milliseconds, scores tenths, hit points hundredths.
"""

from typing import Final, NamedTuple

from msgspec import Struct

from schemas.activity import Claim, Decision, Milestone, Version, Void
from schemas.cards import RulesCrossing, Transition
from schemas.deals import DealFacts
from schemas.lead_body import Evidence, Known, Latch, LeadBody
from schemas.mail import NO_MAIL, Mail
from streams.core.parts import Part, Told

__all__ = [
    "MAX_DEALS", "MAX_LATCHES", "Absorbed", "AudienceMove", "Erased", "Erasure", "Evidence", "Known", "Latch", "Lead",
    "Move", "Order", "as_transition",
]  # fmt: skip

MAX_DEALS: Final = 16
MAX_LATCHES: Final = 8


class Order(NamedTuple):
    """What an operator ordered last. `into` "" = took a merge back. Sorting orders sorts by freshness."""

    at: int
    into: str
    actor: str
    reason: str


class Erasure(NamedTuple):
    """Somebody ordered that a lead be forgotten: this one, or one that it turned out to be. The first order stands."""

    at: int
    actor: str
    lead_id: str


class Erased(Struct, frozen=True, array_like=True):
    """That a person was erased: by whose order, and `since` when by the row's own time.

    The rest are the keys of those who were told, so that they are told again where the order comes again; a day later
    (`again_at`) they are in any case, and four weeks after that their keys are forgotten too.
    """

    at: int
    actor: str
    since: int
    again_at: int = 0
    visitors: tuple[str, ...] = ()
    leads: tuple[str, ...] = ()
    deals: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()


class Absorbed(Struct, frozen=True, array_like=True):
    """What a lead that forwards here says: the ways it came (`LeadForward.through`), and its body (None: hollow)."""

    through: tuple[tuple[str, ...], ...]
    body: LeadBody | None


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


class AudienceMove(NamedTuple):
    """One audience entered or left. `told`: it was announced, as it is whenever its message comes again."""

    number: int
    audience: str
    is_in: bool
    at: int
    version: Version
    told: bool


class Lead(Struct, frozen=True, array_like=True):
    """One person. `sources` by "visitor:<id>", `absorbed` by lead id, `deals` by deal id; moves newest first.

    `emails`, `aliases`: who this lead was said to be, and when; `order`: who an operator said it is. `pointed`: whom it
    forwards to. `withdrawn_at`: when it stopped standing for an account, or pointing to a lead.

    `rules_version`: of the rules that it was folded with last. `held_back`: the stage that these rules alone lead to,
    "" for none: no move until something happens. `crossed`: they lifted the score over the threshold.

    `contacts` of CRMs with its address, and when that was said; `erasures` that were ordered here; `erased`: they took
    effect, and the row keeps nothing but its moves, whom it withdrew from and, for four weeks, its audiences.
    """

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
    absorbed: dict[str, Part[Absorbed]] = {}
    emails: tuple[Claim, ...] = ()
    aliases: tuple[Claim, ...] = ()
    order: Order | None = None
    pointed: Told = {}
    rules_version: str = ""
    held_back: str = ""
    crossed: RulesCrossing | None = None
    withdrawn_at: dict[str, int] = {}
    audience_moves: tuple[AudienceMove, ...] = ()
    contacts: dict[str, int] = {}
    erasures: tuple[Erasure, ...] = ()
    erased: Erased | None = None

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
