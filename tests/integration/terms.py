"""What the read model finds cards by, and what it must find them by."""

from collections.abc import Mapping
from typing import Final

from redis import Redis

from streams.readmodel.keys import Keys
from streams.readmodel.terms import account_terms, lead_terms

__all__ = ["found_by", "to_be_found_by"]

_TERMS: Final = {"lead": lead_terms, "account": account_terms}


def found_by(redis_url: str, prefix: str) -> set[bytes]:
    """`term NUL id` of all kinds."""
    keys = Keys(prefix=prefix)
    with Redis.from_url(redis_url) as redis:
        return {*redis.zrange(keys.terms("lead"), 0, -1), *redis.zrange(keys.terms("account"), 0, -1)}


def to_be_found_by(cards: Mapping[str, Mapping[str, bytes]]) -> set[bytes]:
    """The same, made of the cards: by kind, id -> JSON."""
    return {
        f"{term}\0{card_id}".encode()
        for kind, terms_of in _TERMS.items()
        for card_id, body in cards.get(kind, {}).items()
        for term in terms_of(body)
    }
