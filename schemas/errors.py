"""Errors of the schemas: what travels could not be read.

SchemaError
├── Undecodable     these bytes are not what the topic promises; `reason` says why
├── FromTheFuture   a newer release wrote this, in a format that this one would misread
└── BadId           a text that cannot be a key
"""

from schemas.rejected import Reason

__all__ = ["BadId", "FromTheFuture", "SchemaError", "Undecodable"]


class SchemaError(Exception):
    """Any refusal of this package."""


class Undecodable(SchemaError):
    """Bytes that are not the message they should be."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail


class FromTheFuture(SchemaError):
    """Nobody may read on: what follows would be misread."""

    def __init__(self, topic: str, v: int) -> None:
        super().__init__(f"a newer release wrote to {topic} (format {v}): run that release or a later one")


class BadId(SchemaError):
    """A text that cannot be an id: empty, a placeholder such as `null`, or too long."""
