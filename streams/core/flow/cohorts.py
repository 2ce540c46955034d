"""The cohort CVR: of those who first came to a stage in a window, how many ever reached the next one, as of a date."""

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from streams.core.flow.ledger import Window, next_stage, percent
from streams.core.flow.postings import Posting
from streams.core.stage.stages import Stages

__all__ = ["COHORT_FORMULA", "Cohort", "cohort_of"]

COHORT_FORMULA: Final = "ever reached the next stage / first came in the window"


class Cohort(Struct, frozen=True, kw_only=True):
    """Who first came to `stage` in a window, and how many of them reached `next_stage` until `as_of`."""

    stage: str
    next_stage: str
    came: int
    reached: int
    as_of: int

    @property
    def cvr(self) -> str:
        """In percent, "-" where nobody came."""
        return percent(self.reached, self.came) if self.next_stage else "-"


def cohort_of(postings: Iterable[Posting], *, stage: str, window: Window, as_of: int, stages: Stages) -> Cohort:
    """One stage's cohort. Who passed through counts as having come, and as having reached; a correction as neither."""
    following = next_stage(stage, stages)
    came_at: dict[str, int] = {}
    reached_at: dict[str, int] = {}
    for one in postings:
        if one.change < 0 or one.kind in ("corrected", "relabelled") or one.at > as_of:
            continue
        if one.stage == stage:
            came_at[one.who] = min(one.at, came_at.get(one.who, one.at))
        elif one.stage == following and one.other == stage:
            reached_at[one.who] = min(one.at, reached_at.get(one.who, one.at))
    cohort = {who for who, at in came_at.items() if window.begins <= at < window.ends}
    return Cohort(stage=stage, next_stage=following, came=len(cohort), reached=len(cohort & reached_at.keys()),
                  as_of=as_of)  # fmt: skip
