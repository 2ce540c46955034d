"""The names of answers: programs ask for one only where it changed, or replace what it says only where not."""

from hashlib import blake2b

__all__ = ["knows", "tag_of"]


def tag_of(body: bytes) -> str:
    """Its `ETag`."""
    return f'"{blake2b(body, digest_size=12).hexdigest()}"'


def knows(header: str, tag: str) -> bool:
    """Whether `If-None-Match` or `If-Match` names this tag."""
    named = {one.strip().removeprefix("W/") for one in header.split(",")}
    return tag in named or "*" in named
