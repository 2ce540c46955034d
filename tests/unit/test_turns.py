"""What one found out is said to others: in the same words, in any language, and without the way that it came."""

import pytest

from streams.core.said import Said
from streams.turns import Turns
from streams.window import WindowShut

SAID = Said("Kafka at %(servers)s: %(error)s", {"servers": "kafka:9092", "error": "nobody"})


@pytest.fixture
def turns() -> Turns:
    """Of a far end that was away the last time."""
    made = Turns(WindowShut)
    with pytest.raises(WindowShut), made.turn():
        raise WindowShut(SAID)
    return made


def test_while_one_finds_out_others_hear_the_same_with_no_frame_of_it(turns: Turns) -> None:
    depths = set()
    with turns.lock:
        for _ in range(3):
            with pytest.raises(WindowShut) as found, turns.turn():
                pass
            assert (found.value.said, str(found.value)) == (SAID, str(SAID))
            depths.add(len(found.traceback))
    assert len(depths) == 1, "one error that is raised again and again would keep all frames that it came through"


def test_what_is_wrong_while_somebody_answers_is_not_the_others(turns: Turns) -> None:
    with turns.turn():
        pass
    with pytest.raises(KeyError), turns.turn():
        raise KeyError("topic")
    with turns.turn():
        pass
