"""Where a link may lead: one plain web address. What two programs might read in two ways is none."""

import re
from typing import Final

from producers.errors import BadTarget

__all__ = ["CLICK", "checked_target", "with_click"]

CLICK: Final = "ls_click="
MAX_TARGET: Final = 2_000
# A host of letters, digits and hyphens, so nobody's name stands before it and no letter looks like another.
_TARGET: Final = re.compile(
    r"https?://(?P<host>[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*)(?::[0-9]{1,5})?"
    r"(?:[/?#][!#-;=?-\[\]_a-z|~]*)?",
    re.ASCII | re.IGNORECASE,
)


def checked_target(url: str) -> str:
    """The same address. Raises BadTarget, which says what is wrong with it."""
    if len(url) > MAX_TARGET:
        raise BadTarget(f"an address of {len(url)} characters, more than {MAX_TARGET}")
    found = _TARGET.fullmatch(url)
    if found is None:
        raise BadTarget(
            f"{url!r} is no plain address: write https://host/path in ASCII, other letters as %.., without user names"
        )
    if any(label.lower().startswith("xn--") for label in found["host"].split(".")):
        raise BadTarget(f"{url!r}: a host in other letters may look like another one; use the host's plain name")
    if CLICK in url:
        raise BadTarget(f"{url!r}: {CLICK} is added when somebody clicks")
    return url


def with_click(target: str, click_id: str) -> str:
    """The target as it was signed, and in its query whose click brought it.

    >>> with_click("https://acme.example/p?a=1#top", "l.7")
    'https://acme.example/p?a=1&ls_click=l.7#top'
    """
    address, hashed, fragment = target.partition("#")
    joint = "" if address.endswith(("?", "&")) else "&" if "?" in address else "?"
    return f"{address}{joint}{CLICK}{click_id}{hashed}{fragment}"
