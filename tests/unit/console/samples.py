"""Invented companies as cards: what the console shows in its tests and screenshots. All times follow from `now`."""

from typing import Final

from msgspec.structs import replace

from schemas.activity import PageSeen, Version
from schemas.cards import (
    AccountCard,
    AlertCard,
    AlertLevel,
    MemberCard,
    ReturnLine,
    ReturnStrength,
)
from schemas.codec import encode
from schemas.rejected import Reason, Rejected
from streams.core.alert.words import offered
from streams.readmodel.writer import Entry
from tests.unit.console.lead_samples import DAY, HOUR, KIM, LEAD_ID, MINUTE, RULES, LeadSamples

__all__ = ["ALERT_ID", "HOSTILE", "LEAD_ID", "OTHER_LEAD_ID", "Samples"]

OTHER_LEAD_ID: Final = "1c9a77e04d2b4b0c8a3fe6f5b7d20e92"
ALERT_ID: Final = "al_5f3c19a2b7d84e60c1aa"
HOSTILE: Final = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "{{7*7}}",
    "javascript:alert(1)",
    "' onmouseover='alert(1)",
    "</style><svg onload=alert(1)>",
)
SIGNALS: Final = (
    ("deal_person", "Person of the lost deal is back", 5, 10),
    ("other_person", "Somebody else of the company", 3, 6),
    ("more_people", "More than one person", 4, 8),
    ("intent_day", "Day with pricing, comparison, demo or security", 4, 8),
    ("answer_page", "Read the answer to the reason of the loss", 5, 5),
    ("more_days", "Came on more than one day", 3, 9),
)


