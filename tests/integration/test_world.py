"""The world proves nothing unless it holds what it says, and the ledger nothing unless it sees what is wrong."""

from collections.abc import Callable
from random import Random

import pytest
from msgspec.structs import replace

from schemas.cards import LeadCard
from schemas.ids import Naming
from streams.core.business_time import BusinessTime
from streams.rules_files import read_rules
from tests.integration.cast import NAMES, companies
from tests.integration.foresight import as_outcome, foreseen, in_arrival_order
from tests.integration.ledger import Ledger, judge
from tests.integration.oracle import Oracle
from tests.integration.outcome import History, Outcome
from tests.integration.scribe import DAY_MS, HOUR_MS
from tests.integration.workers import SECRET
from tests.integration.world import CLOSES_AFTER_MS, World, generate

NAMING = Naming(SECRET.encode())
RULES = read_rules(None, NAMING)
END_AT = 20_500 * 86_400_000  # 2026-02-16


@pytest.fixture(scope="module")
def world() -> World:
    return generate(seed=4, end_at=END_AT, naming=NAMING, people=300, events=3_000)


@pytest.fixture(scope="module")
def oracle(world: World) -> Oracle:
    return foreseen(world, RULES)


@pytest.fixture(scope="module")
def outcome(oracle: Oracle, world: World) -> Outcome:
    """What a faultless application would leave behind."""
    return replace(as_outcome(oracle), rejected=in_arrival_order(world, RULES).rejected)


def test_the_same_seed_gives_the_same_world(world: World) -> None:
    again = generate(seed=4, end_at=END_AT, naming=NAMING, people=300, events=3_000)
    assert again == world
    assert generate(seed=5, end_at=END_AT, naming=NAMING, people=300, events=3_000) != world


def test_copies_order_and_poison_change_nothing(world: World, oracle: Oracle) -> None:
    """The whole world through the folds alone: in order and once, or as it arrives."""
    ledger = judge(as_outcome(in_arrival_order(world, RULES)), oracle, world)
    assert ledger.clean, ledger.said()


def test_people_reach_the_stages_that_their_roles_say(world: World, oracle: Oracle) -> None:
    for plan in world.plans:
        stage = oracle.leads[plan.lead_id].stage
        match plan.role:
            case "requester" | "qualifier":
                assert stage == "mql", plan
            case "back":
                assert stage in {"recycle_b", "nurture", "gained"}, plan
            case "deal":
                assert stage in {"recycle_b", "nurture", "gained", "consultation", "won"}, plan
            case _:
                assert stage in {"gained", "nurture"}, plan


def test_no_page_that_a_person_read_is_missing_from_their_row(world: World, oracle: Oracle) -> None:
    """By the plan, not by the folds: a fold that forgets an event is found here."""
    counted = 0
    for plan in world.plans:
        kept = {
            page.hit_id for part in oracle.lead_rows[plan.lead_id].sources.values() for page in part.body.activity.pages
        }
        assert plan.pages <= kept, f"{plan.role} {plan.lead_id} lacks {plan.pages - kept}"
        counted += len(plan.pages)
    assert counted > 300


def test_every_lost_deal_that_comes_back_alerts_once_and_no_other(world: World, oracle: Oracle) -> None:
    alerts = {alert.account_id for alert in oracle.alerts.values()}
    assert alerts == world.back
    assert len(oracle.alerts) == len(world.back)
    assert {alert.level for alert in oracle.alerts.values()} == {"real_time"}
    assert all(alert.strength.strength >= 8 for alert in oracle.alerts.values())
    assert not alerts & world.quiet


def test_decisions_do_not_hang_on_the_order(world: World, oracle: Oracle) -> None:
    """Who qualifies stays above the threshold by far until the end; who does not could not have, even without decay."""
    threshold = 1_000
    for plan in world.plans:
        card = oracle.leads[plan.lead_id]
        if plan.role == "qualifier":
            assert card.score_tenths >= threshold + 80, card
        else:
            assert _at_most(card) <= threshold - 80, card


def _at_most(card: LeadCard) -> float:
    """Tenths that its kept hits would give if none had faded, penalties and lost deals left out."""
    groups: dict[str, float] = {}
    for rule in RULES.scoring.by_name.values():
        hits = next((len(line.hits) for line in card.lines if line.kind == "rule" and line.name == rule.name), 0)
        groups[rule.group] = groups.get(rule.group, 0) + max(0, rule.points) * hits
    caps = RULES.scoring.caps
    capped = (points if (cap := caps[name]) is None else min(points, cap) for name, points in groups.items())
    return 10 * (sum(capped) + max(card.fit, 0))


def first_lead(outcome: Outcome) -> tuple[str, LeadCard]:
    return next((key, history.newest) for key, history in sorted(outcome.leads.items()) if history.newest.lines)


def without_a_lead(outcome: Outcome) -> Outcome:
    key, _ = first_lead(outcome)
    return replace(outcome, leads={one: card for one, card in outcome.leads.items() if one != key})


def with_a_lead_too_many(outcome: Outcome) -> Outcome:
    _, card = first_lead(outcome)
    return replace(outcome, leads=outcome.leads | {"nobody": History([card], card)})


