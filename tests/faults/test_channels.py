"""F18: what receivers do to us. Their posts wait in a queue of their own; nothing else waits, and none is lost."""

from contextlib import ExitStack
from pathlib import Path
from typing import Final

import pytest

from tests.integration.brokers import given
from tests.integration.bus import wait_until
from tests.integration.proof import proved
from tests.integration.receiver import MOODS, Mood, Receiver
from tests.integration.siege import Siege

pytestmark = [pytest.mark.faults, pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(600)]

KIND: Final = given("embedded")
PEOPLE, EVENTS = 400, 4_000


@pytest.mark.parametrize("mood", MOODS)
def test_a_receiver_that_fails_holds_up_nobody(mood: Mood, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It misbehaves from the first alert on until everything else is done; then all its posts arrive."""
    with ExitStack() as stack, capsys.disabled():
        receiver = stack.enter_context(Receiver())
        receiver.mood = mood

        def happens(siege: Siege) -> None:
            siege.feed([siege.kill])
            siege.settle(f"visits while the receiver {mood}")
            wait_until(lambda: receiver.asked, within_s=30, what=f"an attempt; {siege.state()}")
            assert not receiver.seen
            receiver.mood = "takes"

        proved(f"f18-{mood}", happens, kind=KIND, place=tmp_path, people=PEOPLE, events=EVENTS, receiver=receiver)
