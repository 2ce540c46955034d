"""The secrets of one home: made once, kept in `secrets.json` for the owner's eyes only.

`secret` decides every lead_id, so a home that keeps its data must keep it.
"""

from base64 import b64encode
from pathlib import Path
from secrets import token_bytes, token_hex, token_urlsafe
from typing import Final

import msgspec
from msgspec import Struct, field

from deploy.errors import BadHome
from running.private_files import write_private

__all__ = ["Secrets", "kept_secrets"]

FILE: Final = "secrets.json"


class Secrets(Struct, frozen=True, kw_only=True):
    """What a home needs to keep to itself. Fields that an older file lacks are made new."""

    secret: str = field(default_factory=lambda: token_hex(32))
    write_key: str = field(default_factory=lambda: f"wk_{token_hex(12)}")
    server_key: str = field(default_factory=lambda: f"sk_{token_hex(16)}")
    console_password: str = field(default_factory=lambda: token_urlsafe(12))
    link_secret: str = field(default_factory=lambda: token_hex(32))
    mail_keys: str = field(default_factory=lambda: f"up={token_hex(32)}")
    webhook_secret: str = field(default_factory=lambda: "whsec_" + b64encode(token_bytes(24)).decode())


def kept_secrets(home: Path) -> Secrets:
    """The home's secrets, made at first use. Raises BadHome."""
    path = home / FILE
    try:
        kept = msgspec.json.decode(path.read_bytes(), type=Secrets) if path.exists() else Secrets()
        write_private(path, msgspec.json.format(msgspec.json.encode(kept)))
    except msgspec.MsgspecError as error:
        raise BadHome(f"{path} is not what this program wrote ({error}); move it away to get new keys") from error
    except OSError as error:
        raise BadHome(f"{path} cannot be written: {error.strerror}") from error
    return kept
