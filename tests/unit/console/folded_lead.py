"""A lead as the core folds it from messages, so its curve, its moves and its checks are real. Times follow `now`."""

from typing import Any, Final

from schemas.activity import Activity, Hit, Milestone, PageSeen, Trait, Version
from schemas.cards import LeadCard
from schemas.touches import Disposition, MailEvent, MergeOrder, Tick, Touch, VisitorStanding
from streams.core.effects import Effects
from streams.core.lead import fold as lead
from streams.core.lead.fold import Lead
from tests.unit.console.lead_samples import DAY, HOUR
from tests.unit.console.sights import RULES

__all__ = ["ADA", "BO", "People"]

ADA: Final = "a" * 32
BO: Final = "b" * 32


class People:
    """Rows of leads, and what they say to each other until all is quiet."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.rows: dict[str, Lead] = {}
        self._cards: dict[str, LeadCard] = {}
        self._offset = 0

    def hear(self, *messages: Touch) -> "People":
        """Each in a record of its own."""
        waiting = list(messages)
        while waiting:
            message = waiting.pop(0)
            self._offset += 1
            folded = lead.fold(
                message.to, self.rows.get(message.to), [message], version=Version(0, self._offset), rules=RULES
            )
            self.rows[message.to] = folded.row
            effects: Effects = folded.effects
            waiting += effects.touches
            self._cards |= {card.lead_id: card for card in effects.leads}
        return self

    def card(self, who: str = ADA) -> LeadCard:
        """As it was said last."""
        return self._cards[who]

    def came(self, who: str = ADA, *, name: str = "Ada Vance", visitor: str = "v-laptop", **more: Any) -> "People":
        """Somebody reads, asks for a quote, and is known by an e-mail: an MQL by its score."""
        now, mail, own = self.now, f"{name.partition(' ')[0].lower()}@vance-controls.example", 100 * ord(who[0])
        pages = tuple(PageSeen(now - n * DAY, own + n, "/pricing", "pricing", 40_000, 3) for n in (2, 9, 16))
        hits = {
            "pricing_page": tuple(Hit(page.at, page.hit_id, page.path) for page in pages),
            "comparison_page": (
                Hit(now - 2 * DAY + HOUR, own + 31, "/compare/paper"), Hit(now - 9 * DAY, own + 32, "/compare/x")
            ),
            "form": (Hit(now - 2 * DAY, own + 41, "newsletter"),),
            "request": (Hit(now - 2 * DAY, own + 42, "quote"),),
        }
        traits = {"email": mail, "name": name, "title": "Head of Production", "company": "Vance Controls"}
        done = Activity(
            hits={name: tuple(sorted(kept, reverse=True)) for name, kept in hits.items()}, pages=pages,
            milestones=(Milestone(now - 2 * DAY, "requested", f"r{own}", "quote"),),
            traits={name: Trait(1, value) for name, value in traits.items()},
        )  # fmt: skip
        return self.hear(
            VisitorStanding(to=who, visitor_id=visitor, version=Version(0, 1), as_of=now - HOUR, trust="claimed",
                            known_at=now - 20 * DAY, activity=done, **more)
        )  # fmt: skip

    def says(self, kind: str, *, ago: int = 0, who: str = ADA, **more: Any) -> "People":
        """Sales says something."""
        at = self.now - ago
        told = {"reason": "", **more}
        return self.hear(
            Disposition(to=who, milestone_id=f"{kind}-{at}", kind=kind, at=at, actor="Ines Duarte", **told)
        )  # fmt: skip

    def merged(self, who: str, into: str, *, reason: str = "same signature") -> "People":
        """A leader says who somebody is."""
        return self.hear(MergeOrder(to=who, into=into, at=self.now, actor="Lea Brandt", reason=reason))

    def mailed(self, kind: Any, *, ago: int = 0, who: str = ADA) -> "People":
        """Something became of a mail."""
        at = self.now - ago
        return self.hear(MailEvent(to=who, kind=kind, mail_event_id=f"{kind}{at}", message_id="m1", at=at))

    def later(self, days: int, who: str = ADA) -> "People":
        """Time passes."""
        return self.hear(Tick(to=who, at=self.now + days * DAY))
