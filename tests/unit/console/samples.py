"""Invented companies as cards: what the console shows in its tests and screenshots. All times follow from `now`."""

from typing import Final

from msgspec.structs import replace

from schemas.activity import PageSeen, Version
from schemas.cards import (
    AccountCard,
    AlertCard,
    FitLine,
    LeadCard,
    MemberCard,
    ReturnLine,
    ReturnStrength,
    ScoredHit,
    ScoreLine,
    Transition,
)
from schemas.deals import DealFacts, DealPerson, Owner
from schemas.rejected import Reason, Rejected

__all__ = ["ALERT_ID", "HOSTILE", "LEAD_ID", "Samples"]

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
LEAD_ID: Final = "7d1f0c52a8e94b6fb1f2a0c9d3e45a11"
OTHER_LEAD_ID: Final = "1c9a77e04d2b4b0c8a3fe6f5b7d20e92"
ALERT_ID: Final = "al_5f3c19a2b7d84e60c1aa"
LAPTOP: Final = "b7c8e1f0-laptop"
PHONE: Final = "02ddc1a9-phone"
RULES: Final = "9f31c2ab77d0"
HOSTILE: Final = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "{{7*7}}",
    "javascript:alert(1)",
    "' onmouseover='alert(1)",
    "</style><svg onload=alert(1)>",
)

KIM: Final = Owner(recipient_id="rep:31f0", name="Jiwoo Kim", email="jiwoo.kim@leadstream.example")


