"""Mail providers at the collector's door: keys and certificates of this run, and bodies as they post them."""

import json
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from producers.errors import NotFetched
from producers.mail.providers.sns import envelope_of, signed_text
from tests.unit.producers.desk import NOW

TOPIC: Final = "arn:aws:sns:eu-west-1:123456789012:mail"
CERTIFICATE: Final = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b2c.pem"
CONFIRM: Final = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f37"
RSA_KEY: Final = rsa.generate_private_key(65_537, 2_048)
EC_KEY: Final = ec.generate_private_key(ec.SECP256R1())
SENDGRID_KEY: Final = b64encode(
    EC_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()


def pem(*, days: int = 30, name: str = "sns.amazonaws.com", other: str = "") -> bytes:
    """Good from a day before NOW, for so many days. `other`: what it is named besides."""
    began = datetime.fromtimestamp(NOW / 1_000, UTC) - timedelta(days=1)
    who = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = x509.CertificateBuilder(who, who, RSA_KEY.public_key(), 7, began, began + timedelta(days=days))
    if other:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(other)]), critical=False)
    return made.sign(RSA_KEY, SHA256()).public_bytes(Encoding.PEM)


class Amazon:
    """What lies at Amazon's addresses; remembers what was asked for."""

    def __init__(self, certificate: bytes | None = None) -> None:
        self.asked: list[str] = []
        self.away = False
        self._certificate = pem() if certificate is None else certificate

    async def fetch(self, url: str) -> bytes:
        self.asked.append(url)
        if self.away:
            raise NotFetched("away")
        return self._certificate if url.endswith(".pem") else b"<ConfirmSubscriptionResponse/>"


def sns(message: Any = "hello", *, kind: str = "Notification", sha1: bool = False, **more: Any) -> bytes:
    """An envelope, signed."""
    said = {
        "Type": kind, "MessageId": "165545c9-2a5c", "TopicArn": TOPIC, "Timestamp": "2026-11-21T10:00:00.000Z",
        "Message": message if isinstance(message, str) else json.dumps(message), "SignatureVersion": "2",
        "SigningCertURL": CERTIFICATE, "Signature": "",
    } | ({} if kind == "Notification" else {"SubscribeURL": CONFIRM, "Token": "2336412f37"}) | more  # fmt: skip
    text = signed_text(envelope_of(json.dumps(said).encode()))
    said["Signature"] = b64encode(RSA_KEY.sign(text, PKCS1v15(), SHA1() if sha1 else SHA256())).decode()  # noqa: S303
    return json.dumps(said).encode()


def sns_headers(body: bytes, **more: str) -> dict[str, str]:
    said = json.loads(body)
    told = {"x-amz-sns-message-type": said["Type"], "x-amz-sns-message-id": said["MessageId"]}
    return {"content-type": "text/plain; charset=UTF-8"} | told | more


def ses(
    kind: str, *, to: list[str] | None = None, tags: dict[str, list[str]] | None = None, **part: Any
) -> dict[str, Any]:
    """What SES says of one mail to Ann."""
    said: dict[str, Any] = {
        "eventType": kind,
        "mail": {"messageId": "ses-1", "timestamp": "2026-11-21T09:00:00.000Z", "source": "us@example.com",
                 "destination": to or ["Ann@acme.example"], "tags": tags or {}},
    }  # fmt: skip
    return said | ({kind[:1].lower() + kind[1:]: part} if part else {})


def sendgrid_headers(body: bytes, *, at: int = NOW, key: ec.EllipticCurvePrivateKey = EC_KEY) -> dict[str, str]:
    stamp = str(at // 1_000)
    signature = b64encode(key.sign(stamp.encode() + body, ec.ECDSA(SHA256()))).decode()
    return {
        "x-twilio-email-event-webhook-signature": signature, "x-twilio-email-event-webhook-timestamp": stamp,
    }  # fmt: skip


def sendgrid(kind: str, number: int = 1, **more: Any) -> dict[str, Any]:
    return {
        "event": kind, "email": "ann@acme.example", "timestamp": NOW // 1_000 - 60, "sg_event_id": f"e{number}",
        "sg_message_id": "14c5d75ce93.dfd.64b469.filter0001.16648.5515E0B88.0",
    } | more  # fmt: skip
