"""The providers whose webhooks we read: one line each."""

from collections.abc import Callable, Mapping
from typing import Final, Protocol

from msgspec import Struct

from producers.crm.proof import Knock, check_basic
from producers.crm.told import Told
from producers.mail.providers import postmark, sendgrid, ses, sns
from producers.mail.providers.reading import MailReading
from producers.mail.providers.sns import Certificates
from producers.settings import MailSettings
from schemas.touches import MailEvent

__all__ = ["PROVIDERS", "Provider", "Verify"]


class Verify(Protocol):
    """Raises Refused(PROOF) for a request that does not prove who sent it, and NotFetched."""

    async def __call__(
        self, knock: Knock, *, settings: MailSettings, now_ms: int, certificates: Certificates
    ) -> None:
        """Returns for a good proof. `now_ms` is UTC milliseconds."""


class Provider(Struct, frozen=True, kw_only=True):
    """How one provider proves itself, and what its bodies become.

    `variable` sets it up, which `is_set_up` finds; `confirm`: an address that a body asks to be fetched, "" for none.
    """

    verify: Verify
    events_of: Callable[[bytes, MailReading], Told[MailEvent]]
    variable: str
    is_set_up: Callable[[MailSettings], bool]
    confirm: Callable[[bytes], str] = lambda _: ""


async def _postmark(knock: Knock, *, settings: MailSettings, now_ms: int, certificates: Certificates) -> None:  # noqa: ARG001
    check_basic(knock, settings.postmark_secret.get_secret_value())


async def _sendgrid(knock: Knock, *, settings: MailSettings, now_ms: int, certificates: Certificates) -> None:  # noqa: ARG001
    sendgrid.verify(knock, key=settings.sendgrid_key, now_ms=now_ms)


async def _ses(knock: Knock, *, settings: MailSettings, now_ms: int, certificates: Certificates) -> None:
    await sns.prove(knock, topics=settings.ses_topics, now_ms=now_ms, certificates=certificates)


PROVIDERS: Final[Mapping[str, Provider]] = {
    "postmark": Provider(
        verify=_postmark, events_of=postmark.events_of, variable="LEADSTREAM_MAIL__POSTMARK_SECRET",
        is_set_up=lambda settings: bool(settings.postmark_secret.get_secret_value()),
    ),
    "sendgrid": Provider(
        verify=_sendgrid, events_of=sendgrid.events_of, variable="LEADSTREAM_MAIL__SENDGRID_KEY",
        is_set_up=lambda settings: bool(settings.sendgrid_key and sendgrid.public_key(settings.sendgrid_key)),
    ),
    "ses": Provider(
        verify=_ses, events_of=ses.events_of, variable="LEADSTREAM_MAIL__SES_TOPICS",
        is_set_up=lambda settings: bool(settings.ses_topics), confirm=sns.subscribe_url,
    ),
}  # fmt: skip
