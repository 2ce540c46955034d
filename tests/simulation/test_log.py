"""What the judge is told of rules that ended: what was read under them, and what only came late."""

from typing import Final

from schemas.activity import Version
from streams.core.lead.row import Lead
from streams.core.rows import ROWS
from tests.simulation.log import Log, Record, changelog

LEADS: Final = "leads"
FIRST, SECOND = Version(0, 31), Version(0, 35)


def saved(log: Log, key: str, row: Lead) -> None:
    log.append(changelog(LEADS), 0, Record(key.encode(), ROWS[LEADS].encode(row)))


def test_a_row_counts_as_read_by_the_rules_that_made_it() -> None:
    log, row = Log(1), Lead(FIRST, 1, rules_version="aaaaaaaa")
    log.folds(LEADS, "ann", FIRST, held=None, row=row)
    saved(log, "ann", row)
    assert log.end_era() == {(LEADS, "ann"): FIRST}


def test_a_row_that_a_sweep_or_a_late_batch_writes_again_was_not_read_by_the_rules_of_then() -> None:
    log, row = Log(1), Lead(FIRST, 1, rules_version="aaaaaaaa")
    log.folds(LEADS, "ann", FIRST, held=None, row=row)
    saved(log, "ann", row)
    log.end_era()
    saved(log, "ann", row)
    assert log.end_era() == {}


def test_a_row_that_nobody_saved_was_read_by_nobody() -> None:
    log = Log(1)
    log.folds(LEADS, "ann", FIRST, held=None, row=Lead(FIRST, 1))
    assert log.end_era() == {}


def test_rules_that_read_a_message_again_have_read_as_far_as_that_and_no_further() -> None:
    """The row has heard of a later one under the rules before."""
    log, row = Log(1), Lead(SECOND, 1, rules_version="bbbbbbbb")
    log.folds(LEADS, "ann", FIRST, held=SECOND, row=row)
    saved(log, "ann", row)
    assert log.end_era() == {(LEADS, "ann"): FIRST}


def test_a_message_that_comes_again_under_the_same_rules_takes_nothing_back() -> None:
    log, row = Log(1), Lead(SECOND, 1, rules_version="bbbbbbbb")
    log.folds(LEADS, "ann", SECOND, held=SECOND, row=row)
    log.folds(LEADS, "ann", FIRST, held=SECOND, row=row)
    saved(log, "ann", row)
    assert log.end_era() == {(LEADS, "ann"): SECOND}
