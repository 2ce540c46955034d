"""The three-valued ledger sees what is wrong, and nothing where all is right."""

from typing import Any

import pytest
from msgspec import Raw
from msgspec.json import encode

from schemas.delivery import Delivery
from schemas.rejected import Reason, Rejected
from tests.faults.senders import Senders
from tests.faults.witness import attest
from tests.integration.bus import Record
from tests.integration.ledger import Ledger


def delivery(at: int, *events: bytes) -> Delivery:
    return Delivery(received_at=at, sent_at=at, source="site", events=[Raw(one) for one in events])


A, B, C = delivery(1, b'{"m":1}'), delivery(2, b'{"m":2}', b'{"m":3}'), delivery(3, b'{"m":4}')


class Log:
    """What lies in `visits` and `rejected`."""

    def __init__(self, *blocks: list[Delivery], rejected: tuple[bytes, ...] = ()) -> None:
        kept = [Rejected(at=0, reason=Reason.SCHEMA, detail="", source="site", raw=raw) for raw in rejected]
        self.topics = {"visits": [encode(block) for block in blocks], "rejected": [encode(one) for one in kept]}

    def read(self, name: str) -> list[Record]:
        return [Record(0, offset, "", value) for offset, value in enumerate(self.topics[name])]


def ledger_of(log: Any, *statuses: list[int], ordered: bool = True) -> Ledger:
    """Of A, B and C, sent by one visitor and answered so."""
    senders = Senders([("v", encode(one)) for one in (A, B, C)], [], seconds=1)
    for request, said in zip(senders.requests, statuses, strict=True):
        request.statuses = said
    ledger = Ledger(accepted=0, seed=0)
    attest(ledger, senders, log, ordered=ordered)
    return ledger


OK, UNKNOWN, REFUSED = [200], [503, 0], [400]


@pytest.mark.parametrize(
    ("log", "statuses"),
    [
        pytest.param(Log([A, B], [C]), (OK, OK, OK), id="all there"),
        pytest.param(Log([A], [A, B], [B, C]), (OK, OK, OK), id="copies"),
        pytest.param(Log([A]), (OK, UNKNOWN, UNKNOWN), id="unknown and not there"),
        pytest.param(Log([A, B, C]), (OK, UNKNOWN, [503, 200]), id="unknown and there"),
        pytest.param(Log([A, B]), (OK, OK, REFUSED), id="refused and not there"),
        pytest.param(Log([A, delivery(2, b'{"m":2}'), C], rejected=(b'{"m":3}',)), (OK, OK, OK), id="rejected"),
    ],
)
def test_what_is_right_is_clean(log: Log, statuses: tuple[list[int], ...]) -> None:
    assert ledger_of(log, *statuses).clean


@pytest.mark.parametrize(
    ("log", "statuses", "count", "by"),
    [
        pytest.param(Log([A, C]), (OK, OK, OK), "lost", 2, id="accepted and not there"),
        pytest.param(Log([A, delivery(2, b'{"m":2}'), C]), (OK, OK, OK), "lost", 1, id="half of a request"),
        pytest.param(Log([A, B, C]), (OK, OK, REFUSED), "phantom", 1, id="refused and there"),
        pytest.param(Log([A, B, C, delivery(9, b'{"m":9}')]), (OK, OK, OK), "phantom", 1, id="nobody sent it"),
        pytest.param(Log([B, A, C]), (OK, OK, OK), "inversions", 1, id="overtaken"),
    ],
)
def test_what_is_wrong_is_counted(log: Log, statuses: tuple[list[int], ...], count: str, by: int) -> None:
    assert getattr(ledger_of(log, *statuses), count) == by


def test_several_collectors_need_not_keep_the_order() -> None:
    assert ledger_of(Log([B, A, C]), OK, OK, OK, ordered=False).clean
