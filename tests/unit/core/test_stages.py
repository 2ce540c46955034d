"""The stage is a fold of milestones, and its table is whole before anybody stands in it."""

from collections.abc import Sequence

import pytest
from msgspec.structs import replace

from schemas.activity import Milestone
from streams.core.rules import RulesError, load_rules
from streams.core.stage.fold import stage_of
from streams.core.stage.graph import faults_of
from streams.core.stage.milestone_sources import PRODUCED
from streams.core.stage.stages import StageNow, Stages
from tests.unit.core.made import DAY, NAMING, files

STAGES_TOML = files()["stages.toml"]
def stages(text: str = STAGES_TOML) -> Stages:
    return Stages(load_rules(files() | {"stages.toml": text}, naming=NAMING).stages)


PACKAGED = stages()


def at(told: Sequence[tuple[int, str] | tuple[int, str, str]]) -> list[Milestone]:
    """Milestones by day: (20, "deal_lost", "price")."""
    return [Milestone(one[0] * DAY, one[1], f"{one[1]}{one[0]}", *one[2:]) for one in told]


def now(
    *told: tuple[int, str] | tuple[int, str, str], day: int = 400, consent: bool = True
) -> StageNow:
    return stage_of(at(told), as_of=day * DAY, consent=consent, stages=PACKAGED)


@pytest.mark.parametrize(("told", "stage", "since"), [
    pytest.param((), "anonymous", 400, id="nobody"),
    pytest.param(((1, "identified"),), "gained", 1, id="T1"),
    pytest.param(((1, "identified"), (2, "engaged")), "nurture", 2, id="T2"),
    pytest.param(((1, "identified"), (2, "engaged"), (3, "qualified")), "mql", 3, id="T3"),
    pytest.param(((1, "identified"), (3, "requested"), (9, "requested")), "mql", 3, id="T4, since the first"),
    pytest.param(((5, "deal_open"), (9, "requested")), "consultation", 5, id="an open deal decides"),
    pytest.param(((5, "deal_open"), (7, "deal_lost")), "consultation", 5, id="also beside a lost one"),
    pytest.param(((5, "deal_won"), (7, "deal_lost"), (8, "deal_open")), "won", 5, id="won for good"),
    pytest.param(((5, "deal_won"), (7, "dead_end")), "won", 5, id="a customer is no dead end"),
    pytest.param(((1, "engaged"), (7, "deal_lost", "price")), "recycle_b", 7, id="T11"),
    pytest.param(((7, "deal_lost"), (7, "requested")), "recycle_b", 7, id="a setback beats progress of that time"),
    pytest.param(((7, "deal_lost"), (8, "requested")), "mql", 8, id="T4 ignores the hold"),
    pytest.param(((7, "qualified"), (8, "deal_lost")), "recycle_b", 8, id="old progress is over"),
    pytest.param(((7, "requested"), (8, "dead_end")), "dead_end", 8, id="T14"),
    pytest.param(((8, "dead_end"), (9, "restored"), (7, "requested")), "mql", 7, id="restored: the rest decides"),
    pytest.param(((9, "dead_end"), (9, "restored")), "dead_end", 9, id="a tie is no restoring"),
    pytest.param(((8, "dead_end"), (9, "restored"), (10, "dead_end")), "dead_end", 10, id="the freshest decides"),
    pytest.param(((3, "kind_of_next_year"), (1, "identified")), "gained", 1, id="unknown kinds decide nothing"),
])  # fmt: skip
def test_the_first_line_that_holds_decides(told: tuple[tuple[int, str], ...], stage: str, since: int) -> None:
    """Ask A4."""
    found = now(*told)
    assert (found.stage, found.since) == (stage, since * DAY)


def test_without_consent_interest_moves_nobody_and_a_request_still_does() -> None:
    assert now((1, "identified"), (2, "engaged"), consent=False).stage == "gained"
    assert now((1, "identified"), (2, "engaged"), (3, "requested"), consent=False).stage == "mql"


@pytest.mark.parametrize(("reason", "days"), [
    ("timing", 90), ("budget", 90), ("no_decision", 60), ("competitor", 270), ("price", 180), ("feature_gap", 180),
    ("feature_gap:sso", 180), ("", 90), ("something else", 90),
])  # fmt: skip
def test_the_hold_follows_the_reason_and_ends_with_a_visit_after_it(reason: str, days: int) -> None:
    lost = (10, "deal_lost", reason)
    assert now(lost, day=11).hold_until == (10 + days) * DAY
    early, late = (10 + days - 1, "visited"), (10 + days, "visited")
    assert now(lost, early).stage == "recycle_b"
    assert (now(lost, late).stage, now(lost, late).since) == ("nurture", (10 + days) * DAY)


