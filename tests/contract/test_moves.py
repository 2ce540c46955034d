"""The books of the console on the embedded broker: all that lies in the log of moves, and what comes, each once."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from schemas.codec import encode
from streams.console.flow.asked import Asked
from streams.console.flow.laid import Laid, laid_by
from streams.console.flow.moves import Moves
from streams.window import Window
from tests.integration.brokers import broker
from tests.integration.bus import Bus
from tests.unit.console.sights import RULES
from tests.unit.core.flow_log import FIRST, MoveLog

pytestmark = pytest.mark.kafka
PREFIX = "moves."


@pytest.fixture(scope="module")
def bus() -> Iterator[Bus]:
    with broker("embedded") as bootstrap, closing(Bus(bootstrap, prefix=PREFIX, app_id="moves")) as one:
        one.create()
        yield one


def laid(moves: Moves) -> Laid:
    """Read, and laid out. It is called from one thread only."""
    moves.read()
    assert moves.state.why == ""
    return moves.answered(lambda tally, rules: laid_by(Asked(window="all"), tally, rules, now=FIRST))


def test_all_moves_are_read_once_and_then_only_what_comes(bus: Bus) -> None:
    log = MoveLog()
    for number in range(600):
        log.move(f"lead-{number}", "gained", at=FIRST)
        log.move(f"lead-{number}", "nurture", at=FIRST)
    told = log.told()
    bus.write("transitions", [(sum(one.lead_id.encode()) % 4, encode(one)) for one in told])
    with closing(Window(bus.bootstrap, topic_prefix=PREFIX)) as window:
        moves = Moves(window, lambda: RULES, now=lambda: FIRST)
        first = laid(moves)
        assert (first.ever, first.sheet.ledger.flow("nurture").closing, first.sheet.reconciles) == (600, 600, True)
        assert moves.state.total == len(told)
        more = log.move("lead-7", "mql", at=FIRST)
        bus.write("transitions", [(sum(b"lead-7") % 4, encode(more))])
        second = laid(moves)
        assert (second.sheet.ledger.flow("mql").closing, second.sheet.reconciles) == (1, True)
        assert moves.state.total == 1
