"""What mail providers tell: proven, read event by event, kept; what cannot be read is in `rejected`."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr, ValidationError
from starlette.applications import Starlette
from starlette.routing import Route
from structlog.testing import capture_logs

from producers.collector.door.knocks import Knocks
from producers.collector.door.limits import Limits
from producers.collector.door.network_rate import NetworkRate
from producers.collector.mail.webhooks import MailRoute
from producers.errors import BadSettings, NotFetched
from producers.mail.providers.registry import PROVIDERS
from producers.mail.providers.sns import Certificates
from producers.metrics import REGISTRY
from producers.settings import LimitSettings, MailSettings
from schemas.rejected import Reason
from schemas.times import milliseconds_of
from tests.unit.producers.desk import NOW, Desk, desk, until
from tests.unit.producers.mail_knocks import (
    CERTIFICATE,
    CONFIRM,
    SENDGRID_KEY,
    TOPIC,
    Amazon,
    pem,
    sendgrid,
    sendgrid_headers,
    ses,
    sns,
    sns_headers,
)
from tests.unit.producers.mails import ANN, mail_settings, sent

POSTMARK = ("leadstream", "a password: with a colon")
SETTINGS = MailSettings(
    sendgrid_key=SENDGRID_KEY, ses_topics=(TOPIC,), postmark_secret=SecretStr(":".join(POSTMARK))
)  # fmt: skip


class Door(Desk):
    """A desk whose Amazon is ours."""

    async def ses(self, body: bytes, **headers: str) -> httpx.Response:
        return await self.http.post("/v1/mail/ses", content=body, headers=sns_headers(body, **headers))

    async def sendgrid(self, said: Any, **more: Any) -> httpx.Response:
        body = said if isinstance(said, bytes) else json.dumps(said).encode()
        return await self.http.post("/v1/mail/sendgrid", content=body, headers=sendgrid_headers(body, **more))


@asynccontextmanager
async def door(
    amazon: Amazon | None = None, settings: MailSettings = SETTINGS, *, limits: LimitSettings | None = None
) -> AsyncIterator[Door]:
    """A proxy says who knocks."""
    async with desk() as d:
        found, told = amazon or Amazon(), limits or LimitSettings()
        knocks = Knocks(NetworkRate(told, of="mail_webhooks"), Limits(told), hops=1)
        routes = [
            Route(f"/v1/mail/{name}", methods=["POST"], endpoint=MailRoute(
                name, d.collector.intake, settings=settings, knocks=knocks, fetch=found.fetch).answer)
            for name in PROVIDERS
        ]  # fmt: skip
        made = Door(d.collector, d.sink)
        made.http = httpx.AsyncClient(transport=httpx.ASGITransport(Starlette(routes=routes)), base_url="http://c")
        async with made.http:
            yield made


def said(d: Desk) -> list[tuple[Any, ...]]:
    return [(one.to, one.kind, one.mail_event_id, one.message_id, one.at, one.permanent) for one in d.touches()]


def proofless() -> float:
    return REGISTRY.get_sample_value("leadstream_collector_refused_total", {"reason": "proof"}) or 0.0


# ─── Amazon SES
AT = milliseconds_of("2026-11-21T09:00:05.000Z")
STAMP = {"timestamp": "2026-11-21T09:00:05.000Z"}
ADDRESSED = [{"emailAddress": "ann@acme.example"}]
SES = [
    (ses("Delivery", recipients=["ann@acme.example"], **STAMP), "delivered", False),
    (ses("Bounce", bounceType="Permanent", bouncedRecipients=ADDRESSED, **STAMP), "bounced", True),
    (ses("Bounce", bounceType="Transient", bouncedRecipients=ADDRESSED, **STAMP), "bounced", False),
    (ses("Complaint", complainedRecipients=ADDRESSED, **STAMP), "complained", False),
    (ses("DeliveryDelay", delayedRecipients=ADDRESSED, **STAMP), "deferred", False),
    (ses("Open", ipAddress="192.0.2.1", userAgent="x", **STAMP), "opened", False),
    (ses("Click", link="https://acme.example/a", **STAMP), "clicked", False),
    (ses("Subscription", newTopicPreferences={"unsubscribeAll": True}, **STAMP), "unsubscribed", False),
    (ses("Subscription", newTopicPreferences={"unsubscribeAll": False}, **STAMP), "subscribed", False),
]


@pytest.mark.parametrize(("message", "kind", "permanent"), SES)
async def test_what_ses_tells_becomes_one_event_of_the_lead(
    message: dict[str, Any], kind: str, *, permanent: bool
) -> None:
    body = sns(message, Subject="Amazon SES")
    async with door() as d:
        for _ in range(2):  # SNS posts more than once: the same event, which rows join
            answer = await d.ses(body)
            assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
        assert said(d) == [(ANN, kind, "ses:165545c9-2a5c", "ses-1", AT, permanent)] * 2


async def test_without_event_publishing_ses_calls_it_a_notification_type() -> None:
    message = ses("Bounce", bounceType="Permanent", bouncedRecipients=ADDRESSED, **STAMP)
    message["notificationType"] = message.pop("eventType")
    async with door() as d:
        await d.ses(sns(message))
        assert [one.kind for one in d.touches()] == ["bounced"]


async def test_a_sent_mail_names_lead_and_message_as_its_sender_said() -> None:
    tags = {"leadstream_lead": ["ab" * 16], "leadstream_message": ["spring-1"]}
    message = ses("Send", tags=tags)
    by_header = ses("Send")
    by_header["mail"]["headers"] = [
        {"name": "X-Leadstream-Message", "value": "spring-2"}, {"name": "x-leadstream-lead", "value": "not hex"}, 3,
    ]  # fmt: skip
    async with door() as d:
        await d.ses(sns(message))
        await d.ses(sns(by_header))
        assert [(one.to, one.message_id) for one in d.touches()] == [("ab" * 16, "spring-1"), (ANN, "spring-2")]


async def test_a_click_says_where_from_and_one_on_our_own_link_is_told_by_our_redirect() -> None:
    made = sent()
    async with door() as d:
        message = ses("Click", link="https://acme.example/a", ipAddress="203.0.113.9", userAgent="Firefox", **STAMP)
        await d.ses(sns(message))
        for link in (made.links[0], made.unsubscribe):
            answer = await d.ses(sns(ses("Click", link=link, **STAMP)))
            assert answer.json()["passed_over"] == 1
        (event,) = d.touches()
        assert (event.link, event.ip, event.user_agent, event.click_id) == (
            "https://acme.example/a", "203.0.0.0", "Firefox", "",
        )  # fmt: skip


async def test_of_a_mail_to_several_each_bounce_is_its_owner_s_and_an_open_is_nobody_s() -> None:
    two = [{"emailAddress": "ann@acme.example"}, {"emailAddress": "ben@acme.example"}]
    both = ["ann@acme.example", "ben@acme.example"]
    async with door() as d:
        await d.ses(sns(ses("Bounce", to=both, bounceType="Permanent", bouncedRecipients=two, **STAMP)))
        assert len({one.to for one in d.touches()}) == 2
        answer = await d.ses(sns(ses("Open", to=both, **STAMP)))
        assert answer.json()["rejected"] == 1
        assert [(one.reason, one.source, one.door) for one in d.rejected()] == [(Reason.MAPPING, "ses", "mail/ses")]


@pytest.mark.parametrize(
    ("message", "why"),
    [
        ("{", "Expecting"), ("{}", "eventType: nothing"), (ses("Explosion"), "eventType: Explosion"),
        (ses("Bounce"), "bounce: no JSON object"), (ses("Bounce", bounceType="Permanent"), "bouncedRecipients: nobody"),
        (ses("Delivery", recipients=["nobody"], **STAMP), "recipient: not an address"),
        (ses("Delivery", recipients=["ann@acme.example"], timestamp="soon"), "delivery.timestamp: neither"),
        ({"eventType": "Send", "mail": 3}, "mail: no JSON object"),
    ],
)  # fmt: skip
async def test_what_cannot_be_read_is_kept_with_its_bytes(message: Any, why: str) -> None:
    body = sns(message)
    async with door() as d:
        assert (await d.ses(body)).json()["rejected"] == 1
        (kept,) = d.rejected()
        assert kept.raw == body
        assert why in kept.detail


async def test_what_says_nothing_that_we_need_is_passed_over() -> None:
    async with door() as d:
        for message in (ses("Reject"), "Successfully validated SNS topic for Amazon SES event publishing."):
            assert (await d.ses(sns(message))).json()["passed_over"] == 1
        assert d.sink.records == []


async def test_a_time_to_come_is_now() -> None:
    async with door() as d:
        await d.ses(sns(ses("Delivery", recipients=["ann@acme.example"], timestamp="2036-01-01T00:00:00Z")))
        assert [one.at for one in d.touches()] == [NOW]


async def test_a_subscription_is_confirmed_once_and_its_certificate_is_fetched_once() -> None:
    amazon = Amazon()
    body = sns("You have chosen to subscribe", kind="SubscriptionConfirmation")
    async with door(amazon) as d:
        amazon.away = True
        assert (await d.ses(body)).status_code == 503
        amazon.away = False
        for _ in range(3):
            assert (await d.ses(body)).status_code == 200
        assert amazon.asked == [CERTIFICATE, CERTIFICATE, CONFIRM]
        assert d.sink.records == []


FOREIGN = [
    "https://evil.example/x.pem", "http://sns.eu-west-1.amazonaws.com/x.pem", "https://sns.eu-west-1.amazonaws.com.evil.example/x.pem",
    "https://sns.eu-west-1.amazonaws.com@evil.example/x.pem", "https://evil.example/sns.eu-west-1.amazonaws.com/x.pem",
    "https://sns.eu-west-1.amazonaws.com:8443/x.pem", "https://sns.eu-west-1.amazonaws.com/x.pem?y", "http://127.0.0.1/x.pem",
    "https://sns.eu-west-1.amazonaws.com/../x.pem", "https://snsx.eu-west-1.amazonaws.com/x.pem", "",
    "https://bucket.s3.amazonaws.com/x.pem", "https://sns.eu-west-1.amazonaws.com/x.pem\n", "https://sns.evil.example/x.pem",
    "file:///etc/passwd", "https://sns.eu-west-1.amazonaws.com\\@evil.example/x.pem",
]  # fmt: skip


@pytest.mark.parametrize("url", FOREIGN)
async def test_row_46_an_envelope_with_a_foreign_certificate_is_401_and_nothing_is_fetched(url: str) -> None:
    amazon, before = Amazon(), proofless()
    async with door(amazon) as d:
        for kind in ("Notification", "SubscriptionConfirmation"):
            answer = await d.ses(sns(kind=kind, SigningCertURL=url))
            assert (answer.status_code, answer.json()["reason"]) == (401, "proof")
        assert (amazon.asked, d.sink.records) == ([], [])
    assert proofless() == before + 2


@pytest.mark.parametrize("url", [*FOREIGN, "https://sns.eu-west-1.amazonaws.com/latest/meta-data"])
async def test_row_46_a_foreign_address_to_confirm_is_401_and_nothing_is_fetched(url: str) -> None:
    amazon = Amazon()
    async with door(amazon) as d:
        assert (await d.ses(sns(kind="SubscriptionConfirmation", SubscribeURL=url))).status_code == 401
        assert amazon.asked == []


ALTERED = [
    lambda body: body.replace(b'"hello"', b'"hallo"'), lambda body: body.replace(b"165545c9", b"265545c9"),
    lambda body: body.replace(b'"Signature": "', b'"Signature": "A'), lambda body: body.replace(b'"2"', b'"1"'),
    lambda body: body.replace(b"10:00:00", b"10:00:01"), lambda body: body.replace(b":mail", b":fail"),
]  # fmt: skip


@pytest.mark.parametrize("change", ALTERED)
async def test_row_45_an_envelope_that_was_changed_is_401(change: Any) -> None:
    async with door() as d:
        body = change(sns())
        assert (await d.ses(body)).status_code == 401
        assert d.sink.records == []


async def test_row_45_other_topics_headers_certificates_and_sha_1_are_401() -> None:
    async with door() as d:
        assert (await d.ses(sns(TopicArn=TOPIC + "2"))).status_code == 401
        assert (await d.ses(sns(sha1=True, SignatureVersion="1"))).status_code == 401
        assert (await d.ses(sns(), **{"x-amz-sns-message-id": "other"})).status_code == 401
        assert (await d.ses(sns(), **{"x-amz-sns-message-type": "SubscriptionConfirmation"})).status_code == 401
        assert (await d.http.post("/v1/mail/ses", content=sns())).status_code == 401
        assert (await d.http.post("/v1/mail/ses", content=b"[]")).status_code == 400
    async with door(Amazon(pem(days=0))) as d:
        assert (await d.ses(sns())).status_code == 401  # it ended before now
    async with door(Amazon(b"no certificate")) as d:
        assert (await d.ses(sns())).status_code == 503


async def test_a_signature_of_version_1_says_what_to_set_to_whom_the_topic_belongs() -> None:
    """It is the default of a topic, so it is what somebody meets who sets this up."""
    async with door() as d:
        with capture_logs() as logged:
            answer = await d.ses(sns(sha1=True, SignatureVersion="1"))
        assert (answer.status_code, "SignatureVersion of the topic to 2" in answer.json()["detail"]) == (401, True)
        assert "SignatureVersion" in logged[0]["why"]
        other = await d.ses(sns(sha1=True, SignatureVersion="1", TopicArn=TOPIC + "2"))
        assert "SignatureVersion" not in other.text


@pytest.mark.parametrize(
    ("name", "other", "status"),
    [
        ("sns.amazonaws.com", "", 200), ("sns-cn-north-1.amazonaws.com.cn", "", 200), ("x", "sns.amazonaws.com", 200),
        ("sns-signing.eu-south-1.amazonaws.com", "", 200), ("sns-signing.eusc-de-east-1.amazonaws.eu", "", 200),
        ("s3.amazonaws.com", "", 401), ("sns.amazonaws.com.evil.example", "x", 401), ("snsx.amazonaws.com", "", 401),
    ],
)  # fmt: skip
async def test_row_46_a_certificate_must_be_named_as_sns_names_its_own(name: str, other: str, status: int) -> None:
    async with door(Amazon(pem(name=name, other=other))) as d:
        assert (await d.ses(sns())).status_code == status


# ─── certificates
def address(number: int) -> str:
    return CERTIFICATE.replace("0a1b2c", str(number))


async def test_what_proved_nothing_is_not_kept_and_pushes_out_nothing_that_did() -> None:
    amazon = Amazon()
    async with door(amazon) as d:
        assert (await d.ses(sns())).status_code == 200
        for number in range(40):
            forged = sns(SigningCertURL=address(number)).replace(b"hello", b"hallo")
            assert (await d.ses(forged)).status_code == 401
        assert (await d.ses(sns())).status_code == 200
        assert amazon.asked == [CERTIFICATE, *map(address, range(40))]


async def test_of_many_certificates_the_least_used_is_fetched_again() -> None:
    amazon = Amazon()
    async with door(amazon) as d:
        for number in (*range(8), 0, 8, 0, 1):
            assert (await d.ses(sns(SigningCertURL=address(number)))).status_code == 200
    assert amazon.asked == [*map(address, range(9)), address(1)]


async def test_all_who_wait_for_one_certificate_share_one_fetch_and_only_so_many_are_on_their_way() -> None:
    go, asked = asyncio.Event(), list[str]()

    async def fetch(url: str) -> bytes:
        asked.append(url)
        await go.wait()
        return pem()

    certificates = Certificates(fetch)
    waiting = [asyncio.create_task(certificates.get(address(number % 4))) for number in range(40)]
    gone = asyncio.create_task(certificates.get(address(0)))
    await until(lambda: len(asked) == 4)
    gone.cancel()
    with pytest.raises(NotFetched, match="on their way"):
        await certificates.get(address(4))
    go.set()
    assert len(await asyncio.gather(*waiting)) == 40, "who leaves takes it from nobody"
    assert asked == [address(number) for number in range(4)]
    await certificates.get(address(4))


# ─── SendGrid
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


# ─── Postmark
def postmark(kind: str, **more: Any) -> dict[str, Any]:
    who = {"Email" if kind in {"Bounce", "SpamComplaint"} else "Recipient": "ann@acme.example"}
    return {"RecordType": kind, "MessageID": "883953f4", "MessageStream": "outbound"} | who | more


WHEN = {"DeliveredAt": STAMP["timestamp"], "BouncedAt": STAMP["timestamp"], "ReceivedAt": STAMP["timestamp"],
        "ChangedAt": STAMP["timestamp"]}  # fmt: skip


@pytest.mark.parametrize(
    ("record", "kind", "permanent"),
    [
        (postmark("Delivery"), "delivered", False), (postmark("Bounce", ID=4, Type="HardBounce"), "bounced", True),
        (postmark("Bounce", ID=4, Type="SoftBounce"), "bounced", False),
        (postmark("SpamComplaint", ID=4, Type="SpamComplaint"), "complained", False),
        (postmark("Open", UserAgent="x"), "opened", False),
        (postmark("Click", OriginalLink="https://a.b"), "clicked", False),
        (postmark("SubscriptionChange", SuppressSending=True, SuppressionReason="Manual"), "unsubscribed", False),
        (postmark("SubscriptionChange", SuppressSending=True, SuppressionReason="HardBounce"), "bounced", True),
        (postmark("SubscriptionChange", SuppressSending=True, SuppressionReason="SpamComplaint"), "complained", False),
        (postmark("SubscriptionChange", SuppressSending=False, SuppressionReason=None), "subscribed", False),
    ],
)  # fmt: skip
async def test_what_postmark_tells_becomes_one_event_of_the_lead(
    record: dict[str, Any], kind: str, *, permanent: bool
) -> None:
    async with door() as d:
        for _ in range(2):
            answer = await d.http.post("/v1/mail/postmark", json=record | WHEN, auth=POSTMARK)
            assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
        first, second = said(d)
        assert first == second == (ANN, kind, first[2], "883953f4", AT, permanent)


async def test_postmark_s_metadata_name_lead_and_message_and_each_link_is_a_click() -> None:
    noted = {"leadstream_lead": "ab" * 16, "leadstream_message": "spring-1"}
    click = postmark("Click", Metadata=noted, Geo={"IP": "203.0.113.9"}, UserAgent="Firefox", **WHEN)
    both = [click | {"OriginalLink": f"https://acme.example/{name}"} for name in "ab"]
    own = click | {"OriginalLink": sent().links[0]}
    async with door() as d:
        answer = await d.http.post("/v1/mail/postmark", json=[*both, own, {"RecordType": "Odd"}], auth=POSTMARK)
        assert [answer.json()[name] for name in ("accepted", "passed_over", "rejected")] == [2, 1, 1]
        assert {(one.to, one.message_id, one.ip) for one in d.touches()} == {("ab" * 16, "spring-1", "203.0.0.0")}
        assert len({one.mail_event_id for one in d.touches()}) == 2


async def test_an_event_of_a_person_needs_no_message_and_one_of_a_message_does() -> None:
    nameless = {"MessageID": "", **WHEN}
    async with door() as d:
        gone = postmark("SubscriptionChange", SuppressSending=True) | nameless
        answer = await d.http.post("/v1/mail/postmark", json=[gone, postmark("Open") | nameless], auth=POSTMARK)
        assert (answer.json()["accepted"], answer.json()["rejected"]) == (1, 1)
        assert [(one.kind, one.message_id) for one in d.touches()] == [("unsubscribed", "")]
        assert d.rejected()[0].detail == "MessageID: nothing there"


async def test_row_45_postmark_without_its_password_is_401() -> None:
    async with door() as d:
        for auth in (None, ("leadstream", "other"), ("", "")):
            answer = await d.http.post("/v1/mail/postmark", json=postmark("Delivery", **WHEN), auth=auth)
            assert answer.status_code == 401
        assert d.sink.records == []
    with pytest.raises(ValidationError, match="user:password"):
        MailSettings(postmark_secret=SecretStr("alone"))


async def test_row_45_strangers_fill_no_log() -> None:
    """The route is open to anybody: within one moment a bad proof is said once, and counted each time."""
    async with door() as d:
        before = proofless()
        with capture_logs() as logged:
            for _ in range(50):
                assert (await d.http.post("/v1/mail/postmark", json=postmark("Delivery", **WHEN))).status_code == 401
        assert [one["event"] for one in logged] == ["mail_webhook_refused"]
        assert proofless() - before == 50


# ─── what is set up
async def test_a_provider_that_is_not_set_up_is_404_and_says_what_to_set() -> None:
    async with desk(mail=mail_settings()) as d:
        wanted = {"ses": "SES_TOPICS", "sendgrid": "SENDGRID_KEY", "postmark": "POSTMARK_SECRET"}
        assert wanted.keys() == PROVIDERS.keys()
        for name, variable in wanted.items():
            answer = await d.http.post(f"/v1/mail/{name}", content=b"[]")
            assert (answer.status_code, answer.json()["reason"]) == (404, "not_set_up")
            assert f"LEADSTREAM_MAIL__{variable}" in answer.json()["detail"]


@pytest.mark.parametrize("key", ["no base64", "aGVsbG8="])
async def test_a_key_of_sendgrid_s_that_is_none_ends_the_start(key: str) -> None:
    with pytest.raises(BadSettings, match="LEADSTREAM_MAIL__SENDGRID_KEY"):
        async with desk(mail=MailSettings(sendgrid_key=key)):
            pass
