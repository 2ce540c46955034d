"""The proof: whatever is killed, whoever joins or leaves, out comes what one fold of the unique events gives."""

from pathlib import Path

import pytest

from tests.integration.brokers import BrokerKind, needed
from tests.integration.proof import proved
from tests.integration.siege import Siege

KILLS = 5


def kills(siege: Siege) -> None:
    """Five kills; a second worker joins after the second, and one of the two leaves after the fourth."""

    def kill_and_join() -> None:
        siege.kill()
        siege.join()

    def kill_and_leave() -> None:
        siege.kill()
        siege.all_ready()
        siege.leave()

    siege.feed([siege.kill, kill_and_join, siege.kill, kill_and_leave, siege.kill])


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "kind", [pytest.param("embedded", marks=pytest.mark.kafka), pytest.param("apache", marks=pytest.mark.apache)]
)
def test_five_kills_change_nothing(kind: BrokerKind, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    needed(kind)
    with capsys.disabled():
        siege = proved("f01-kills", kills, kind=kind, place=tmp_path)
    assert len(siege.uncommitted) == KILLS
