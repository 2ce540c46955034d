"""Errors of the streams.

StreamError
├── ReadingStopped   Kafka does not give what lies in a topic
├── SettingsError    the environment does not make a working process; the message names the variable
├── TopicsMissing    a topic or changelog is missing or has another number of partitions
├── Unreadable       a changelog record that no row of ours can be
└── StoreUnusable    the local copy of rows cannot be trusted; the changelog is read instead
"""

__all__ = ["ReadingStopped", "SettingsError", "StoreUnusable", "StreamError", "TopicsMissing", "Unreadable"]


class StreamError(Exception):
    """Any refusal of this package."""


class ReadingStopped(StreamError):
    """Kafka is away, or gives no records where some must be; reading again may help."""


class SettingsError(StreamError):
    """The environment does not make a working process."""


class TopicsMissing(StreamError):
    """What the worker needs on the broker is not there; `leadstream topics apply` makes it."""


class Unreadable(StreamError):
    """A changelog record that is not one of our rows: shorter than its header, or of a format from the future."""


class StoreUnusable(StreamError):
    """A file of the local store is not what this worker wrote. Its text is the reason, one word, for the metric."""
