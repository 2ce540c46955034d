"""The same journeys as an event log: each move is proved by a message, and the lead's fold decides it."""

from typing import Any, Final

from schemas.activity import Activity, Hit, Trait, Version
from schemas.cards import Transition
from schemas.deals import DealFacts, DealPerson, DealStanding
from schemas.touches import Disposition, VisitorStanding
from streams.core.lead import fold as lead
from streams.core.lead.fold import Lead
from tests.unit.core.flow_log import MoveLog
from tests.unit.core.made import RULES

__all__ = ["EventLog"]

MINUTE_MS: Final = 60_000
CHECKS: Final = dict.fromkeys(
    ("budget", "authority", "needs", "timeframe", "problem", "obstacle", "solution", "effect"), "yes"
)
BY_HAND: Final = {
    "T3": ("requested", "quote"), "T6": ("held", ""), "T7": ("disposition", "not_now"),
    "T8": ("disposition", "too_early"), "T10": ("disposition", "not_now"), "T12": ("opted_in", ""),
    "T14": ("dead_end", "student"),
}  # fmt: skip


class EventLog(MoveLog):
    """Says what proves a move instead of the move; the moves are those that the rows took."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: dict[str, Lead] = {}
        self.ats: dict[str, int] = {}

    def move(self, lead_id: str, to: str, *, at: int, rule: str = "", **_: Any) -> Transition:
        """One more message of this lead, and the move that follows."""
        at = self.ats[lead_id] = max(at, self.ats.get(lead_id, 0) + MINUTE_MS)
        offset = len(self.moves) + 1
        message = self._message(lead_id, to, at=at, rule=rule, version=Version(0, offset))
        folded = lead.fold(lead_id, self.rows.get(lead_id), [message], version=Version(0, offset), rules=RULES)
        self.rows[lead_id] = folded.row
        taken = [one for one in folded.effects.transitions if one.version == Version(0, offset)]
        assert [one.to_stage for one in taken] == [to], f"{lead_id} should go to {to}, went {taken}"
        self.moves += taken
        return taken[0]

    def _message(self, lead_id: str, to: str, *, at: int, rule: str, version: Version) -> Any:
        if to in ("gained", "nurture") and rule in ("T1", "T2"):
            read = {"product_page": (Hit(at, offset_of(lead_id), "/product"),)} if to == "nurture" else {}
            doings = Activity(hits=read, traits={"name": Trait(1, lead_id)})
            return VisitorStanding(to=lead_id, visitor_id=lead_id, version=version, as_of=at, known_at=at,
                                   trust="proven", activity=doings)  # fmt: skip
        if rule == "T11":
            more: dict[str, Any] = {"status": "won", "won_at": at}
            if to == "recycle_b":
                more = {"status": "lost", "lost_at": at, "lost_reason": "timing"}
            facts = DealFacts(deal_id=f"deal:crm:{lead_id}", account_id="acme.example", account_name="Acme",
                              reported_at=at, people=(DealPerson(lead_id, "", ""),), **more)  # fmt: skip
            return DealStanding(to=lead_id, deal_id=facts.deal_id, version=version, as_of=at, deal=facts)
        kind, reason = ("checked", "") if rule == "T9" else BY_HAND[rule]
        said = CHECKS if rule == "T9" else {}
        return Disposition(to=lead_id, milestone_id=f"{kind}@{at}", kind=kind, reason=reason, at=at, actor="Rita",
                           said=said)  # fmt: skip


def offset_of(lead_id: str) -> int:
    """A hit id of this lead's own."""
    return int.from_bytes(lead_id.encode()[-7:], "big")
