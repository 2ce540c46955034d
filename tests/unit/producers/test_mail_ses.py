"""What Amazon SES tells through SNS: proven, read event by event, kept; what cannot be read is in `rejected`."""

import asyncio
from typing import Any

import pytest
from structlog.testing import capture_logs

from producers.errors import NotFetched
from producers.mail.providers.sns import Certificates
from schemas.rejected import Reason
from tests.unit.producers.desk import NOW, until
from tests.unit.producers.mail_door import ADDRESSED, AT, STAMP, door, proofless, said
from tests.unit.producers.mail_knocks import (
    CERTIFICATE,
    CONFIRM,
    TOPIC,
    Amazon,
    pem,
    ses,
    sns,
)
from tests.unit.producers.mails import ANN, sent

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
