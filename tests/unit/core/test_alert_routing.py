"""Who hears of a return (ask A23): the deal's owner, the account's, the territory in turns, the team; copies."""

import pytest

from schemas.deals import Owner
from schemas.ids import alert_id_of
from streams.core.alert.routing import next_in_line, routed
from tests.unit.core.made import RULES
from tests.unit.core.sales import AMY, BOB, CAT, FAY, GONE, LEA, SALES, owner

# The hexadecimal number behind `al_` is what turns are taken by.
TURN = {0: "al_0", 1: "al_1", 2: "al_2", 3: "al_3"}
STRANGER = owner("Stranger")


def chosen(deal: Owner | None = None, account: Owner | None = None, *, region: str = "", turn: int = 0) -> Owner | None:
    return routed(
        deal, account_owner=account, region=region, alert_id=TURN[turn], routing=SALES.routing
    ).recipient


@pytest.mark.parametrize(("deal", "account", "expected"), [
    pytest.param(AMY, BOB, AMY, id="owner of the lost deal"),
    pytest.param(STRANGER, BOB, STRANGER, id="whom the rules do not list is active"),
    pytest.param(LEA, BOB, LEA, id="field sales that owns the deal"),
    pytest.param(GONE, BOB, BOB, id="owner of the account"),
    pytest.param(None, BOB, BOB, id="a deal without owner"),
    pytest.param(GONE, GONE, AMY, id="whose turn it is"),
    pytest.param(None, None, AMY, id="nobody's"),
])  # fmt: skip
def test_the_first_active_one_is_chosen(deal: Owner | None, account: Owner | None, expected: Owner) -> None:
    assert chosen(deal, account) == expected


@pytest.mark.parametrize(("region", "turn", "expected"), [
    ("", 0, AMY), ("", 1, BOB), ("", 2, CAT), ("", 3, AMY),
    ("north", 0, BOB), ("NORTH", 1, CAT), ("north", 2, BOB),
    ("South", 0, CAT), ("South", 1, CAT),
    ("west", 1, BOB),
])  # fmt: skip
def test_turns_are_taken_in_the_territory_by_the_alerts_own_number(region: str, turn: int, expected: Owner) -> None:
    assert chosen(region=region, turn=turn) == expected


def test_every_real_alert_has_a_turn_and_turns_are_shared() -> None:
    found = [
        routed(None, account_owner=None, region="", alert_id=alert_id_of("deal:crm:1", n), routing=SALES.routing)
        for n in range(60)
    ]
    assert {one.recipient for one in found} == {AMY, BOB, CAT}
    assert all(one.copies == () for one in found)


def test_without_reps_the_team_hears() -> None:
    told = routed(None, account_owner=None, region="", alert_id="al_1", routing=RULES.routing)
    assert told == (None, ())


@pytest.mark.parametrize(("deal", "account", "copies"), [
    pytest.param(FAY, None, (FAY,), id="field sales that takes no alerts"),
    pytest.param(FAY, FAY, (FAY,), id="once"),
    pytest.param(AMY, LEA, (LEA,), id="field sales of the account"),
    pytest.param(LEA, LEA, (), id="chosen already"),
    pytest.param(LEA, AMY, (), id="an SDR has the account: no copy"),
    pytest.param(GONE, AMY, (), id="who left hears nothing"),
])  # fmt: skip
def test_former_field_sales_gets_a_copy_if_it_is_somebody_else(
    deal: Owner | None, account: Owner | None, copies: tuple[Owner, ...]
) -> None:
    assert routed(deal, account_owner=account, region="", alert_id="al_0", routing=SALES.routing).copies == copies


@pytest.mark.parametrize(("held", "region", "turn", "expected"), [
    (AMY, "", 0, BOB), (BOB, "", 0, CAT), (CAT, "", 0, AMY),
    (BOB, "north", 0, CAT), (CAT, "north", 0, BOB),
    pytest.param(CAT, "South", 0, AMY, id="alone in the territory: anybody"),
    pytest.param(STRANGER, "", 1, BOB, id="not in line: whose turn it is"),
    pytest.param(AMY, "South", 1, CAT, id="of another territory"),
    pytest.param(None, "", 2, CAT, id="the team had it"),
])  # fmt: skip
def test_the_next_in_line(held: Owner | None, region: str, turn: int, expected: Owner) -> None:
    assert next_in_line(held, region=region, alert_id=TURN[turn], routing=SALES.routing) == expected


def test_nobody_is_in_line_where_there_are_no_reps() -> None:
    assert next_in_line(AMY, region="", alert_id="al_1", routing=RULES.routing) is None
