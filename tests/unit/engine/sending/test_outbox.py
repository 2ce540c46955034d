import pytest
from msgspec.json import decode

from schemas.activity import Version
from schemas.cards import Transition
from schemas.codec import LEAD_CARD, REJECTED
from schemas.delivery import VisitorOrder
from schemas.rejected import Reason, Rejected
from schemas.topics import partition_of
from schemas.touches import Tick
from streams.core.effects import NOTHING, Due, Effects
from streams.core.events.facts import Ordered
from streams.core.events.visits import decode_visits
from streams.engine.sending.book import SAVED, Saved
from streams.engine.sending.outbox import BLOCK_BYTES, RECORD_BYTES, Outbox, Record
from streams.metrics import Metrics
from tests.bench.cards import lead_card
from tests.unit.core.made import RULES


def move(number: int, offset: int = 0) -> Transition:
    return Transition(
        lead_id="ann", number=number, account_id="", from_stage="", to_stage="mql", skipped=(), via="", rule_id="T1",
        rules_version="r", evidence=(), effective_at=0, recorded_at=0, actor="", version=Version(0, offset),
    )  # fmt: skip


class Desk:
    def __init__(self) -> None:
        self.nudged = self.waiting = 0
        self.dues: list[Due] = []
        self.metrics = Metrics()
        self.outbox = Outbox(
            partitions=4, bell=self, deliver=self.dues.append, metrics=self.metrics, now=lambda: 7  # type: ignore[arg-type]
        )

    def soon(self) -> None:
        self.nudged += 1

    def later(self) -> None:
        self.waiting += 1

    def take(self) -> list[Record]:
        return self.outbox.take(everything=True)


def test_messages_to_one_partition_share_a_record() -> None:
    desk = Desk()
    touches = tuple(Tick(to=f"lead{number}", at=number) for number in range(40))
    desk.outbox.send(Effects(touches=touches), after=SAVED)
    records = desk.take()
    assert len(records) == 4
    for topic, partition, key, value in records:
        assert (topic, key) == ("touches", None)
        assert {partition_of(one["to"], 4) for one in decode(value)} == {partition}
    assert sum(len(decode(one.value)) for one in records) == 40
    assert not desk.take()


def test_a_block_is_closed_at_its_size_and_keeps_its_order() -> None:
    desk = Desk()
    for number in range(200):
        desk.outbox.tell("touches", Tick(to="ann" + " " * 1_000, at=number))
    records = desk.take()
    assert len(records) > 1
    assert all(len(one.value) <= BLOCK_BYTES + 2 for one in records)
    assert [one["at"] for record in records for one in decode(record.value)] == list(range(200))


def test_decisions_wait_for_their_row() -> None:
    desk, saved = Desk(), Saved()
    desk.outbox.send(Effects(transitions=(move(1),), touches=(Tick(to="bob", at=1),)), after=saved)
    assert [one.topic for one in desk.take()] == ["touches"]
    assert desk.outbox.held == 1
    saved.acknowledge()
    assert [(one.topic, one.key) for one in desk.take()] == [("transitions", b"ann:1")]
    assert desk.outbox.held == 0


def test_dues_wait_too_and_go_to_their_channel() -> None:
    desk, saved = Desk(), Saved()
    due = Due("webhook", None)  # type: ignore[arg-type]  # the post does not matter here
    desk.outbox.send(Effects(dues=(due,)), after=saved)
    assert not desk.dues
    saved.acknowledge()
    assert desk.dues == [due]


def test_of_one_flush_only_the_newest_card_of_a_key_leaves() -> None:
    desk = Desk()
    for offset in (3, 9, 5):
        desk.outbox.send(Effects(transitions=(move(1, offset),)), after=SAVED)
    (record,) = desk.take()
    assert decode(record.value)["version"] == [0, 9]


def test_cards_of_leads_and_accounts_wait_for_company_and_decisions_do_not() -> None:
    desk = Desk()
    older, newer = (LEAD_CARD.decode(lead_card("ann", 10, version)) for version in (3, 9))
    desk.outbox.send(Effects(leads=(newer,)), after=SAVED)
    desk.outbox.send(Effects(leads=(older,)), after=SAVED)
    assert (desk.nudged, desk.outbox.cards) == (0, 1)
    assert desk.waiting
    desk.outbox.send(Effects(transitions=(move(1),)), after=SAVED)
    assert desk.nudged
    assert [one.topic for one in desk.outbox.take(everything=False)] == ["transitions"]
    (record,) = desk.outbox.take(everything=True)
    assert (record.topic, record.key, LEAD_CARD.decode(record.value)) == ("leads", b"ann", newer)
    assert desk.outbox.cards == 0


def test_a_bound_that_a_fold_met_is_counted() -> None:
    desk = Desk()
    desk.outbox.send(Effects(approximated=("members",)), after=SAVED)
    assert desk.metrics.value("approximated", "members") == 1


def test_nothing_said_wakes_nobody() -> None:
    desk = Desk()
    desk.outbox.send(NOTHING, after=SAVED)
    assert (desk.nudged, desk.waiting) == (0, 0)


def test_what_is_too_large_for_a_record_is_kept_in_rejected() -> None:
    desk = Desk()
    desk.outbox.tell("touches", Tick(to="x" * RECORD_BYTES, at=1))
    (record,) = desk.take()
    assert record.topic == "rejected"
    assert REJECTED.decode(record.value).reason is Reason.TOO_LARGE


@pytest.mark.parametrize("size", [10, RECORD_BYTES])
def test_rejected_bytes_are_kept_unless_no_record_holds_them(size: int) -> None:
    desk = Desk()
    raw = b"x" * size
    desk.outbox.reject(
        [Rejected(at=1, reason=Reason.JSON, detail="d", source="site", raw=raw, topic="t", partition=1, offset=2)]
    )
    (record,) = desk.take()
    kept = REJECTED.decode(record.value)
    assert (record.key, kept.topic, kept.partition, kept.offset) == (b"site", "t", 1, 2)
    assert kept.raw == (raw if size == 10 else b"")


def test_the_end_of_a_card_waits_for_its_row_and_nothing_comes_behind_it() -> None:
    """A card that waits for company is the erased person's: it must not leave after its tombstone."""
    desk, saved = Desk(), Saved()
    desk.outbox.send(Effects(leads=(LEAD_CARD.decode(lead_card("ann", 800, 1)),)), after=SAVED)
    desk.outbox.send(Effects(erased=("ann",)), after=saved)
    assert desk.outbox.take(everything=False) == []
    saved.acknowledge()
    assert desk.take() == [Record("leads", partition_of("ann", 4), b"ann", None)]


def test_an_order_to_a_browser_leaves_in_a_delivery_to_its_partition() -> None:
    desk = Desk()
    order = VisitorOrder(to="b1", kind="erase", lead_id="ann", at=5, actor="Olga")
    desk.outbox.send(Effects(orders=(order,), passed_over=3), after=SAVED)
    [record] = desk.take()
    assert (record.topic, record.partition, record.key) == ("visits", partition_of("b1", 4), None)
    [facts] = decode_visits(record.value or b"", RULES).facts
    assert (facts.to, facts.orders) == ("b1", (Ordered("ann", 5, "erase"),))
    assert desk.metrics.value("filtered", "erased") == 3
