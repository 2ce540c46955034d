"""How the channels of one worker stand: what it says of them, and what a page makes of several workers' words."""

from typing import Final, Literal, TypeAlias

from msgspec import Struct

__all__ = ["MACHINES", "ChannelState", "Trial", "TrialKind", "TrialResult", "WorkerChannels"]

MACHINES: Final = ("webhook",)  # what reads there acts on what it reads, so nobody tries it
TrialKind: TypeAlias = Literal["taken", "refused", "busy", "no_address", "not_set_up", "machine", "failed"]


class ChannelState(Struct, frozen=True, kw_only=True):
    """One channel. `error` names no person: what the receiver said last that was no yes. Times in UTC ms.

    `most`: how many may wait, 0 = not said. `deadline_ms`: of one attempt. `failures`: in a row; then it rests, for
    `rests_ms` from when this was said, and is asked by one attempt.
    """

    name: str
    waiting: int
    resting: bool
    sent_at: int | None = None
    error: str = ""
    error_at: int | None = None
    most: int = 0
    deadline_ms: int = 0
    failures: int = 0
    rests_ms: int = 0


class WorkerChannels(Struct, frozen=True, kw_only=True):
    """All of one worker, as of `at`."""

    worker: str
    at: int
    channels: tuple[ChannelState, ...]


class Trial(Struct, frozen=True, kw_only=True):
    """Somebody wants to see whether a channel works. `to`: an e-mail of a rep or `team:name`, "" = the team."""

    trial_id: str
    channel: str
    to: str
    at: int


class TrialResult(Struct, frozen=True, kw_only=True):
    """What became of it at the worker that tried. `said` names no person; `status`: the receiver's answer, 0 = none."""

    trial_id: str
    channel: str
    kind: TrialKind
    said: str
    status: int
    at: int
    worker: str