def with_another_score(outcome: Outcome) -> Outcome:
    key, card = first_lead(outcome)
    other = replace(card, score_tenths=card.score_tenths + 1)
    return replace(outcome, leads=outcome.leads | {key: History([other], other)})


def without_an_event(outcome: Outcome) -> Outcome:
    key = next(key for key, row in sorted(outcome.visitors.items()) if any(one.pages for one in row.by_lead.values()))
    row = outcome.visitors[key]
    fewer = {lead: replace(one, pages=one.pages[1:]) for lead, one in row.by_lead.items()}
    return replace(outcome, visitors=outcome.visitors | {key: replace(row, by_lead=fewer)})


def with_a_move_twice(outcome: Outcome) -> Outcome:
    lead_id, moves = next(iter(sorted(outcome.moves.items())))
    last = moves[max(moves)][0]
    return replace(
        outcome, moves=outcome.moves | {lead_id: moves | {last.number + 1: [replace(last, number=last.number + 1)]}}
    )


def without_a_move(outcome: Outcome) -> Outcome:
    lead_id, moves = next((lead_id, moves) for lead_id, moves in sorted(outcome.moves.items()) if len(moves) > 1)
    return replace(
        outcome, moves=outcome.moves | {lead_id: {number: move for number, move in moves.items() if number > 1}}
    )


def without_an_alert(outcome: Outcome) -> Outcome:
    return replace(outcome, alerts=dict(list(outcome.alerts.items())[1:]))


def with_an_alert_too_many(outcome: Outcome) -> Outcome:
    alert = next(iter(outcome.alerts.values()))
    return replace(outcome, alerts=outcome.alerts | {"al_other": alert})


def without_a_rejected(outcome: Outcome) -> Outcome:
    return replace(outcome, rejected=outcome.rejected[1:])


def back_in_time(outcome: Outcome) -> Outcome:
    key, card = first_lead(outcome)
    earlier = replace(card, version=card.version._replace(offset=card.version.offset - 1), as_of=card.as_of + 1)
    return replace(outcome, leads=outcome.leads | {key: History([earlier, card], card)})


def with_a_clock(outcome: Outcome, *, due_at: int, **said: bool) -> Outcome:
    """The first lead whose stage has a clock that was over, with another clock."""
    key, card = next((key, one.newest) for key, one in sorted(outcome.leads.items()) if one.newest.overdue)
    other = replace(card, due_at=due_at, reminder_at=due_at - 1, **said)
    if not other.overdue:
        other = replace(other, wake_at=due_at - 1)
    return replace(outcome, leads=outcome.leads | {key: History([other], other)})


def test_the_clock_of_a_stage_may_have_started_later_and_must_be_true_to_itself(
    outcome: Outcome, oracle: Oracle, world: World
) -> None:
    later, earlier = world.closing_at + 2, world.closing_at - 2
    assert judge(with_a_clock(outcome, due_at=later, overdue=False), oracle, world).clean
    assert judge(with_a_clock(outcome, due_at=later), oracle, world).double == 1
    assert judge(with_a_clock(outcome, due_at=earlier), oracle, world).clean
    assert judge(with_a_clock(outcome, due_at=earlier, overdue=False), oracle, world).double == 1


@pytest.mark.parametrize(
    ("broken", "count"),
    [
        (without_a_lead, "lost"),
        (with_a_lead_too_many, "phantom"),
        (with_another_score, "double"),
        (without_an_event, "lost"),
        (with_a_move_twice, "double"),
        (without_a_move, "lost"),
        (without_an_alert, "alerts_missing"),
        (with_an_alert_too_many, "alerts_doubled"),
        (without_a_rejected, "lost"),
        (back_in_time, "inversions"),
    ],
)
def test_the_ledger_sees(
    broken: Callable[[Outcome], Outcome], count: str, outcome: Outcome, oracle: Oracle, world: World
) -> None:
    assert judge(outcome, oracle, world).clean
    seen: Ledger = judge(broken(outcome), oracle, world)
    assert getattr(seen, count) > 0


@pytest.mark.parametrize("weekday", range(7))
def test_a_claim_clock_that_begins_in_a_test_is_over_when_its_world_closes(weekday: int) -> None:
    """Rows that are computed anew know the time of day, and a world ends at the midnight before."""
    end_at = weekday * DAY_MS
    at_last = end_at + DAY_MS + HOUR_MS  # where midnight comes during the test
    assert BusinessTime().after(at_last, RULES.returns.claim.next_hours * HOUR_MS) < end_at + CLOSES_AFTER_MS


def test_a_world_too_small_for_its_people_is_refused() -> None:
    """Somebody who qualifies and is cut short would hang at the threshold: what arrives first would decide."""
    with pytest.raises(AssertionError, match="cut one's plan short"):
        generate(seed=4, end_at=END_AT, naming=NAMING, people=300, events=1_500)


def test_a_world_has_as_many_companies_as_it_needs() -> None:
    """An hour of everything at random has 34,000 people: more companies than there are names for them."""
    made = companies(Random(1), 2 * NAMES + 1)
    assert len({one.domain for one in made}) == 2 * NAMES + 1
    assert made[:50] == companies(Random(1), 50)
