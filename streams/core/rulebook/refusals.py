"""What the readers of TOML and of its types say of a text that they refuse, as sentences of ours with places.

They speak English alone, and their sentences are few. What is none of these stays as they said it.

>>> heard("Expected `int`, got `str`").values
{'wanted': '`int`', 'found': '`str`'}
>>> heard("Something else").words
'Something else'
"""

import re
from functools import cache
from typing import Final

from streams.core.said import Said

__all__ = ["heard"]

_PLACE: Final = re.compile(r"%\((\w+)\)s")
# The first that fits is meant: what is more particular stands before.
_KNOWN: Final = (
    Said("Expected %(wanted)s, got %(found)s"),
    Said("Expected %(wanted)s of length %(length)s"),
    Said("Expected %(wanted)s matching regex %(pattern)s"),
    Said("Expected %(wanted)s with a timezone component"),
    Said("Expected '=' after a key in a key/value pair"),
    Said("Expected newline or end of document after a statement"),
    Said("Expected %(sign)s at the end of a table declaration"),
    Said("Expected %(sign)s at the end of an array declaration"),
    Said("Expected %(wanted)s"),
    Said("Invalid enum value %(found)s"),
    Said("Invalid RFC3339 encoded %(wanted)s"),
    Said("Invalid date or datetime"),
    Said("Invalid statement"),
    Said("Invalid value"),
    Said("Invalid initial character for a key part"),
    Said("Invalid hex value"),
    Said("Object missing required field %(field)s"),
    Said("Object contains unknown field %(field)s"),
    Said("Cannot declare %(name)s twice"),
    Said("Cannot overwrite a value"),
    Said("Cannot mutate immutable namespace %(name)s"),
    Said("Cannot redefine namespace %(name)s"),
    Said("Duplicate inline table key %(name)s"),
    Said("Illegal character %(sign)s"),
    Said("Unclosed array"),
    Said("Unclosed inline table"),
    Said("Unterminated string"),
    Said("Unescaped %(sign)s in a string"),
    Said("%(text)s does not appear to be an IPv4 or IPv6 network"),
)


def heard(message: str) -> Said:
    """The message as data."""
    for known in _KNOWN:
        if found := _pattern(known.text).fullmatch(message):
            return Said(known.text, dict(found.groupdict()))
    return Said(message)


@cache
def _pattern(text: str) -> re.Pattern[str]:
    parts = _PLACE.split(text)  # text, name, text, name, text
    return re.compile("".join(f"(?P<{one}>.+)" if n % 2 else re.escape(one) for n, one in enumerate(parts)), re.DOTALL)
