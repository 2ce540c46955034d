"""Chosen records sent on their way again, and remembered: a note behind each in `rejected`.

The note is written after the records are safe. A crash between the two replays some again, which changes nothing.
"""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple, TypeAlias

from msgspec import Struct

from schemas.codec import encode
from schemas.rejected import Kept, Replayed
from streams.core.said import Said
from streams.inbox import Door, Put
from streams.replay.patch import BadPatch, Patch
from streams.replay.remaking import Mapped, NotReplayable, Remade, Remaker
from streams.replay.verdicts import Verdict

__all__ = ["Ended", "Outcome", "Preview", "Replaying"]

Ended: TypeAlias = Literal["replayed", "still_rejected", "not_replayable"]


class Preview(Struct, frozen=True, kw_only=True):
    """What a replay would do. `why`: it cannot be done; then there is no verdict.

    `becomes`: the messages that a CRM's or a mail provider's body is read as.
    """

    before: bytes
    after: bytes
    verdict: Verdict | None = None
    why: Said | None = None
    becomes: tuple[Mapped, ...] = ()

    @property
    def is_good(self) -> bool:
        """It would be replayed."""
        return self.verdict is not None and self.verdict.said != "rejected"


class Outcome(NamedTuple):
    """What became of one record; `preview` says why where it was not replayed."""

    kept: Kept
    ended: Ended
    preview: Preview


class Replaying:
    """`actor` stands in the notes. `now`: UTC milliseconds."""

    def __init__(self, door: Door, remaker: Remaker, *, actor: str, now: Callable[[], int]) -> None:
        self._door = door
        self._remaker = remaker
        self._actor = actor
        self._now = now

    def preview(self, kept: Kept, patch: Patch | None = None) -> Preview:
        """Changes nothing. Raises what looking into Kafka raises."""
        return self._weighed(kept, patch)[0]

    def replay(
        self, chosen: Sequence[Kept], patch: Patch | None = None, *, dry_run: bool = False
    ) -> list[Outcome]:
        """Sends what can be used now, if it is no dry run. Blocks; returns when all is safe.

        Raises DoorClosed: some may be there, say it again.
        """
        weighed = [(kept, *self._weighed(kept, patch)) for kept in chosen]
        good = [(kept, remade) for kept, preview, remade in weighed if remade is not None and preview.is_good]
        if good and not dry_run:
            self._door.put([put for _, remade in good for put in remade.puts])
            self._door.put([self._note(kept, patched=remade.after != remade.before) for kept, remade in good])
        return [Outcome(kept, _ended(preview), preview) for kept, preview, _ in weighed]

    def _weighed(self, kept: Kept, patch: Patch | None) -> tuple[Preview, Remade | None]:
        raw = kept.record.raw
        try:
            remade = self._remaker.remade(kept.record, patch)
        except (NotReplayable, BadPatch) as error:
            return Preview(before=raw, after=raw, why=error.said), None
        verdicts = [self._remaker.judge(put) for put in remade.puts]
        verdict = next((one for one in verdicts if one.said == "rejected"), verdicts[0])
        return Preview(before=remade.before, after=remade.after, verdict=verdict, becomes=remade.becomes), remade

    def _note(self, kept: Kept, *, patched: bool) -> Put:
        note = Replayed(replayed_partition=kept.partition, replayed_offset=kept.offset, at=self._now(),
                        actor=self._actor, patched=patched)  # fmt: skip
        return Put("rejected", kept.partition, encode(note), kept.record.source.encode())


def _ended(preview: Preview) -> Ended:
    if preview.is_good:
        return "replayed"
    return "not_replayable" if preview.verdict is None else "still_rejected"
