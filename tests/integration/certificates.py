"""Certificates of a test: an authority, and who it signs. Valid for a day, with keys of a kind that is made at once."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.x509.oid import NameOID

__all__ = ["Authority"]

DAY: Final = timedelta(days=1)
SIGNS: Final = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
    key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
)  # fmt: skip


class Authority:
    """Signs. `ca` is the file by which it is trusted."""

    def __init__(self, place: Path, name: str = "authority") -> None:
        place.mkdir(parents=True, exist_ok=True)
        self._place = place
        self._name = _named(name)
        self._key = generate_private_key(SECP256R1())
        self._itself = (
            _about(self._name, issuer=self._name, key=self._key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(SIGNS, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        self.ca = place / f"{name}.pem"
        self.ca.write_bytes(self._itself.public_bytes(serialization.Encoding.PEM))

    def signed(self, name: str, *, password: str = "") -> Path:
        """A PEM file of a key and its certificate, for that name and for 127.0.0.1."""
        key = generate_private_key(SECP256R1())
        certificate = (
            _about(_named(name), issuer=self._name, key=key)
            .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        open_to_all = serialization.NoEncryption()
        encrypted = serialization.BestAvailableEncryption(password.encode()) if password else open_to_all
        pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
        path = self._place / f"{name}.pem"
        path.write_bytes(key.private_bytes(pem, pkcs8, encrypted) + certificate.public_bytes(pem)
                         + self._itself.public_bytes(pem))  # fmt: skip
        return path


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _about(subject: x509.Name, *, issuer: x509.Name, key: EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - DAY).not_valid_after(now + DAY)
    )  # fmt: skip
