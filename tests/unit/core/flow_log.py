"""A log of moves as the leads' rows would write it: the journeys of 16,000 invented people in two windows."""

from collections.abc import Iterable
from random import Random

from schemas.activity import Version
from schemas.cards import Transition

__all__ = ["FIRST", "SECOND", "MoveLog", "two_windows"]

DAY_MS = 86_400_000
FIRST, SECOND = 100 * DAY_MS, 200 * DAY_MS  # where the windows begin; the second ends 100 days later


class MoveLog:
    """Writes moves with the numbers and stages that they must have."""

    def __init__(self) -> None:
        self.moves: list[Transition] = []
        self.last: dict[str, Transition] = {}

    def move(
        self, lead_id: str, to: str, *, at: int, rule: str = "", via: str = "", skipped: tuple[str, ...] = (),
        labels: dict[str, str] | None = None, account_id: str = "", corrects: int | None = None,
    ) -> Transition:  # fmt: skip
        """One more move of this lead."""
        last = self.last.get(lead_id)
        one = Transition(
            lead_id=lead_id, number=1 if last is None else last.number + 1, account_id=account_id,
            from_stage="" if last is None else last.to_stage, to_stage=to, skipped=skipped, via=via, rule_id=rule,
            rules_version="r1", evidence=(), effective_at=at, recorded_at=at, actor="test",
            version=Version(0, len(self.moves)), corrects=corrects, labels=labels or {},
        )  # fmt: skip
        self.moves.append(one)
        self.last[lead_id] = one
        return one

    def all(self, leads: Iterable[str], to: str, *, rule: str, at: int) -> list[str]:
        """The same move of several, who are returned."""
        return [self.move(lead_id, to, at=at, rule=rule).lead_id for lead_id in leads]

    def told(self, seed: int = 7) -> list[Transition]:
        """The log as a topic may give it: in any order, some of it twice."""
        random = Random(seed)
        moves = self.moves + random.sample(self.moves, len(self.moves) // 20)
        random.shuffle(moves)
        return moves


def two_windows(log: MoveLog) -> MoveLog:
    """Window 1: 10,000 new leads (ask A25). Window 2: 6,000 more, and the boxes of recycling give some back (A26)."""
    boxes = _first(log, at=FIRST + DAY_MS)
    _second(log, boxes, at=SECOND + DAY_MS)
    return log


def _first(log: MoveLog, *, at: int) -> dict[str, list[str]]:
    """Returns who stands where when the first window ends."""
    gained = log.all([f"w1-{number}" for number in range(10_000)], "gained", rule="T1", at=at)
    nurture, mql = log.all(gained[:7_000], "nurture", rule="T2", at=at), []
    log.all(gained[7_000:8_000], "dead_end", rule="T14", at=at)
    mql = log.all(nurture[:1_400], "mql", rule="T3", at=at)
    log.all(nurture[1_400:1_750], "dead_end", rule="T14", at=at)
    meeting = log.all(mql[:560], "meeting", rule="T6", at=at)
    recycle_a = log.all(mql[560:1_120], "recycle_a", rule="T7", at=at)
    log.all(mql[1_120:1_190], "dead_end", rule="T14", at=at)
    consultation = log.all(meeting[:280], "consultation", rule="T9", at=at)
    recycle_a += log.all(meeting[280:504], "recycle_a", rule="T10", at=at)
    log.all(consultation[:70], "won", rule="T11", at=at)
    recycle_b = log.all(consultation[70:210], "recycle_b", rule="T11", at=at)
    return {
        "gained": gained[8_000:], "nurture": nurture[1_750:], "mql": mql[1_190:], "meeting": meeting[504:],
        "consultation": consultation[210:], "recycle_a": recycle_a, "recycle_b": recycle_b,
    }  # fmt: skip


def _second(log: MoveLog, boxes: dict[str, list[str]], *, at: int) -> None:
    """Of the 4,800 who pass from gained to nurture 600 came in the first window."""
    new = log.all([f"w2-{number}" for number in range(6_000)], "gained", rule="T1", at=at)
    nurture = boxes["nurture"] + log.all([*boxes["gained"][:600], *new[:4_200]], "nurture", rule="T2", at=at)
    log.all([*boxes["gained"][600:800], *new[4_200:4_500]], "dead_end", rule="T14", at=at)
    nurture += log.all(boxes["recycle_a"][:196], "nurture", rule="T12", at=at)
    nurture += log.all(boxes["recycle_b"][:42], "nurture", rule="T12", at=at)
    mql = boxes["mql"] + log.all(nurture[:1_500], "mql", rule="T3", at=at)
    log.all(nurture[1_500:1_818], "dead_end", rule="T14", at=at)
    meeting = boxes["meeting"] + log.all(mql[:684], "meeting", rule="T6", at=at)
    log.all(mql[684:1_284], "recycle_a", rule="T7", at=at)
    log.all(mql[1_284:1_314], "nurture", rule="T8", at=at)
    log.all(mql[1_314:1_410], "dead_end", rule="T14", at=at)
    consultation = boxes["consultation"] + log.all(meeting[:370], "consultation", rule="T9", at=at)
    log.all(meeting[370:640], "recycle_a", rule="T10", at=at)
    log.all(consultation[:110], "won", rule="T11", at=at)
    log.all(consultation[110:310], "recycle_b", rule="T11", at=at)
