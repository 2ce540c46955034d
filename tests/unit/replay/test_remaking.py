"""What a rejected record becomes: the same time, source, trust and id, whoever replays it and whenever."""

import pytest
from msgspec import Raw, UnsetType

from schemas.codec import VISITS, encode, encode_block
from schemas.delivery import Delivery
from schemas.rejected import Envelope, Reason, Rejected
from schemas.topics import partition_of
from schemas.touches import Tick
from streams.core.events.visits import decode_visits
from streams.core.said import in_english
from streams.replay.patch import merge_patch
from streams.replay.remaking import Mapped, NotReplayable
from streams.replay.verdicts import Verdict, judged
from tests.unit.replay.made import ENVELOPE, NAMING, NOW, RULES, bad, remaker

TRACK = merge_patch('{"type": "track", "event": "Quote requested"}')
PAGE = b'{"type":"page","anonymousId":"v1","properties":{"url":"https://a.example/pricing"}}'


def delivery_of(value: bytes) -> Delivery:
    [one], refused = VISITS.decode(value)
    assert not refused
    return one


def test_an_event_comes_back_as_it_was_received() -> None:
    """Neither now nor more trusted, to its visitor's own partition."""
    made = remaker().remade(bad(), TRACK)
    one = delivery_of(made.puts[0].value)
    assert (one.received_at, one.sent_at, one.source, one.trust) == (NOW - 5_000, NOW - 5_200, "site", "proven")
    assert (one.ip, one.user_agent, made.puts[0].topic, made.puts[0].partition) == (
        "203.0.113.0", "sdk/2", "visits", partition_of("v1", 4),
    )  # fmt: skip
    assert bytes(one.events[0]) == made.after != made.before


def test_what_an_older_release_kept_is_only_claimed() -> None:
    one = delivery_of(remaker().remade(bad(envelope=None), TRACK).puts[0].value)
    assert (one.received_at, one.trust, one.ip) == (NOW, "claimed", None)


def test_an_event_without_an_id_is_the_same_hit_each_time_and_that_of_a_good_one() -> None:
    """It follows from what it says and from when it was received."""
    raw = PAGE.replace(b'"page"', b'"pageview"')
    envelope = Envelope(received_at=NOW)
    patch = merge_patch('{"type":"page"}')
    puts = [remaker().remade(bad(raw, envelope=envelope, at=NOW + later), patch).puts[0] for later in (0, 86_400_000)]
    again = [decode_visits(put.value, RULES).facts[0] for put in puts]
    good = Delivery(received_at=NOW, source="site", events=[Raw(PAGE)])
    assert again[0] == again[1] == decode_visits(encode_block([encode(good)]), RULES).facts[0]


def test_a_user_id_alone_needs_the_secret() -> None:
    record = bad(b'{"type":"track","event":"x","userId":"u1"}')
    user = NAMING.visitor_of(None, "u1")
    assert remaker().remade(record).puts[0].partition == partition_of(str(user), 4)
    with pytest.raises(NotReplayable, match="LEADSTREAM_SECRET"):
        remaker(naming=None).remade(record)
    assert remaker(naming=None).remade(bad()).puts[0].partition == partition_of("v1", 4)


@pytest.mark.parametrize(
    ("record", "why"),
    [
        (bad(b"", reason=Reason.TOO_LARGE), "not kept"),
        (bad(b"", reason=Reason.NO_ID), "not kept"),
        (bad(b'{"cut":', reason=Reason.TOO_LARGE), "not kept"),
        (bad(b'{"type":"page"}', reason=Reason.NO_ID), "neither a usable"),
        (bad(b'{"type":"page","anonymousId":true}'), "neither a usable"),
        (bad(b'{"type":"page","anonymousId":"' + b"x" * 200 + b'"}'), "200 characters"),
        (bad(b'{"type":"page","anonymousId":"v","n":NaN}', reason=Reason.NUMBER), "needs a patch"),
        (bad(b"nothing", reason=Reason.JSON), "needs a patch"),
        (bad(b'{"id":7}', reason=Reason.MAPPING, envelope=None), "CRM"),
        (bad(b'{"t":"tick"}', topic="leadstream.touches.v1", partition=0, offset=1, envelope=None), "no row"),
        (bad(b"{}", source="", topic="leadstream.visits.v1", partition=0, offset=1, envelope=None), "no delivery"),
    ],
)
def test_what_cannot_be_replayed_says_why(record: Rejected, why: str) -> None:
    with pytest.raises(NotReplayable, match=why):
        remaker().remade(record)


