"""Which campaign brought somebody: the `utm_` marks of the address that was opened."""

from typing import Final
from urllib.parse import parse_qsl

from streams.core.events.free_form import clean_text

__all__ = ["marks_of"]

MARK: Final = "utm_"  # addresses without it are not looked at
READ: Final = frozenset({"utm_medium", "utm_source"})
MOST_FIELDS: Final = 64
MAX_URL: Final = 4_096
MAX_VALUE: Final = 64


def marks_of(url: str) -> tuple[tuple[str, str], ...]:
    """Source and medium that an address names, in small letters; () for none, and for one with too many fields.

    >>> marks_of("/?utm_source=LinkedIn&utm_campaign=x")
    (('utm_source', 'linkedin'),)
    """
    if MARK not in url:
        return ()
    query = url[:MAX_URL].partition("?")[2].partition("#")[0]
    try:
        fields = parse_qsl(query, max_num_fields=MOST_FIELDS)
    except ValueError:
        return ()
    named = {name: clean_text(value)[:MAX_VALUE].lower() for name, value in reversed(fields) if name in READ}
    return tuple((name, value) for name, value in named.items() if value)
