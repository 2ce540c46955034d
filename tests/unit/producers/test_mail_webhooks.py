"""Routes of mail providers that are not set up, or set up wrongly; and what comes twice."""

from typing import Any

import pytest
from msgspec import to_builtins

from producers.errors import BadSettings
from producers.mail.providers.registry import PROVIDERS
from producers.settings import MailSettings
from tests.unit.producers.desk import desk
from tests.unit.producers.mail_door import ADDRESSED, POSTMARK, STAMP, Door, door
from tests.unit.producers.mail_knocks import ses, sns
from tests.unit.producers.mails import mail_settings


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


BOUNCED = {"RecordType": "Bounce", "ID": 42, "Type": "HardBounce", "Email": "ann@acme.example", "MessageID": "pm-1",
           "BouncedAt": "2026-11-21T09:00:05Z"}  # fmt: skip
OPENED = {"RecordType": "Open", "Recipient": "ann@acme.example", "MessageID": "pm-1",
          "ReceivedAt": "2026-11-21T09:00:05Z"}  # fmt: skip


async def _ses(d: Door) -> int:
    return (await d.ses(sns(ses("Complaint", complainedRecipients=ADDRESSED, **STAMP)))).status_code


async def _postmark(d: Door) -> int:
    return (await d.http.post("/v1/mail/postmark", json=[BOUNCED, OPENED], auth=POSTMARK)).status_code


@pytest.mark.parametrize("knock", [_ses, _postmark])
async def test_row_45_what_is_captured_and_sent_again_is_200_and_says_the_very_same(knock: Any) -> None:
    """The same ids and times, which a row keeps once. SendGrid's has a test of its own, with its stale times."""
    async with door() as d:
        assert await knock(d) == 200
        first = [to_builtins(one) for one in d.touches()]
        assert [await knock(d), await knock(d)] == [200, 200]
        assert first
        assert [to_builtins(one) for one in d.touches()] == first * 3