def test_a_fast_pass_leaves_the_hold_of_mail_in_place_until_it_ends() -> None:
    told = ((10, "deal_lost", "timing"), (20, "requested"))
    assert (now(*told, day=99).stage, now(*told, day=99).hold_until) == ("mql", 100 * DAY)
    assert now(*told, day=100).hold_until is None


@pytest.mark.parametrize(
    ("told", "stage"),
    [
        pytest.param(((1, "requested"), (2, "accepted")), "meeting", id="T6"),
        pytest.param(((1, "requested"), (2, "checked")), "mql", id="checks before any meeting count nothing"),
        pytest.param(((1, "requested"), (2, "held"), (3, "checked", "watch")), "consultation", id="T9"),
        pytest.param(((1, "requested"), (2, "disposition", "not_now")), "recycle_a", id="T7"),
        pytest.param(((1, "engaged"), (2, "requested"), (3, "disposition", "too_early")), "nurture", id="T8"),
        pytest.param(
            ((1, "identified"), (2, "requested"), (3, "disposition", "too_early")), "gained", id="T8, no interest"
        ),
        pytest.param(((1, "accepted"), (2, "no_show")), "meeting", id="one no-show is none"),
        pytest.param(((1, "accepted"), (2, "no_show"), (3, "no_show")), "recycle_a", id="T10"),
        pytest.param(
            ((1, "no_show"), (2, "deal_lost"), (3, "accepted"), (4, "no_show")),
            "meeting",
            id="counted since the setback",
        ),
        pytest.param(((1, "disposition", "not_now"), (5, "opted_in")), "nurture", id="T12, an opt-in ends the hold"),
        pytest.param(((1, "disposition", "not_now"), (5, "visited")), "recycle_a", id="T12, a visit does not"),
    ],
)
def test_the_arrows_of_sales(told: tuple[tuple[int, str], ...], stage: str) -> None:
    assert now(*told).stage == stage


@pytest.mark.parametrize(("leaves", "to", "by", "passed"), [
    ("", "gained", "identified", ()),
    ("", "mql", "requested", ("gained", "nurture")),
    ("", "recycle_b", "deal_lost", ("gained", "nurture", "mql", "meeting", "consultation")),
    ("nurture", "mql", "qualified", ()),
    ("nurture", "recycle_b", "deal_lost", ("mql", "meeting", "consultation")),
    ("nurture", "consultation", "checked", ("mql", "meeting")),
    ("nurture", "recycle_a", "no_show", ("mql", "meeting")),
    ("nurture", "recycle_a", "disposition", ("mql",)),
    ("meeting", "recycle_a", "disposition", ()),
    ("mql", "recycle_a", "no_show", ("meeting",)),
    ("recycle_b", "recycle_a", "disposition", ("mql",)),
    ("recycle_b", "recycle_a", "no_show", ("meeting",)),
    ("recycle_b", "meeting", "accepted", ("mql",)),
    ("recycle_b", "meeting", "returned", ()),
    ("recycle_a", "nurture", "disposition", ("mql",)),
    ("nurture", "dead_end", "dead_end", ()),
    ("consultation", "recycle_b", "deal_lost", ()),
    ("mql", "nurture", "engaged", ()),
    ("recycle_b", "mql", "requested", ()),
    ("recycle_b", "mql", "qualified", ("nurture",)),
    ("recycle_b", "consultation", "deal_open", ()),
    ("recycle_b", "won", "deal_won", ("consultation",)),
    ("recycle_b", "dead_end", "dead_end", ()),
])  # fmt: skip
def test_a_jump_lists_what_it_passed_through(leaves: str, to: str, by: str, passed: tuple[str, ...]) -> None:
    """Ask A18."""
    assert PACKAGED.passed(leaves, to, by=by) == passed