class Samples(LeadSamples):
    """All cards of one moment."""

    def mara(self) -> MemberCard:
        return MemberCard(
            lead_id=LEAD_ID,
            name="Mara Lindqvist",
            email="mara.lindqvist@northwind-robotics.example",
            title="Head of Production",
            trust="proven",
            stage="recycle_b",
            score_tenths=1_016,
            grade="A1",
            on_deal=True,
            active_days=2,
            last_active_at=self.now - 3 * MINUTE,
            reasons=("pricing_page 19.1", "product_page 9.0"),
        )

    def tomas(self) -> MemberCard:
        return MemberCard(
            lead_id=OTHER_LEAD_ID,
            name="Tomás Vega",
            email="t.vega@northwind-robotics.example",
            title="Controller",
            trust="claimed",
            stage="nurture",
            score_tenths=412,
            grade="B3",
            on_deal=False,
            active_days=1,
            last_active_at=self.now - 1 * DAY,
            reasons=("pricing_page 9.5",),
        )

    def strength(self, *counts: int) -> ReturnStrength:
        """`counts` of the signals in their order; their sum is R."""
        lines = tuple(
            ReturnLine(signal=name, label=label, count=count, strength=min(count * each, most), most=most)
            for (name, label, each, most), count in zip(SIGNALS, counts or (1, 1, 1, 1, 0, 1), strict=True)
        )
        total = sum(line.strength for line in lines)
        level: AlertLevel | None = "real_time" if total >= 8 else "digest" if total >= 4 else None
        return ReturnStrength(strength=total, lines=lines, halved=False, counted_from=self.now - 14 * DAY, level=level)

    def alert(self) -> AlertCard:
        return AlertCard(
            alert_id=ALERT_ID,
            version=Version(0, 412),
            as_of=self.now - 2 * MINUTE,
            rules_version=RULES,
            account_id="northwind-robotics.example",
            account_name="Northwind Robotics",
            episode=1,
            level="real_time",
            status="open",
            raised_at=self.now - 1 * DAY,
            real_time_at=self.now - 3 * MINUTE,
            updates=2,
            strength=self.strength(),
            fast_pass=False,
            deal=self.deal(),
            other_deals=("deal:generic:D-0877",),
            people=(self.mara(), self.tomas()),
            pages=self.pages()[:4],
            back_after_days=45,
            next_act="Value case first. No discount.",
            hold_until=None,
            human=True,
            recipient=KIM,
            offers=offered("open", held=False),
            due_at=self.now + 3 * HOUR,
        )

    def alerts(self) -> tuple[AlertCard, ...]:
        """Open ones of both levels, a claimed one, a closed one, a snoozed one."""
        first = self.alert()
        deal = first.deal
        bakery = replace(
            first,
            alert_id="al_digest",
            account_id="sorensen-foods.example",
            account_name="Sørensen Foods",
            level="digest",
            due_at=None,
            real_time_at=None,
            raised_at=self.now - 5 * HOUR,
            updates=0,
            back_after_days=112,
            other_deals=(),
            people=(replace(self.tomas(), name="", email="", title="", lead_id="a" * 32, on_deal=True),),
            pages=(PageSeen(self.now - 5 * HOUR, 7, "/product/batch-records", "product", 22_000, 3),),
            strength=self.strength(1, 0, 0, 0, 0, 0),
            deal=replace(
                deal,
                account_name="Sørensen Foods",
                amount=18_500.0,
                currency="DKK",
                lost_reason="feature_gap",
                competitor=None,
                owner=None,
                lost_at=self.now - 118 * DAY,
            ),
            next_act="Lost on a missing feature: show the release that closed the gap.",
            human=False,
        )
        held = replace(
            first,
            alert_id="al_held",
            account_id="han-river.example",
            account_name="Han River Logistics (한강물류)",
            strength=self.strength(0, 2, 1, 0, 0, 0),
            back_after_days=21,
            hold_until=self.now + 30 * DAY,
            other_deals=(),
            deal=replace(deal, amount=320_000_000.0, currency="KRW", lost_reason="timing", competitor=None),
            next_act="Information only: no contact before 2027-01-10. "
                     "Then: Ask what has changed: it was the wrong time then.",
            offers=offered("open", held=True),
        )
        asked = replace(
            first,
            alert_id="al_asked",
            account_id="pelican-glass.example",
            account_name="Pelican Glass",
            fast_pass=True,
            mail_stop_until=self.now + 30 * DAY,
            back_after_days=60,
            people=(self.tomas(),),
            strength=self.strength(0, 1, 0, 0, 0, 0),
            next_act="Ask what has changed since, and what they are looking for now.",
        )
        claimed = replace(
            first,
            alert_id="al_claimed",
            account_id="bluebell-health.example",
            account_name="Bluebell Health",
            status="claimed",
            claimed_by="Ines Duarte",
            claimed_at=self.now - 22 * MINUTE,
            due_at=self.now - 22 * MINUTE + 7 * DAY,
            offers=offered("claimed", held=False),
            strength=self.strength(1, 0, 0, 2, 0, 0),
        )
        closed = replace(
            first,
            alert_id="al_closed",
            account_id="orchard.example",
            account_name="Orchard Analytics",
            status="dismissed",
            closed_reason="job seeker",
            due_at=None,
            claimed_by="Ines Duarte",
            as_of=self.now - 2 * DAY,
            offers=(),
        )
        snoozed = replace(
            first,
            alert_id="al_snoozed",
            account_id="lantern.example",
            account_name="Lantern Shipping",
            status="snoozed",
            snoozed_until=self.now + 20 * DAY,
            due_at=None,
            offers=offered("snoozed", held=False),
        )
        return first, bakery, held, asked, claimed, closed, snoozed

    def account(self) -> AccountCard:
        return AccountCard(
            account_id="northwind-robotics.example",
            version=Version(0, 55),
            as_of=self.now - 2 * MINUTE,
            rules_version=RULES,
            name="Northwind Robotics",
            stage="recycle_b",
            engagement_tenths=714,
            breadth=2,
            fit=38,
            fit_grade="A",
            members=(self.mara(), self.tomas()),
            deals=(self.deal(),),
            strength=self.strength(),
            not_candidate="",
            alerts=(ALERT_ID,),
            wake_at=None,
        )

    def quiet_account(self) -> AccountCard:
        """No lost deal, so no return is watched for."""
        return replace(
            self.account(),
            account_id="tern-optics.example",
            name="Tern Optics",
            strength=None,
            deals=(),
            alerts=(),
            not_candidate="no lost deal",
            stage="nurture",
            engagement_tenths=231,
            members=(self.tomas(),),
            breadth=1,
        )

    def entries(self) -> dict[str, list[Entry]]:
        """All of them as the projector writes them."""
        return {
            "alerts": [(one.alert_id, encode(one)) for one in self.alerts()],
            "leads": [(self.lead().lead_id, encode(self.lead()))],
            "accounts": [(one.account_id, encode(one)) for one in (self.account(), self.quiet_account())],
            "rejected": [(f"0:{n}", encode(one)) for n, one in enumerate(self.rejected())],
        }

    def rejected(self) -> tuple[Rejected, ...]:
        return (
            Rejected(
                at=self.now - 4 * MINUTE,
                reason=Reason.UNKNOWN_TYPE,
                detail="Invalid value 'pageview' - at `$.type`",
                source="site",
                raw=b'{"type":"pageview","messageId":"m-1","properties":{"path":"/pricing"}}',
                topic="leadstream.visits.v1",
                partition=2,
                offset=18_204,
            ),
            Rejected(
                at=self.now - 31 * MINUTE,
                reason=Reason.JSON,
                detail="unexpected end of data",
                source="site",
                raw=b'{"type":"page","mess',
            ),
            Rejected(
                at=self.now - 2 * DAY,
                reason=Reason.MAPPING,
                detail='"deal_id" is missing',
                source="crm",
                raw=b'{"status":"lost","amount":148000}',
            ),
        )
