"""Routes of mail providers that are not set up, or set up wrongly."""


import pytest

from producers.errors import BadSettings
from producers.mail.providers.registry import PROVIDERS
from producers.settings import MailSettings
from tests.unit.producers.desk import desk
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
