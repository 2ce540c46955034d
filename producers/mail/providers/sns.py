"""Amazon SNS, by which SES speaks: an envelope with a signature, and the certificate that proves it.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. The envelope itself says where its
certificate lies, so that address is believed only where it is Amazon's: anybody can sign with a certificate of their
own. The certificate comes alone, without those above it, so TLS to that host is the chain that is checked; that it is
named as SNS's, and valid now, is checked besides. Signatures of version 1, a topic's default, rest on SHA-1 and are
refused: set `SignatureVersion` of the topic to 2.
"""

import asyncio
import binascii
import re
from base64 import b64decode
from collections.abc import Awaitable, Callable, Collection
from datetime import UTC, datetime
from typing import Final, Literal, TypeAlias

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import (
    Certificate,
    DNSName,
    ExtensionNotFound,
    SubjectAlternativeName,
    load_pem_x509_certificate,
)
from cryptography.x509.oid import NameOID
from msgspec import DecodeError, Struct, ValidationError, field
from msgspec.json import Decoder

from producers.crm.proof import Knock, refuse
from producers.errors import NotFetched, Refusal, Refused

__all__ = ["Certificates", "Envelope", "Fetch", "envelope_of", "prove", "signed_text", "subscribe_url"]

Fetch: TypeAlias = Callable[[str], Awaitable[bytes]]
"""GET of an address of Amazon's: the bytes of a 200. Raises NotFetched."""
KEPT: Final = 8
AT_ONCE: Final = 4  # fetches: whoever forges an envelope has us ask no more of Amazon
_AMAZON: Final = r"\.amazonaws\.(?:com|com\.cn|eu)"
_HOST: Final = rf"https://sns\.[a-z0-9-]{{2,32}}{_AMAZON}"
# `sns.amazonaws.com`, in newer regions `sns-signing.<region>`, in China `sns-<region>`.
_NAME: Final = re.compile(rf"sns(?:[.-][a-z0-9.-]{{2,64}})?{_AMAZON}")
VERSION_1: Final = "a signature of version 1: set SignatureVersion of the topic to 2"
_CERTIFICATE: Final = re.compile(_HOST + r"/[A-Za-z0-9_-]{1,128}\.pem")
_SUBSCRIBE: Final = re.compile(_HOST + r"/\?[A-Za-z0-9=&%._:~-]{1,4096}")


class Envelope(Struct, frozen=True, kw_only=True, rename="pascal"):
    """What SNS posts."""

    type: Literal["Notification", "SubscriptionConfirmation", "UnsubscribeConfirmation"]
    message_id: str
    topic_arn: str
    message: str
    timestamp: str
    signature_version: str
    signature: str
    signing_cert_url: str = field(default="", name="SigningCertURL")
    subject: str | None = None
    subscribe_url: str | None = field(default=None, name="SubscribeURL")
    token: str | None = None


_envelope: Final = Decoder(Envelope).decode


class Certificates:
    """Amazon's certificates by their addresses. Those that proved something are kept, and not fetched again."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._known: dict[str, Certificate] = {}  # the least used first
        self._coming: dict[str, asyncio.Task[Certificate]] = {}

    async def get(self, url: str) -> Certificate:
        """Raises Refused(PROOF) for an address that is none of Amazon's, and NotFetched."""
        if _CERTIFICATE.fullmatch(url) is None:
            refuse()
        known = self._known.get(url)
        return known if known is not None else await asyncio.shield(self._on_its_way(url))

    def keep(self, url: str, certificate: Certificate) -> None:
        """It proved something: nobody who proves nothing can push it out."""
        self._known.pop(url, None)
        self._known[url] = certificate
        if len(self._known) > KEPT:
            del self._known[next(iter(self._known))]

    def _on_its_way(self, url: str) -> "asyncio.Task[Certificate]":
        """One fetch for all who wait for it. Raises NotFetched."""
        task = self._coming.get(url)
        if task is None:
            if len(self._coming) >= AT_ONCE:
                raise NotFetched(f"{AT_ONCE} certificates are on their way already")
            task = self._coming[url] = asyncio.create_task(self._fetched(url))
            task.add_done_callback(lambda done: self._came(url, done))
        return task

    def _came(self, url: str, done: "asyncio.Task[Certificate]") -> None:
        del self._coming[url]
        if not done.cancelled():
            done.exception()  # whoever waited heard it, if anybody is there still

    async def _fetched(self, url: str) -> Certificate:
        try:
            return load_pem_x509_certificate(await self._fetch(url))
        except ValueError as error:
            raise NotFetched("Amazon's certificate cannot be read") from error


def envelope_of(body: bytes) -> Envelope:
    """Raises Refused(JSON)."""
    try:
        return _envelope(body)
    except (ValidationError, DecodeError, ValueError) as error:
        raise Refused(Refusal.JSON, "no envelope of SNS") from error


async def prove(knock: Knock, *, topics: Collection[str], now_ms: int, certificates: Certificates) -> None:
    """One of our topics, as its headers say, signed by Amazon's key of now. Raises Refused and NotFetched."""
    said = envelope_of(knock.body)
    headers = (knock.header("x-amz-sns-message-type"), knock.header("x-amz-sns-message-id"))
    ours = said.topic_arn in topics
    if ours and said.signature_version == "1":
        raise Refused(Refusal.PROOF, VERSION_1)
    if not ours or said.signature_version != "2" or headers != (said.type.encode(), said.message_id.encode()):
        refuse()
    if said.type != "Notification" and _SUBSCRIBE.fullmatch(said.subscribe_url or "") is None:
        refuse()
    certificate = await certificates.get(said.signing_cert_url)
    _check(said, certificate, now=datetime.fromtimestamp(now_ms / 1_000, UTC))
    certificates.keep(said.signing_cert_url, certificate)


def _check(said: Envelope, certificate: Certificate, *, now: datetime) -> None:
    """Raises Refused(PROOF)."""
    key = certificate.public_key()
    if not any(_NAME.fullmatch(name) for name in _names(certificate)):
        refuse()
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        refuse()
    if not isinstance(key, RSAPublicKey):
        refuse()
    try:
        key.verify(b64decode(said.signature, validate=True), signed_text(said), PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        refuse()


def _names(certificate: Certificate) -> list[str]:
    """Whom it was issued to. Raises Refused(PROOF) where its extensions cannot be read."""
    common = [str(one.value) for one in certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
    try:
        others = certificate.extensions.get_extension_for_class(SubjectAlternativeName).value
    except ExtensionNotFound:
        return common
    except ValueError:
        refuse()
    return common + others.get_values_for_type(DNSName)


def signed_text(said: Envelope) -> bytes:
    """What a signature is of: name and value of these fields, a line each, sorted by their names."""
    fields = {
        "Message": said.message, "MessageId": said.message_id, "Subject": said.subject, "Timestamp": said.timestamp,
        "TopicArn": said.topic_arn, "Type": said.type,
    }  # fmt: skip
    if said.type != "Notification":
        del fields["Subject"]
        fields |= {"SubscribeURL": said.subscribe_url, "Token": said.token}
    lines = (f"{name}\n{fields[name]}\n" for name in sorted(fields) if fields[name] is not None)
    return "".join(lines).encode()


def subscribe_url(body: bytes) -> str:
    """Where a subscription of a proven body is confirmed, "" for what is none."""
    said = envelope_of(body)
    return said.subscribe_url or "" if said.type == "SubscriptionConfirmation" else ""
