"""How the channels of one worker stand: what it says of them, and what a page makes of several workers' words."""

from msgspec import Struct

__all__ = ["ChannelState", "WorkerChannels"]


class ChannelState(Struct, frozen=True, kw_only=True):
    """One channel. `error` names no person: what the receiver said last that was no yes. Times in UTC ms."""

    name: str
    waiting: int
    resting: bool
    sent_at: int | None = None
    error: str = ""
    error_at: int | None = None


class WorkerChannels(Struct, frozen=True, kw_only=True):
    """All of one worker, as of `at`."""

    worker: str
    at: int
    channels: tuple[ChannelState, ...]
