"""What SendGrid tells: proven, read event by event, kept; what cannot be read is in `rejected`."""

import json

from cryptography.hazmat.primitives.asymmetric import ec

from tests.unit.producers.desk import NOW
from tests.unit.producers.mail_door import STAMP, door, proofless, said
from tests.unit.producers.mail_knocks import (
    sendgrid,
    sendgrid_headers,
    ses,
    sns,
)
from tests.unit.producers.mails import ANN, sent


async def test_what_sendgrid_tells_becomes_events_of_the_lead() -> None:
    kinds = {"delivered": "delivered", "deferred": "deferred", "bounce": "bounced", "open": "opened",
             "spamreport": "complained", "unsubscribe": "unsubscribed", "group_unsubscribe": "unsubscribed",
             "group_resubscribe": "subscribed"}  # fmt: skip
    async with door() as d:
        events = [sendgrid(kind, number) for number, kind in enumerate(kinds)]
        events += [sendgrid("processed"), sendgrid("dropped"), sendgrid("click", url=sent().links[0])]
        answer = await d.sendgrid(events)
        assert answer.json() == {
            "success": True, "ok": True, "status": 1, "accepted": 8, "rejected": 0, "passed_over": 3,
        }  # fmt: skip
        assert said(d) == [
            (ANN, kind, f"sendgrid:e{number}", "14c5d75ce93", (NOW // 1_000 - 60) * 1_000, kind == "bounced")
            for number, kind in enumerate(kinds.values())
        ]


async def test_a_blocked_mail_is_no_hard_bounce_and_custom_arguments_name_lead_and_message() -> None:
    blocked = sendgrid("bounce", type="blocked")
    click = sendgrid("click", 2, url="https://acme.example/a", ip="203.0.113.9", useragent="Firefox",
                     leadstream_lead="ab" * 16, leadstream_message="spring-1")  # fmt: skip
    async with door() as d:
        await d.sendgrid([blocked, click])
        first, second = sorted(d.touches(), key=lambda one: one.mail_event_id)
        assert (first.kind, first.permanent) == ("bounced", False)
        assert (second.to, second.message_id, second.link, second.ip) == (
            "ab" * 16, "spring-1", "https://acme.example/a", "203.0.0.0",
        )  # fmt: skip


async def test_one_odd_event_costs_none_of_its_neighbours() -> None:
    odd = [
        (3, "an event: no JSON object"), (sendgrid("explosion"), "event: explosion"), ({}, "event: nothing"),
        (sendgrid("open", sg_event_id=""), "sg_event_id: nothing"), (sendgrid("open", email="x"), "recipient: not"),
        (sendgrid("open", sg_message_id=None), "sg_message_id: nothing"),
        (sendgrid("open", timestamp="soon"), "timestamp: neither"),
    ]  # fmt: skip
    async with door() as d:
        answer = await d.sendgrid([sendgrid("open", 98), *(one for one, _ in odd), sendgrid("open", 99)])
        assert (answer.json()["accepted"], answer.json()["rejected"]) == (2, len(odd))
        for kept, (one, why) in zip(d.rejected(), odd, strict=True):
            assert kept.detail.startswith(why)
            assert (kept.door, json.loads(kept.raw)) == ("mail/sendgrid", one)


async def test_half_of_a_surrogate_pair_in_an_address_costs_none_of_its_neighbours() -> None:
    """An address cut in the middle of an emoji: no text in UTF-8, so the whole request ended as a 500, for ever."""
    cut = {"url": "https://acme.example/\ud83d", "useragent": "Fox\ud83d"}
    async with door() as d:
        answer = await d.sendgrid([sendgrid("click", 1, **cut), sendgrid("delivered", 2)])
        assert (answer.status_code, answer.json()["accepted"]) == (200, 2)
        answer = await d.ses(sns(ses("Click", link=cut["url"], **STAMP)))
        assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
        click, _, other = d.touches()
        assert (click.link, click.user_agent) == ("https://acme.example/\ufffd", "Fox\ufffd")
        assert other.link == click.link


async def test_row_45_sendgrid_without_its_proof_is_401_and_a_replay_changes_nothing() -> None:
    body = json.dumps([sendgrid("open")]).encode()
    good = sendgrid_headers(body)
    bad = [
        {}, good | {"x-twilio-email-event-webhook-timestamp": str(NOW // 1_000 + 1)},
        sendgrid_headers(body, key=ec.generate_private_key(ec.SECP256R1())), sendgrid_headers(body + b" "),
        sendgrid_headers(body, at=NOW - 301_000), sendgrid_headers(body, at=NOW + 301_000),
        good | {"x-twilio-email-event-webhook-signature": "no base64"},
    ]  # fmt: skip
    before = proofless()
    async with door() as d:
        for headers in bad:
            assert (await d.http.post("/v1/mail/sendgrid", content=body, headers=headers)).status_code == 401
        assert d.sink.records == []
        for _ in range(2):
            assert (await d.http.post("/v1/mail/sendgrid", content=body, headers=good)).status_code == 200
        assert len({one.mail_event_id for one in d.touches()}) == 1
        assert (await d.sendgrid(b"{")).status_code == 400
        assert (await d.sendgrid([sendgrid("open")] * 501)).status_code == 413
        assert (await d.sendgrid(b"[" + b" " * 600_000 + b"]")).status_code == 413
    assert proofless() == before + len(bad)
