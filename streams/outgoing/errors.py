"""Errors of what leaves: why nothing came of it.

OutgoingError
├── Forbidden   the address leads inside, or is not one that we talk to; nothing was sent
└── Unreached   nobody answered, or not in time, or with too much
"""

__all__ = ["Forbidden", "OutgoingError", "Unreached"]


class OutgoingError(Exception):
    """Any failure on the way out."""


class Forbidden(OutgoingError):
    """We do not go there. The text says why, and what to set where that is wanted."""


class Unreached(OutgoingError):
    """No answer that we could take. The text says what happened."""