def test_a_message_of_another_hop_goes_to_its_rows_partition_now() -> None:
    raw = encode(Tick(to="lead-7", at=NOW))
    record = bad(raw, reason=Reason.FOLD, source="leads", topic="t.leadstream.touches.v1.e3", partition=0, offset=5,
                 envelope=None)  # fmt: skip
    put = remaker().remade(record).puts[0]
    assert (put.topic, put.partition, put.value) == ("touches", partition_of("lead-7", 4), b"[" + raw + b"]")
    assert judged(put, RULES).said == "accepted"


def test_a_visitors_failed_fold_comes_back_from_its_block_and_nothing_else_with_it() -> None:
    """Neither another's events nor poison, which has a record of its own."""
    other = PAGE.replace(b"v1", b"v2")
    block = encode_block([
        encode(Delivery(received_at=NOW, source="site", trust="proven",
                        events=[Raw(PAGE), Raw(other), Raw(b'{"type":"no","anonymousId":"v1"}')])),
        encode(Delivery(received_at=NOW, source="site", events=[Raw(other)])),
    ])  # fmt: skip
    facts = encode(decode_visits(block, RULES).facts[0])
    record = bad(facts, reason=Reason.FOLD, source="visitors", topic="leadstream.visits.v1", partition=1, offset=9,
                 envelope=None)  # fmt: skip
    put = remaker(blocks={9: block}).remade(record).puts[0]
    one = delivery_of(put.value)
    assert ([bytes(event) for event in one.events], one.trust) == ([PAGE], "proven")
    assert put.partition == partition_of("v1", 4)
    assert isinstance(one.orders, UnsetType)
    with pytest.raises(NotReplayable, match="not kept any more"):
        remaker().remade(record)
    with pytest.raises(NotReplayable, match="without a patch"):
        remaker(blocks={9: block}).remade(record, TRACK)


def test_a_delivery_that_could_not_be_read_can_be_patched_whole() -> None:
    raw = b'{"received_at":"soon","source":"site","events":[' + PAGE + b"]}"
    record = bad(raw, source="", topic="leadstream.visits.v1", partition=2, offset=1, envelope=None)
    put = remaker().remade(record, merge_patch(f'{{"received_at": {NOW}}}')).puts[0]
    assert (put.partition, delivery_of(put.value).received_at) == (2, NOW)
    elsewhere = bad(raw, source="", topic="leadstream.visits.v1.e4", partition=2, offset=1, envelope=None)
    with pytest.raises(NotReplayable, match="another epoch"):
        remaker().remade(elsewhere, merge_patch(f'{{"received_at": {NOW}}}'))


def told(verdict: Verdict) -> list[str]:
    return [in_english(what) for what, points in verdict.means if points is None]


def test_a_verdict_says_what_the_rules_see() -> None:
    made = remaker().remade(bad(PAGE, envelope=ENVELOPE))
    verdict = judged(made.puts[0], RULES)
    assert verdict.said == "accepted"
    assert "page: pricing" in told(verdict)
    again = judged(remaker().remade(bad()).puts[0], RULES)
    assert (again.said, again.reason) == ("rejected", "unknown_type")
    ahead = PAGE.replace(b'"v1"', b'"v1","timestamp":"2030-01-01T00:00:00Z"')
    assert "time by our clock" in told(judged(remaker().remade(bad(ahead)).puts[0], RULES))
    assert "time by our clock" not in told(verdict)
    machine = Envelope(received_at=NOW, user_agent="Googlebot/2.1 (+http://www.google.com/bot.html)")
    assert judged(remaker().remade(bad(PAGE, envelope=machine)).puts[0], RULES).said == "left_out"


def test_what_a_body_becomes_goes_to_the_inbox_and_the_row_of_each_message() -> None:
    mapped = [Mapped("signals", "deal:x:1", b'{"a":1}'), Mapped("signals", "deal:x:1", b'{"a":2}'),
              Mapped("touches", "lead-7", b'{"b":1}')]  # fmt: skip
    made = remaker(mapper=lambda _: mapped).remade(bad(reason=Reason.MAPPING, envelope=None))
    assert made.becomes == tuple(mapped)
    assert [(put.topic, put.partition, put.value) for put in made.puts] == [
        ("signals", partition_of("deal:x:1", 4), b'[{"a":1},{"a":2}]'),
        ("touches", partition_of("lead-7", 4), b'[{"b":1}]'),
    ]  # fmt: skip


def test_where_nobody_reads_bodies_it_says_who_does() -> None:
    for door in ("hubspot", "mail/postmark"):
        with pytest.raises(NotReplayable, match="leadstream rejected replay"):
            remaker().remade(bad(reason=Reason.MAPPING, envelope=None, door=door))
    with pytest.raises(NotReplayable, match="says nothing that we need"):
        remaker(mapper=lambda _: ()).remade(bad(reason=Reason.MAPPING, envelope=None))