class Samples:
    """All cards of one moment."""

    def __init__(self, now: int) -> None:
        self.now = now

    def pages(self) -> tuple[PageSeen, ...]:
        now = self.now
        return (
            PageSeen(now - 3 * MINUTE, 901, "/pricing", "pricing", 74_000, 12),
            PageSeen(now - 6 * MINUTE, 902, "/compare/handcrafted-spreadsheets", "comparison", 48_000, 7),
            PageSeen(now - 9 * MINUTE, 903, "/product/line-monitoring", "product", 121_000, 23),
            PageSeen(now - 1 * DAY - 2 * HOUR, 904, "/pricing", "pricing", 31_000, 4),
            PageSeen(now - 1 * DAY - 2 * HOUR - 4 * MINUTE, 905, "/", "other", 8_000, 1),
            PageSeen(now - 5 * DAY, 906, "/product/line-monitoring", "product", None, None),
        )

    def deal(self) -> DealFacts:
        return DealFacts(
            deal_id="deal:generic:D-1042",
            status="lost",
            account_id="northwind-robotics.example",
            account_name="Northwind Robotics",
            reported_at=self.now - 46 * DAY,
            lost_at=self.now - 47 * DAY,
            lost_reason="price",
            lost_stage="Negotiation",
            competitor="Helios MES",
            amount=148_000.0,
            currency="EUR",
            owner=KIM,
            people=(DealPerson(LEAD_ID, "mara.lindqvist@northwind-robotics.example", "Mara Lindqvist"),),
        )

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

    def strength(self) -> ReturnStrength:
        return ReturnStrength(
            strength=19,
            halved=False,
            counted_from=self.now - 14 * DAY,
            level="real_time",
            lines=(
                ReturnLine(signal="deal_person", label="person of the lost deal, active", count=1, strength=5, most=10),
                ReturnLine(
                    signal="other_person", label="other person of the account, active", count=1, strength=3, most=6
                ),
                ReturnLine(signal="more_people", label="each person beyond the first", count=1, strength=4, most=8),
                ReturnLine(signal="intent_day", label="day with a high-intent page", count=1, strength=4, most=8),
                ReturnLine(
                    signal="answer_page", label="page that answers the lost reason", count=0, strength=0, most=5
                ),
                ReturnLine(signal="more_days", label="each active day beyond the first", count=1, strength=3, most=9),
            ),
        )

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
            next_act="Lost on price: open with the value case, offer no discount first.",
            hold_until=None,
            human=True,
            recipient=KIM,
        )

    def alerts(self) -> tuple[AlertCard, ...]:
        """Open ones of both levels, a claimed one, a closed one."""
        first = self.alert()
        deal = first.deal
        bakery = replace(
            first,
            alert_id="al_digest",
            account_id="sorensen-foods.example",
            account_name="Sørensen Foods",
            level="digest",
            real_time_at=None,
            raised_at=self.now - 5 * HOUR,
            updates=0,
            back_after_days=112,
            other_deals=(),
            people=(replace(self.tomas(), name="", email="", title="", lead_id="a" * 32, active_days=1),),
            pages=(PageSeen(self.now - 5 * HOUR, 7, "/product/batch-records", "product", 22_000, 3),),
            strength=ReturnStrength(
                strength=5,
                halved=False,
                counted_from=0,
                level="digest",
                lines=(
                    ReturnLine(
                        signal="deal_person", label="person of the lost deal, active", count=1, strength=5, most=10
                    ),
                ),
            ),
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
            fast_pass=True,
            strength=replace(first.strength, strength=11),
            back_after_days=21,
            hold_until=self.now + 30 * DAY,
            other_deals=(),
            deal=replace(deal, amount=320_000_000.0, currency="KRW", lost_reason="timing", competitor=None),
            next_act="Lost on timing: ask what has changed since.",
        )
        claimed = replace(
            first,
            alert_id="al_claimed",
            account_id="pelican-glass.example",
            account_name="Pelican Glass",
            status="claimed",
            claimed_by="Ines Duarte",
            claimed_at=self.now - 22 * MINUTE,
            strength=replace(first.strength, strength=13),
        )
        closed = replace(
            first,
            alert_id="al_closed",
            account_id="orchard.example",
            account_name="Orchard Analytics",
            status="dismissed",
            closed_reason="job seeker",
            claimed_by="Ines Duarte",
            as_of=self.now - 2 * DAY,
        )
        return first, bakery, held, claimed, closed

    def lead(self) -> LeadCard:
        now = self.now
        return LeadCard(
            lead_id=LEAD_ID,
            version=Version(0, 977),
            as_of=now - 2 * MINUTE,
            rules_version=RULES,
            name="Mara Lindqvist",
            email="mara.lindqvist@northwind-robotics.example",
            traits={"title": "Head of Production", "company": "Northwind Robotics", "country": "SE"},
            trust="proven",
            known_at=now - 210 * DAY,
            account_id="northwind-robotics.example",
            stage="recycle_b",
            stage_since=now - 47 * DAY,
            score_tenths=1_016,
            engagement_tenths=636,
            fit=38,
            grade="A1",
            hot=True,
            threshold_tenths=1_000,
            falls_below_at=now + 9 * HOUR,
            lines=self.lines(),
            fit_lines=(
                FitLine(trait="seniority", value="director", points=12),
                FitLine(trait="department", value="production", points=8),
                FitLine(trait="company_size", value="250-999", points=12),
                FitLine(trait="segment", value="", points=0),
                FitLine(trait="region", value="SE", points=6),
            ),
            up=("pricing_page 19.1", "return_visit 13.4", "product_page 9.0"),
            down=("web cap -1.9",),
            pages=self.pages(),
            visitors=(LAPTOP, PHONE),
            deals=(self.deal(),),
            hold_until=now + 43 * DAY,
            moves=(
                self.move(3, now - 47 * DAY, ("consultation", "recycle_b"), "T11"),
                self.move(2, now - 120 * DAY, ("gained", "consultation"), "T11"),
                self.move(1, now - 210 * DAY, ("", "gained"), "T1"),
            ),
            wake_at=now + 9 * HOUR,
        )

    def lines(self) -> tuple[ScoreLine, ...]:
        """They add up to 101.6."""
        now = self.now

        def hit(hit_id: int, ago: int, what: str, *, points: int, via: str = LAPTOP, aside: str = "") -> ScoredHit:
            return ScoredHit(hit_id=hit_id, at=now - ago, what=what, via=via, points_hundredths=points, set_aside=aside)

        def rule(name: str, label: str, tenths: int, keep: int, *hits: ScoredHit, group: str = "web") -> ScoreLine:
            return ScoreLine(kind="rule", name=name, label=label, group=group, tenths=tenths, keep=keep, hits=hits)

        return (
            rule(
                "pricing_page",
                "Read the pricing page",
                191,
                3,
                hit(901, 3 * MINUTE, "/pricing", points=1_000),
                hit(904, 26 * HOUR, "/pricing", points=906, via=PHONE),
                hit(890, 51 * DAY, "/pricing", points=0, aside="before the lost deal"),
            ),
            rule(
                "return_visit",
                "Came back on another day",
                134,
                3,
                hit(903, 9 * MINUTE, "", points=500),
                hit(905, 26 * HOUR, "", points=453, via=PHONE),
                hit(906, 5 * DAY, "", points=390),
            ),
            rule(
                "comparison_page",
                "Compared us with another way",
                100,
                2,
                hit(902, 6 * MINUTE, "/compare/handcrafted-spreadsheets", points=1_000),
            ),
            rule(
                "product_page",
                "Read a product page",
                60,
                5,
                hit(903, 9 * MINUTE, "/product/line-monitoring", points=300),
                hit(906, 5 * DAY, "/product/line-monitoring", points=298),
            ),
            rule(
                "page_view",
                "Opened pages",
                34,
                5,
                hit(901, 3 * MINUTE, "/pricing", points=100),
                hit(902, 6 * MINUTE, "/compare/handcrafted-spreadsheets", points=100),
                hit(903, 9 * MINUTE, "/product/line-monitoring", points=100),
            ),
            ScoreLine(kind="cap", name="web cap", label="Web counts at most 50", group="web", tenths=-19),
            rule("request", "Asked for a quote", 136, 2, hit(700, 20 * DAY, "quote", points=1_361), group="forms"),
            ScoreLine(kind="fit", name="fit", label="Fit", group="fit", tenths=380),
        )

    def move(self, number: int, at: int, way: tuple[str, str], rule_id: str) -> Transition:
        return Transition(
            lead_id=LEAD_ID,
            number=number,
            account_id="northwind-robotics.example",
            from_stage=way[0],
            to_stage=way[1],
            skipped=(),
            via="crm",
            rule_id=rule_id,
            rules_version=RULES,
            evidence=("deal:generic:D-1042",),
            effective_at=at,
            recorded_at=at,
            actor="",
            version=Version(0, number),
        )

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
