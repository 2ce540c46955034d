r"""Text as people see it: for names that must not pass for others.

>>> as_seen("\uff41nn@acme.example"), as_seen("\u0430nn@acme.example")
('ann@acme.example', '')
"""

import unicodedata
from typing import Final

__all__ = ["as_seen"]

# Letters and marks that nobody sees, and that Unicode counts as printable.
_UNSEEN: Final = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0") | {chr(one) for one in range(0xFE00, 0xFE10)}
# Alphabets with letters that pass for Latin ones.
_LOOKALIKES: Final = frozenset({"ARMENIAN", "CHEROKEE", "COPTIC", "CYRILLIC", "GREEK", "LISU"})


def as_seen(text: str) -> str:
    """In the letters that it shows (NFKC); "" where it hides some, or mixes Latin letters with some that look alike."""
    if text.isascii():
        return text
    shown = unicodedata.normalize("NFKC", text)
    alphabets = {unicodedata.name(c, "").partition(" ")[0] for c in shown if c.isalpha()}
    if not _UNSEEN.isdisjoint(shown) or ("LATIN" in alphabets and alphabets & _LOOKALIKES):
        return ""
    return shown
