"""The books in short: counted by days and labels, they say what the whole log says, and shrink as they grow."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from schemas.cards import Transition
from streams.core.account.books import AccountBooks
from streams.core.account.moves import account_moves
from streams.core.flow.books import ANY, LABELS, Wanted, booked, shortened
from streams.core.flow.cohorts import cohort_of
from streams.core.flow.ledger import FAR, Window, ledger_of, percent
from streams.core.flow.postings import postings
from streams.core.flow.sheet import Sheet, first_comers, sheet_of
from streams.core.flow.tally import Tally
from streams.core.stage.stages import stages_in
from tests.unit.core.flow_log import DAY_MS, FIRST, SECOND, MoveLog, two_windows
from tests.unit.core.made import RULES

STAGES = stages_in(RULES)
DAY_OF = RULES.site.day_of
NOW = SECOND + 100 * DAY_MS
TWO = Window(SECOND, NOW)
EVER = Window(0, FAR)
PLACES = ["gained", "nurture", "mql", "meeting", "consultation", "won", "recycle_a", "recycle_b", "dead_end",
          "anonymous"]  # fmt: skip


def tally_of(moves: Sequence[Transition]) -> Tally:
    made = Tally()
    for lead_id in {one.lead_id for one in moves}:
        own = [shortened(one) for one in moves if one.lead_id == lead_id]
        made.replace(lead_id, None, booked(own, day_of=DAY_OF, stages=STAGES))
    return made


def sheet(made: Tally, window: Window = EVER, *, wanted: Wanted = ANY, by: str = "") -> Sheet:
    return sheet_of(made.of(wanted, by=by), window, wanted=wanted, by=by, stages=STAGES, as_of=NOW,
                    is_open=window.ends == FAR)  # fmt: skip


def by_lead(moves: Sequence[Transition]) -> dict[str, list[Transition]]:
    found: dict[str, list[Transition]] = {}
    for one in moves:
        found.setdefault(one.lead_id, []).append(one)
    return found


@pytest.fixture(scope="module")
def two() -> Tally:
    made = Tally()
    for lead_id, moves in by_lead(two_windows(MoveLog()).told()).items():
        own = [shortened(one) for one in moves]
        made.replace(lead_id, None, booked(own, day_of=DAY_OF, stages=STAGES))
    return made


def test_the_tables_of_the_documents_come_out_of_the_short_books(two: Tally) -> None:
    """Asks A12, A25: 10,000 new leads, 70 % pass, 1,000 end, 2,000 remain; then the next window on these balances."""
    found = sheet(two, TWO)
    gained = found.ledger.flow("gained")
    assert (gained.opening, gained.came, gained.to_next, gained.flow_cvr, gained.closing) == (
        2_000, 6_000, 4_800, "60.0%", 2_700,
    )  # fmt: skip
    assert found.cohorts["gained"].cvr == "70.0%"
    assert sheet(two, Window(FIRST, SECOND)).cohorts["gained"].cvr == "76.0%"
    assert found.ledger.ever_gained == 16_000
    assert found.reconciles
    assert found.bottleneck is not None
    assert found.bottleneck.stage == "consultation"
    assert (found.wins, found.return_wins) == (110, 0)


def test_a_win_after_a_return_is_told_apart() -> None:
    log = MoveLog()
    for lead, via in (("kim", "return"), ("lee", "fast_pass")):
        log.move(lead, "recycle_b", at=FIRST)
        log.move(lead, "meeting", at=FIRST + 1, via=via)
        log.move(lead, "won", at=FIRST + 2, via="crm", skipped=("consultation",))
    log.move("kim", "recycle_b", at=FIRST + 3)  # never in life, but a journey of its own
    log.move("kim", "won", at=FIRST + 4)
    found = sheet(tally_of(log.moves))
    assert (found.wins, found.return_wins) == (3, 1)


def test_who_changes_a_label_among_those_that_are_asked_for_goes_nowhere() -> None:
    log = MoveLog()
    log.move("kim", "gained", at=FIRST, labels={"source": "ads", "segment": "a"})
    log.move("kim", "nurture", at=FIRST + 1, labels={"source": "fair", "segment": "a"})
    made = tally_of(log.moves)
    whole, segment = sheet(made), sheet(made, wanted=Wanted(segment="a"))
    fair = sheet(made, wanted=Wanted(source="fair"))
    assert [one.ledger.flow("gained").came for one in (whole, segment, fair)] == [1, 1, 1]
    assert {one.kind for one in whole.ledger.flow("gained").ins} == {"new"}
    assert {one.kind for one in fair.ledger.flow("gained").ins} == {"relabelled"}
    assert sheet(made, wanted=Wanted(source="ads")).ledger.flow("gained").closing == 0
    assert [row.value for row in sheet(made, by="source").rows] == ["fair", "ads"]


def test_a_move_that_is_missing_is_seen_as_a_mismatch() -> None:
    log = MoveLog()
    for to in ("gained", "nurture", "mql"):
        log.move("kim", to, at=FIRST)
    found = sheet(tally_of([log.moves[0], log.moves[2]]))
    assert not found.reconciles
    assert [(one.stage, one.booked, one.standing) for one in found.mismatches] == [("gained", 1, 0), ("nurture", -1, 0)]


def test_who_came_first_is_counted_once_by_medium_and_program() -> None:
    """Ask A28."""
    log = MoveLog()
    labels = {"medium": "fair", "program": "expo-26"}
    log.move("kim", "gained", at=FIRST, labels=labels)
    log.move("kim", "recycle_a", at=FIRST + 1, labels=labels)
    log.move("kim", "gained", at=FIRST + 2, labels=labels)
    log.move("lee", "gained", at=FIRST)
    found = first_comers(tally_of(log.moves).whole().arrivals, EVER, wanted=Wanted(), labels=("medium", "program"))
    assert found == {("fair", "expo-26"): {"gained": 1, "recycle_a": 1}, ("", ""): {"gained": 1}}


STEPS = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(PLACES), st.integers(0, 3),
              st.sampled_from(["", "correction", "merged"]), st.sampled_from(["fair", "search"]),
              st.sampled_from(["a", "b"]), st.booleans()),
    max_size=25,
)  # fmt: skip


def walked(steps: Sequence[tuple[int, str, int, str, str, str, bool]]) -> MoveLog:
    log, now = MoveLog(), FIRST
    for lead, to, later, via, medium, segment, skips in steps:
        now += later * 40 * DAY_MS
        log.move(f"lead-{lead}", to, at=now, via=via, labels={"medium": medium, "segment": segment},
                 skipped=("nurture",) if skips and to != "nurture" else ())  # fmt: skip
    return log


@given(STEPS)
def test_short_books_say_what_the_log_says(steps: list[tuple[int, str, int, str, str, str, bool]]) -> None:
    log = walked(steps)
    made = tally_of(log.told())
    for window in (Window(0, FIRST + DAY_MS), Window(FIRST, SECOND), TWO, Window(FIRST)):
        ours, plain = sheet(made, window), list(postings(log.told()))
        assert ours.ledger == ledger_of(plain, window, STAGES)
        assert ours.ledger.reconciles
        for stage in ("gained", "nurture", "recycle_b"):
            plainly = cohort_of(plain, stage=stage, window=window, as_of=FAR, stages=STAGES)
            assert replace(ours.cohorts[stage], as_of=FAR) == plainly


@given(STEPS)
def test_each_line_adds_up_and_a_rate_is_a_share(steps: list[tuple[int, str, int, str, str, str, bool]]) -> None:
    """Flow CVR = outs to the next stage / (opening + in); cohort CVR = reached / came. Neither is above 100 %."""
    made = tally_of(walked(steps).moves)
    for wanted in (Wanted(), Wanted(medium="fair"), Wanted(medium="fair", segment="a")):
        found = sheet(made, Window(SECOND), wanted=wanted)
        assert found.reconciles
        for flow in found.ledger.flows:
            assert flow.opening + flow.came == flow.left + flow.closing
            if flow.next_stage:
                assert flow.flow_cvr == percent(flow.to_next, flow.opening + flow.came)
            cohort = found.cohorts[flow.stage]
            assert 0 <= cohort.reached <= cohort.came


@given(STEPS)
def test_parts_together_are_the_whole(steps: list[tuple[int, str, int, str, str, str, bool]]) -> None:
    made = tally_of(walked(steps).moves)
    whole, parts = sheet(made, TWO), sheet(made, TWO, by="medium").rows
    for flow in whole.ledger.flows:
        assert sum(one.ledger.flow(flow.stage).closing for one in parts) == flow.closing
        assert sum(one.ledger.flow(flow.stage).opening for one in parts) == flow.opening
        assert sum(one.cohorts[flow.stage].came for one in parts) == whole.cohorts[flow.stage].came
    assert sum(one.ledger.ever_gained for one in parts) == whole.ledger.ever_gained


@given(STEPS)
def test_books_that_grow_move_by_move_in_any_order_are_those_of_the_whole(
    steps: list[tuple[int, str, int, str, str, str, bool]],
) -> None:
    log = walked(steps)
    moves = log.told(len(steps))
    made, known = Tally(), dict[str, list[Transition]]()
    for one in moves:
        before = known.get(one.lead_id)
        known[one.lead_id] = [*(before or []), shortened(one)]
        made.replace(
            one.lead_id, booked(before, day_of=DAY_OF, stages=STAGES) if before else None,
            booked(known[one.lead_id], day_of=DAY_OF, stages=STAGES),
        )  # fmt: skip
    assert sheet(made, TWO) == sheet(tally_of(moves), TWO)
    assert made.values() == tally_of(moves).values()


def test_a_move_is_shortened_to_what_is_counted() -> None:
    log = MoveLog()
    move = replace(log.move("kim", "gained", at=FIRST, labels={"medium": "a\x1fb", "source": "s"}), actor="Rita",
                   evidence=("x",))  # fmt: skip
    short = shortened(move)
    assert (short.actor, short.evidence) == ("", ())
    line = booked([short], day_of=DAY_OF, stages=STAGES).lines[0]
    assert tuple(line.cut) == ("ab", "s", "", "")
    assert line.cut._fields == LABELS


STEPS = st.lists(
    st.tuples(st.integers(0, 4), st.sampled_from(PLACES), st.integers(0, 3),
              st.sampled_from(["", "correction", "merged"]), st.sampled_from(["a.example", "b.example", ""])),
    max_size=30,
)  # fmt: skip


@given(steps=STEPS, cuts=st.lists(st.integers(0, 30), max_size=3))
def test_the_books_of_accounts_say_what_the_whole_log_says_however_it_is_read(
    steps: list[tuple[int, str, int, str, str]], cuts: list[int]
) -> None:
    """Some moves at a time, and marked accounts booked in between."""
    log, now = MoveLog(), FIRST
    for lead, to, later, via, account in steps:
        now += later * 40 * DAY_MS
        log.move(f"lead-{lead}", to, at=now, via=via, labels={"medium": f"m{lead}"}, account_id=account)
    books, known = AccountBooks(), dict[str, list[Transition]]()
    for start, end in pairwise([0, *sorted(min(one, len(log.moves)) for one in cuts), len(log.moves)]):
        for lead_id, new in by_lead(log.moves[start:end]).items():
            known[lead_id] = [*known.get(lead_id, []), *map(shortened, new)]
            books.mark(known[lead_id])
        made = books.tally(known, day_of=DAY_OF, stages=STAGES)
    whole = list(account_moves(log.moves, STAGES))
    for window in (EVER, TWO, Window(0, SECOND)):
        found = sheet(made, window)
        assert found.reconciles
        assert found.ledger == ledger_of(postings(whole), window, STAGES)
        assert sheet(made, window, by="medium").reconciles


def test_an_account_is_won_once_and_stays_so_however_many_people_follow() -> None:
    log = MoveLog()
    for lead in ("ann", "bob"):
        log.move(lead, "consultation", at=FIRST, account_id="acme.example")
        log.move(lead, "won", at=FIRST + DAY_MS, account_id="acme.example", via="crm")
    log.move("ann", "dead_end", at=FIRST + 2 * DAY_MS, account_id="acme.example")
    books = AccountBooks()
    moves = by_lead([shortened(one) for one in log.moves])
    for own in moves.values():
        books.mark(own)
    found = sheet(books.tally(moves, day_of=DAY_OF, stages=STAGES))
    assert (found.wins, found.ledger.flow("won").closing, found.age("won").standing) == (1, 1, 1)
    assert found.cohorts["consultation"].cvr == "100.0%"
