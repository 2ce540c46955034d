"""Mails as a sender makes them: one key, one lead, and what stands in the mail."""

from typing import Any

from pydantic import SecretStr

from producers.mail.letter import Letter, letter
from producers.mail.links import Link, Links
from producers.settings import MailSettings
from schemas.ids import Naming
from tests.unit.producers.desk import NOW, SECRET

KEY = "a key of links with 32 characters"
OLD = "an older one with 32 characters too"
BASE = "http://collector"
ANN = Naming(SECRET.encode()).lead_of_email("ann@acme.example")
BROWSER = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Safari/537.36"


def mail_settings(**more: Any) -> MailSettings:
    return MailSettings(**{"keys": SecretStr(f"new={KEY},old={OLD}")} | more)


def signer(**keys: str) -> Links:
    return Links(keys or {"new": KEY}, days=400)


def link(**more: Any) -> Link:
    return Link(**{"lead_id": ANN, "message_id": "spring-1", "made_at": NOW} | more)


def sent(*targets: str, links: Links | None = None, tracked: bool = True, **more: Any) -> Letter:
    return letter(links or signer(), link(**more), targets or ("https://acme.example/a",), base=BASE, tracked=tracked)


def path_of(url: str) -> str:
    return url.removeprefix(BASE)
