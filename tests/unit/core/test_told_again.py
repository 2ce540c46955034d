"""Law 3 on every golden journey: a message that comes again changes no row, nor does what is said of it again.

A worker that dies before it commits folds its last messages again, with rows that have read on meanwhile: what they say
then must be what was said the first time, down to its time.
"""

from typing import Any

import pytest

from streams.core.rules import Rules, load_rules
from tests.unit.core.journeys.telling import NAMES, happen, lines_of, rules_files
from tests.unit.core.made import NAMING
from tests.unit.core.whole import WholeCore


class Repeating(WholeCore):
    """Remembers what was folded and at which version, and hears all of it again."""

    def __init__(self, rules: Rules) -> None:
        super().__init__(rules)
        self._heard: list[tuple[str, Any, int]] | None = []

    def _fold(self, table: str, message: Any) -> None:
        super()._fold(table, message)
        if self._heard is not None:
            self._heard.append((table, message, self._offset))

    def hear_again(self) -> int:
        """Everything at its own version, then what was said of it as news. How many messages that were."""
        heard, self._heard, newest = self._heard or [], None, self._offset
        for table, message, offset in heard:
            self._offset = offset - 1
            super()._fold(table, message)
        self._offset = newest
        self.hears("leads")
        return len(heard)

    def everything(self) -> dict[tuple[str, str], Any]:
        """Rows and cards."""
        rows = {(table, key): row for table, held in self.rows.items() for key, row in held.items()}
        cards = {"lead": self.leads, "account": self.accounts, "alert": self.alerts}
        return rows | {(kind, key): card for kind, held in cards.items() for key, card in held.items()}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_changes_when_all_of_a_journey_comes_again(name: str) -> None:
    files = rules_files(name)
    core = Repeating(load_rules(files, naming=NAMING))
    core.files = files
    for line in lines_of(name):
        happen(core, line)
    before = core.everything()
    assert core.hear_again() > 0
    after = core.everything()
    assert after.keys() == before.keys()
    assert {what: one for what, one in after.items() if one != before[what]} == {}
