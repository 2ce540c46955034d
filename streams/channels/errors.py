"""Errors of the channels: what became of a post that did not get out.

ChannelError
├── ChannelBusy      try again, not before `retry_after_s` where the receiver said one (else 0)
└── ChannelRefused   final: trying again cannot help; `status` is the receiver's answer
    └── NoAddress    nobody knows where this recipient is told on this channel
"""

__all__ = ["ChannelBusy", "ChannelError", "ChannelRefused", "NoAddress"]


class ChannelError(Exception):
    """Any failure of a channel."""


class ChannelBusy(ChannelError):
    """The receiver cannot take it now: it is away, slow, or said so."""

    def __init__(self, *, retry_after_s: float, detail: str = "") -> None:
        again = f", again in {retry_after_s:g} s" if retry_after_s else ""
        super().__init__(f"busy{again}{': ' if detail else ''}{detail}")
        self.retry_after_s = retry_after_s
        self.detail = detail


class ChannelRefused(ChannelError):
    """The receiver said no for good."""

    def __init__(self, status: int, *, detail: str = "") -> None:
        super().__init__(f"refused with {status}{': ' if detail else ''}{detail}")
        self.status = status


class NoAddress(ChannelRefused):
    """Nothing was sent. `why` says what to set, and names no person. The status is that of a mailbox unknown."""

    def __init__(self, why: str) -> None:
        super().__init__(550)
        self.why = why

    def __str__(self) -> str:
        """What to do."""
        return f"not sent: {self.why}"
