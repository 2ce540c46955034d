"""One person of an invented company, as the console's tests show her. All times follow from `now`."""

from typing import Final

from schemas.activity import PageSeen, Version
from schemas.cards import FitLine, LeadCard, ScoredHit, ScoreLine, Transition
from schemas.deals import DealFacts, DealPerson, Owner

__all__ = ["DAY", "HOUR", "KIM", "LEAD_ID", "MINUTE", "RULES", "LeadSamples"]

MINUTE: Final = 60_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
LEAD_ID: Final = "7d1f0c52a8e94b6fb1f2a0c9d3e45a11"
LAPTOP: Final = "b7c8e1f0-laptop"
PHONE: Final = "02ddc1a9-phone"
RULES: Final = "9f31c2ab77d0"
KIM: Final = Owner(recipient_id="rep:31f0", name="Jiwoo Kim", email="jiwoo.kim@leadstream.example")


class LeadSamples:
    """Mara, her pages, her deal, and why she has 101.6 points."""

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
