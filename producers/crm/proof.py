"""Who sent a webhook: proofs over the raw bytes, compared in constant time. A proof that fails is Refused(PROOF)."""

import binascii
import hmac
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import sha1, sha256, sha512
from typing import Final, NoReturn

from msgspec import Struct

from producers.errors import Refusal, Refused

__all__ = ["Knock", "check_basic", "check_hmac", "check_standard", "fresh", "glance_standard", "refuse", "same"]

ALGORITHMS: Final = {"sha1": sha1, "sha256": sha256, "sha512": sha512}
STALE_MS: Final = 300_000


class Knock(Struct, frozen=True, kw_only=True):
    """One request as it came. `uri` is the public one, as the sender saw it; header names are lower case.

    `secret` is the last part of the path, where the route has one.
    """

    method: str
    uri: str
    headers: Mapping[bytes, bytes]
    body: bytes
    secret: str = ""

    def header(self, name: str) -> bytes:
        """A header's value, b"" for none."""
        return self.headers.get(name.lower().encode("latin-1"), b"")


def same(one: bytes, other: bytes) -> bool:
    """Whether both are the same and not empty; the time it takes says nothing."""
    return hmac.compare_digest(one, other) and bool(one)


def refuse() -> NoReturn:
    """Always with the same words: what was wrong is nobody's business. Raises Refused."""
    raise Refused(Refusal.PROOF, "this request does not prove who sent it")


def fresh(stamp: bytes, *, now_ms: int, unit_ms: int) -> bool:
    """Whether a time in this unit is at most 5 minutes from now."""
    if not stamp.isdigit() or len(stamp) > len("253402300800000"):
        return False
    return abs(now_ms - int(stamp) * unit_ms) <= STALE_MS


def check_basic(knock: Knock, secret: str) -> None:
    """HTTP Basic with `user:password`. Raises Refused."""
    scheme, _, value = knock.header("authorization").partition(b" ")
    try:
        said = b64decode(value.strip(), validate=True) if scheme.lower() == b"basic" else b""
    except (binascii.Error, ValueError):
        said = b""
    if not same(said, secret.encode()):
        refuse()


def check_hmac(
    knock: Knock, secret: str, *, header: str, algorithm: str = "sha256", encoding: str = "hex", prefix: str = ""
) -> None:
    """An HMAC of the body in a header of any name. Raises Refused."""
    digest = hmac.new(secret.encode(), knock.body, ALGORITHMS[algorithm])
    made = digest.hexdigest().encode() if encoding == "hex" else b64encode(digest.digest())
    said = knock.header(header).strip().removeprefix(prefix.encode())
    if not same(said.lower() if encoding == "hex" else said, made):
        refuse()


def glance_standard(knock: Knock, *, now_ms: int) -> None:
    """What a head tells of a proof by Standard Webhooks: whether the body matters at all. Raises Refused."""
    prefix = _prefix(knock)
    signed = knock.header(f"{prefix}-id") and knock.header(f"{prefix}-signature")
    if not signed or not fresh(knock.header(f"{prefix}-timestamp"), now_ms=now_ms, unit_ms=1_000):
        refuse()


def check_standard(knock: Knock, secret: str, *, now_ms: int) -> None:
    """Standard Webhooks (https://www.standardwebhooks.com): `whsec_...`, three headers, several signatures in rotation.

    Svix sends the same under its own names. Raises Refused.
    """
    prefix = _prefix(knock)
    message_id, stamp = knock.header(f"{prefix}-id"), knock.header(f"{prefix}-timestamp")
    try:
        key = b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = secret.encode()
    made = b64encode(hmac.new(key, b".".join((message_id, stamp, knock.body)), sha256).digest())
    said = [one.partition(b",") for one in knock.header(f"{prefix}-signature").split()]
    matches = [same(signature, made) for version, _, signature in said if version == b"v1"]
    if not message_id or not any(matches) or not fresh(stamp, now_ms=now_ms, unit_ms=1_000):
        refuse()


def _prefix(knock: Knock) -> str:
    """Under whose names the three headers come."""
    return "webhook" if knock.header("webhook-id") else "svix"
