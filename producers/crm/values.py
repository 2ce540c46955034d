"""Values as CRMs write them, to values as we read them: clean, bounded, or Unmappable with the field's name."""

import math
import re
from typing import Any, Final

from producers.errors import Unmappable
from schemas.deals import Owner
from schemas.ids import Naming, normalised_email, registrable_domain
from schemas.times import milliseconds_of

__all__ = ["MAX_TEXT", "amount_of", "domain_of", "owner_of", "slug_of", "text_of", "time_of"]

MAX_TEXT: Final = 200
_SCHEME: Final = re.compile(r"^[a-z]+://", re.IGNORECASE)
_LONE: Final = re.compile(r"[\ud800-\udfff]")


def text_of(value: Any, *, most: int = MAX_TEXT) -> str:
    """One printable line of at most so many characters, "" for nothing."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    line = _LONE.sub("\ufffd", str(value))
    return "".join(c if c.isprintable() else " " for c in line).strip()[:most]


def amount_of(value: Any, field: str = "amount") -> float | None:
    """A finite number >= 0, None for nothing; thousands may be set apart by commas or spaces. Raises Unmappable."""
    if value is None or value == "":
        return None
    try:
        amount = float(value.replace(",", "").replace(" ", "") if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError) as error:
        raise Unmappable(f"{field}: not a number") from error
    if not math.isfinite(amount) or amount < 0 or isinstance(value, bool):
        raise Unmappable(f"{field}: not an amount")
    return amount


def time_of(value: Any, field: str) -> int | None:
    """UTC milliseconds, None for nothing. Raises Unmappable."""
    if value is None or value == "":
        return None
    at = milliseconds_of(value) if isinstance(value, str | int | float) else None
    if at is None:
        raise Unmappable(f"{field}: neither ISO 8601 nor seconds or milliseconds")
    return at


def domain_of(value: Any) -> str:
    """The registrable domain of a website, a host or an address; "" for free mail and for what is none."""
    written = text_of(value).lower()
    host = re.split(r"[/?#]", _SCHEME.sub("", written), maxsplit=1)[0].rpartition("@")[2].partition(":")[0]
    return (registrable_domain(host) if host else None) or ""


def slug_of(name: str) -> str:
    """A name as part of a key."""
    return re.sub(r"\W+", "-", name.casefold()).strip("-")


def owner_of(email: Any, name: Any, naming: Naming) -> Owner | None:
    """Who sells, None without an address. Raises Unmappable for one that cannot be."""
    written = text_of(email)
    if not written:
        return None
    address = normalised_email(written)
    if address is None:
        raise Unmappable("owner_email: not an address")
    return Owner(naming.recipient_of(address), text_of(name), address)
