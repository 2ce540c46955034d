"""Invented companies that look real, for pictures of the console: people, companies, alerts, moves, channels."""

from collections.abc import Iterator
from functools import partial
from random import Random
from typing import Final

from msgspec.structs import replace

from schemas.activity import PageSeen, Version
from schemas.cards import AccountCard, AlertCard, LeadCard, MemberCard, Membership, Transition
from schemas.codec import encode
from streams.core.alert.words import offered
from streams.core.recipient.channel_state import ChannelState, WorkerChannels
from streams.readmodel.writer import Entry
from tests.browser.rules_seen import SEEN
from tests.unit.console.folded_lead import People
from tests.unit.console.lead_samples import DAY, HOUR, MINUTE
from tests.unit.console.samples import Samples
from tests.unit.core.flow_log import MoveLog

__all__ = ["PEOPLE", "Companies", "lead_id_of"]

# Domain, name, engagement in tenths, stage, and its people: name, title, stage, score in tenths, grade, minutes ago.
ROWS: Final = (
    ("sorensen-foods.example", "Sørensen Foods", 384, "recycle_b", (
        ("Freja Sørensen", "Chief Operating Officer", "recycle_b", 488, "A3", 300),
        ("Emil Dahl", "Plant Manager", "nurture", 214, "B4", 4_000))),
    ("han-river.example", "Han River Logistics (한강물류)", 522, "recycle_a", (
        ("박서연", "물류 기획 팀장", "recycle_a", 640, "A2", 55),
        ("Minho Choi", "IT Manager", "gained", 97, "C5", 9_000))),
    ("pelican-glass.example", "Pelican Glass", 803, "meeting", (
        ("Adaeze Okafor", "Head of Quality", "meeting", 1_180, "A1", 12),)),
    ("bluebell-health.example", "Bluebell Health", 655, "mql", (
        ("Hanna Weiss", "Director of Operations", "mql", 1_045, "A2", 140),
        ("Paul Lefèvre", "Procurement", "nurture", 330, "B3", 2_900))),
    ("orchard.example", "Orchard Analytics", 120, "dead_end", (
        ("Nico Bauer", "Student", "dead_end", 40, "D5", 20_000),)),
    ("lantern.example", "Lantern Shipping", 447, "recycle_b", (
        ("Aiko Tanaka", "Fleet Controller", "recycle_b", 512, "B3", 800),)),
    ("kestrel-mills.example", "Kestrel Mills", 586, "consultation", (
        ("Rhys Morgan", "Managing Director", "consultation", 1_322, "A1", 90),
        ("Siân Price", "Production Planner", "mql", 1_002, "B1", 95))),
    ("halden-timber.example", "Halden Timber", 298, "nurture", (
        ("Ingrid Halvorsen", "Sawmill Manager", "nurture", 421, "B2", 1_500),)),
    ("vega-ceramics.example", "Vega Ceramics", 911, "won", (
        ("Lucía Moreno", "Chief Executive", "won", 1_498, "A1", 5_700),)),
    ("marlin-yachts.example", "Marlin Yachts", 75, "gained", (
        ("Accounts payable", "", "gained", 18, "D5", 61_000),)),
)  # fmt: skip
PEOPLE: Final = tuple(name for *_, people in ROWS for name, *_ in people)
WAY: Final = ("gained", "nurture", "mql", "meeting", "consultation", "won")
ARROWS: Final = ("T1", "T2", "T3", "T6", "T9", "T11")
ONWARD: Final = (0.75, 0.45, 0.6, 0.6, 0.45)  # from each stage of the way to the next
MEDIA: Final = (("search", "google"), ("social", "linkedin"), ("fair", "hannover"), ("mail", "newsletter"))
PROGRAMS: Final = ("", "batch-release-webinar", "line-audit", "spring-fair")


def lead_id_of(name: str) -> str:
    """The same in each run."""
    return Random(name).randbytes(16).hex()


