"""Amazon SNS, by which SES speaks: an envelope with a signature, and the certificate that proves it.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. The envelope itself says where its
certificate lies, so that address is believed only where it is Amazon's: anybody can sign with a certificate of their
own. Signatures of version 1 rest on SHA-1 and are refused: set `SignatureVersion` of the topic to 2.
"""

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
from cryptography.x509 import Certificate, load_pem_x509_certificate
from msgspec import DecodeError, Struct, ValidationError, field
from msgspec.json import Decoder

from producers.crm.proof import Knock, refuse
from producers.errors import NotFetched, Refusal, Refused

__all__ = ["Certificates", "Envelope", "Fetch", "envelope_of", "prove", "signed_text", "subscribe_url"]

Fetch: TypeAlias = Callable[[str], Awaitable[bytes]]
"""GET of an address of Amazon's: the bytes of a 200. Raises NotFetched."""
KEPT: Final = 8
_HOST: Final = r"https://sns\.[a-z0-9-]{2,32}\.amazonaws\.com(?:\.cn)?"
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
    """Amazon's certificates by their addresses, fetched once each."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch
        self._known: dict[str, Certificate] = {}

    async def get(self, url: str) -> Certificate:
        """Raises Refused(PROOF) for an address or a text that is none of Amazon's, and NotFetched."""
        if _CERTIFICATE.fullmatch(url) is None:
            refuse()
        known = self._known.get(url)
        if known is None:
            try:
                known = load_pem_x509_certificate(await self._fetch(url))
            except ValueError as error:
                raise NotFetched("Amazon's certificate cannot be read") from error
            if len(self._known) >= KEPT:
                del self._known[next(iter(self._known))]
            self._known[url] = known
        return known


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
    ours = said.topic_arn in topics and said.signature_version == "2"
    if not ours or headers != (said.type.encode(), said.message_id.encode()):
        refuse()
    if said.type != "Notification" and _SUBSCRIBE.fullmatch(said.subscribe_url or "") is None:
        refuse()
    _check(said, await certificates.get(said.signing_cert_url), now=datetime.fromtimestamp(now_ms / 1_000, UTC))


def _check(said: Envelope, certificate: Certificate, *, now: datetime) -> None:
    """Raises Refused(PROOF)."""
    key = certificate.public_key()
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        refuse()
    if not isinstance(key, RSAPublicKey):
        refuse()
    try:
        key.verify(b64decode(said.signature, validate=True), signed_text(said), PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        refuse()


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
