"""What became of the newest posts of each channel: for whoever asks whether it works."""

from collections.abc import Iterable, Mapping
from typing import Final

from streams.core.recipient.channel_state import ChannelState

__all__ = ["Lately"]

LONGEST: Final = 200  # characters of an error


class Lately:
    """Times in UTC milliseconds."""

    def __init__(self) -> None:
        self._sent: dict[str, int] = {}
        self._errors: dict[str, tuple[int, str]] = {}

    def sent(self, name: str, at: int) -> None:
        """A post was taken."""
        self._sent[name] = at

    def failed(self, name: str, at: int, *, why: str) -> None:
        """A post was refused, or the channel is busy."""
        self._errors[name] = (at, why[:LONGEST])

    def states(self, waiting: Mapping[str, int], *, resting: Mapping[str, bool]) -> Iterable[ChannelState]:
        """Each channel as it stands."""
        for name, count in waiting.items():
            error_at, error = self._errors.get(name, (None, ""))
            yield ChannelState(
                name=name, waiting=count, resting=resting[name], sent_at=self._sent.get(name), error=error,
                error_at=error_at,
            )  # fmt: skip