class Companies(Samples):
    """The samples' own company first, then ten more. All times follow from `now`."""

    def lead(self) -> LeadCard:
        return replace(super().lead(), rules_version=SEEN.version)

    def entries(self) -> dict[str, list[Entry]]:
        members = {domain: [self._member(domain, *person) for person in people] for domain, _, _, _, people in ROWS}
        leads = [self._lead(one, domain) for domain, some in members.items() for one in some]
        accounts = [self.account(), self.quiet_account(), *(
            self._account(row[:4], tuple(members[row[0]])) for row in ROWS
        )]  # fmt: skip
        return {
            **super().entries(),
            "leads": [(one.lead_id, encode(one)) for one in (self.lead(), self._folded(), *leads)],
            "accounts": [(one.account_id, encode(one)) for one in accounts],
            "alerts": [(one.alert_id, encode(one)) for one in self._peopled(members)],
        }

    def moves(self) -> list[Transition]:
        """Four hundred people on their way through ten weeks."""
        log, chance = MoveLog(), Random(26)
        for number in range(400):
            medium, source = chance.choice(MEDIA)
            labels = {"medium": medium, "source": source, "program": chance.choice(PROGRAMS), "segment": "batch"}
            self._way(log, f"lead-{number}", chance, labels=labels, account=f"company-{number // 3}.example")
        return sorted(log.moves, key=lambda one: one.recorded_at)

    def channels(self) -> Iterator[WorkerChannels]:
        """Two workers: Slack works, mail rests, the webhook was refused, Teams is new."""
        slack = ChannelState(name="slack", waiting=0, resting=False, sent_at=self.now - 40_000)
        mail = ChannelState(name="mail", waiting=14, resting=True, sent_at=self.now - HOUR,
                            error="421 too many connections, try again later", error_at=self.now - MINUTE)  # fmt: skip
        hook = ChannelState(name="webhook", waiting=1, resting=False, sent_at=self.now - 2 * HOUR,
                            error="HTTP 410", error_at=self.now - 3 * MINUTE)  # fmt: skip
        teams = ChannelState(name="teams", waiting=0, resting=False)
        for worker in ("worker-a", "worker-b"):
            yield WorkerChannels(worker=worker, at=self.now, channels=(slack, mail, hook, teams))

    def _folded(self) -> LeadCard:
        """An MQL whom the core folded, so that its curve and its checks are real."""
        met = People(self.now).came().says("accepted", ago=HOUR).says("held", ago=HOUR // 2)
        return replace(met.card(), rules_version=SEEN.version)

    def _peopled(self, members: dict[str, list[MemberCard]]) -> Iterator[AlertCard]:
        for alert in (*self.alerts(), self._waiting()):
            yield replace(alert, people=tuple(members.get(alert.account_id, alert.people)))

    def _waiting(self) -> AlertCard:
        """Claimed inside a hold: nobody may call yet."""
        (held,) = (one for one in self.alerts() if one.alert_id == "al_held")
        return replace(held, alert_id="al_held_mine", account_id="tern-optics.example", account_name="Tern Optics",
                       status="claimed", claimed_by="Ines Duarte", claimed_at=self.now - 3 * HOUR, people=(),
                       offers=offered("claimed", held=True), due_at=self.now + 37 * DAY)  # fmt: skip

    def _way(self, log: MoveLog, lead: str, chance: Random, *, labels: dict[str, str], account: str) -> None:
        at, move = self.now - chance.randrange(70) * DAY, partial(log.move, lead, labels=labels, account_id=account)
        move(WAY[0], at=at, rule=ARROWS[0], via="form")
        for number, share in enumerate(ONWARD, 1):
            at += chance.randrange(1, 9) * DAY
            if at > self.now:
                return
            if chance.random() > share:
                if number > 2:
                    move("recycle_b" if number == 5 else "recycle_a", at=at, rule="T7")
                return
            move(WAY[number], at=at, rule=ARROWS[number])

    def _member(
        self, domain: str, name: str, title: str, stage: str, score: int, grade: str, minutes: int
    ) -> MemberCard:
        return replace(
            self.tomas(), lead_id=lead_id_of(name), name=name, title=title, stage=stage,
            email=f"{name.partition(' ')[0].lower()}@{domain}", score_tenths=score, grade=grade,
            trust="proven" if grade[0] == "A" else "claimed", last_active_at=self.now - minutes * MINUTE,
        )  # fmt: skip

    def _lead(self, one: MemberCard, domain: str) -> LeadCard:
        seen = one.last_active_at or self.now
        return replace(
            self.lead(), lead_id=one.lead_id, name=one.name, email=one.email, account_id=domain, stage=one.stage,
            score_tenths=one.score_tenths, grade=one.grade, trust=one.trust, hot=one.score_tenths > 1_100,
            traits={"title": one.title} if one.title else {}, deals=(), audiences=tuple(self._audiences(one, seen)),
            pages=(PageSeen(seen, 7, "/pricing", "pricing", 52_000, 9),),
        )  # fmt: skip

    def _audiences(self, one: MemberCard, seen: int) -> Iterator[Membership]:
        for name, is_in in (("warm_quality_managers", one.stage in ("gained", "nurture")),
                            ("lost_and_reading_again", one.stage.startswith("recycle"))):  # fmt: skip
            if is_in or one.score_tenths > 1_000:
                yield Membership(audience=name, is_in=is_in, at=seen, number=1, version=Version(0, 1))

    def _account(self, row: tuple[str, str, int, str], members: tuple[MemberCard, ...]) -> AccountCard:
        domain, name, engagement, stage = row
        lost = stage.startswith("recycle")
        return replace(
            self.account(), account_id=domain, name=name, engagement_tenths=engagement, stage=stage, members=members,
            breadth=len(members), strength=self.strength(1, 0, 0, 1, 0, 0) if lost else None, alerts=(),
            deals=(replace(self.deal(), account_id=domain, account_name=name),) if lost else (),
            not_candidate="" if lost else "no lost deal",
        )  # fmt: skip
