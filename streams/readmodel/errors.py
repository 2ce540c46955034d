"""Errors of the read model.

ReadModelError
└── ReadModelAway   Redis does not answer; what it showed last may be old
"""

__all__ = ["ReadModelAway", "ReadModelError"]


class ReadModelError(Exception):
    """Any failure of the read model."""


class ReadModelAway(ReadModelError):
    """Redis cannot be reached or refuses; nothing is lost, the cards stand in Kafka."""