@pytest.mark.parametrize(
    ("change", "message"),
    [
        pytest.param(
            ('to = "won"', 'to = "wonn"'), 'arrow "T11": to: there is no "wonn"', id="a stage that is not there"
        ),
        pytest.param(
            ('by = "requested"', 'by = "engaged"'),
            'milestone "requested": no [[arrow]] leads to "mql" by it',
            id="no arrow",
        ),
        pytest.param(
            ('by = "requested"', 'by = "asked"'),
            'arrow "T4": by: there is no "asked"',
            id="a criterion that is not there",
        ),
        pytest.param(
            ('leaves = ["consultation"]\nto = "won"', 'leaves = ["nobody"]\nto = "won"'),
            'there is no "nobody"',
            id="from",
        ),
        pytest.param(
            ('kind = "accepted"', 'kind = "agreed"'), 'arrow "T6": by: there is no "accepted"', id="a criterion renamed"
        ),
        pytest.param(
            ('role = "progress"\nstage = "mql"\nby_hand = true\n\n', 'role = "progress"\nstage = "mql"\n\n'),
            'arrow "T3": by: nothing produces "reviewed", so it cannot be measured',
            id="a criterion that nobody measures",
        ),
        pytest.param(
            ('to = "recycle_a"\nby = "no_show"', 'to = "won"\nby = "no_show"'),
            'milestone "no_show": no [[arrow]] leads to "recycle_a" by it',
            id="a milestone that leads nowhere",
        ),
        pytest.param(
            ('id = "T13"\nleaves = ["recycle_b"]\nto = "meeting"', 'id = "T13"\nleaves = ["recycle_b"]\nto = "won"'),
            'milestone "returned": no [[arrow]] leads to "meeting" by it',
            id="an arrow elsewhere",
        ),
        pytest.param(
            ('sub_stage = "held"', 'sub_stage = "hold"'),
            'milestone "held": sub_stage: "meeting" has no "hold"',
            id="a sub-stage that is not there",
        ),
        pytest.param(
            ('stage = "meeting"\nby = "held"\ndays', 'stage = "gained"\nby = "held"\ndays'),
            'sla: stage: "gained" has no clock',
            id="a clock where there is none",
        ),
        pytest.param(
            ('label = "Consultation"\nkind = "inventory"', 'label = "Consultation"\nkind = "sla"'),
            'stage "consultation": kind: an sla stage needs an [[sla]]',
            id="a stage without its clock",
        ),
        pytest.param(
            ('by = "held"\ndays = 5', 'by = "held"\ndays = 5\nhours = 2'), "say either hours or days", id="two lengths"
        ),
        pytest.param(
            ('tried = "attempt"', 'tried = "attempts"'),
            'guard "disposition": tried: there is no "attempts"; did you mean "attempt"?',
            id="a guard's tries",
        ),
        pytest.param(("rank = 6", "rank = 5"), 'rank "5" is there twice', id="two stages at one place"),
        pytest.param(
            ('kind = "restored"', 'kind = "dead_end"'), 'milestone "dead_end" is there twice', id="two milestones"
        ),
        pytest.param(
            ('leaves = ["consultation"]\nto = "won"', 'leaves = ["won"]\nto = "won"'),
            'stage "won": no arrow',
            id="island",
        ),
        pytest.param(
            ("hot_until = 0.8", "hot_untill = 0.8"),
            'unknown "hot_untill"; did you mean "hot_until"?',
            id="typing error",
        ),
    ],
)
def test_a_table_that_is_not_whole_stops_the_start(change: tuple[str, str], message: str) -> None:
    """Asks A11, A19."""
    assert change[0] in STAGES_TOML
    with pytest.raises(RulesError) as refused:
        stages(STAGES_TOML.replace(*change))
    assert str(refused.value).startswith("stages.toml:")
    assert message in str(refused.value)


def test_every_stage_is_reached_and_left_and_every_arrow_has_its_criterion() -> None:
    """Ask A11: the packaged graph is whole, and each kind that decides has its arrow."""
    assert list(faults_of(PACKAGED.rules, PRODUCED)) == []
    deciding = {kind for kind in PACKAGED.milestones if PACKAGED.role(kind) != "note"} - {"correction"}
    assert {arrow.by for arrow in PACKAGED.rules.arrow} == deciding
    arrows = {arrow.id for arrow in PACKAGED.rules.arrow}
    assert arrows == {f"T{number}" for number in range(15)} | {"M1", "M2"}


def test_a_stage_that_nobody_leaves_is_a_fault_unless_it_is_an_end() -> None:
    """An arrow that leaves every stage is no way on; what is won stays won."""
    rules = PACKAGED.rules
    stuck = replace(rules, arrow=tuple(arrow for arrow in rules.arrow if "recycle_a" not in arrow.leaves))
    said = {str(fault.said) for fault in faults_of(stuck, PRODUCED)}
    assert 'stage "recycle_a": no arrow leaves it; an end has kind = "terminal"' in said
    assert not any("won" in one or "dead_end" in one for one in said)


def test_a_fault_names_the_line_of_its_arrow_among_several_of_one_name() -> None:
    lines = STAGES_TOML.splitlines()
    line = 1 + max(number for number, text in enumerate(lines) if text == 'by = "deal_lost"')
    with pytest.raises(RulesError) as refused:
        stages("\n".join([*lines[: line - 1], 'by = "deal_gone"', *lines[line:]]))
    assert str(refused.value).startswith(f'stages.toml:{line}: arrow "T11": by: there is no "deal_gone"')
