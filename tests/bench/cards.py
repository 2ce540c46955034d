"""A lead card of a usual size, to write into Redis."""

from schemas.activity import PageSeen, Version
from schemas.cards import FitLine, LeadCard, ScoredHit, ScoreLine
from schemas.codec import encode

__all__ = ["lead_card"]

_RULES = ("page_view", "return_visit", "product_page", "pricing_page", "form")
_AT = 1_795_262_400_000


def lead_card(lead_id: str, tenths: int, version: int) -> bytes:
    """The JSON of a card with five lines of three hits and four pages."""
    hits = tuple(
        ScoredHit(hit_id=n, at=_AT - n, what="/pricing", via=f"v-{lead_id}", points_hundredths=300) for n in range(3)
    )
    lines = tuple(
        ScoreLine(kind="rule", name=name, group="web", tenths=tenths // 5, keep=5, hits=hits) for name in _RULES
    )
    pages = tuple(PageSeen(_AT - n, n, "/pricing", "pricing", 12_000, 3) for n in range(4))
    return encode(
        LeadCard(
            lead_id=lead_id, version=Version(0, version), as_of=_AT, rules_version="0" * 12, name="Ada Aker",
            email="ada.aker@velano-works.example", traits={"title": "Buyer", "company": "Velano Works"},
            trust="claimed", known_at=_AT, account_id="velano-works.example",
            stage="nurture", stage_since=_AT, score_tenths=tenths,
            engagement_tenths=tenths, fit=12, grade="B2", hot=False, threshold_tenths=1_000, falls_below_at=None,
            lines=lines, fit_lines=(FitLine(trait="title", value="Buyer", points=4),), up=("pricing_page 9.1",),
            down=(), pages=pages, visitors=(f"v-{lead_id}",), deals=(), hold_until=None, moves=(), wake_at=None,
        )
    )  # fmt: skip
