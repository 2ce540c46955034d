"""What Postmark tells: proven, read event by event, kept; what cannot be read is in `rejected`."""

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from structlog.testing import capture_logs

from producers.settings import MailSettings
from tests.unit.producers.mail_door import AT, POSTMARK, STAMP, door, proofless, said
from tests.unit.producers.mails import ANN, sent


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
    """The route is open to anybody: a bad proof is counted each time, and said in words that the log says once."""
    async with door() as d:
        before = proofless()
        with capture_logs() as logged:
            for _ in range(50):
                assert (await d.http.post("/v1/mail/postmark", json=postmark("Delivery", **WHEN))).status_code == 401
        assert {one["event"] for one in logged} == {"mail_webhook_refused"}
        assert all(one == logged[0] for one in logged)
        assert proofless() - before == 50
