"""How rejected records and their replays are printed: for people, or one JSON object a line.

Nothing of a stranger's bytes reaches the terminal as it is.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

import typer
from msgspec import Raw
from msgspec.json import encode
from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

if TYPE_CHECKING:
    from schemas.rejected import Kept
    from streams.replay.replaying import Outcome
    from streams.replay.verdicts import Verdict

__all__ = ["Tally", "print_json", "print_list", "print_one", "record_of"]

NOT_ALL: Final = 3
SHOWN: Final = 20
SNIPPET: Final = 60
OTHERWISE: Final = {"still_rejected": "rejected again, so not sent", "not_replayable": "not replayable"}
_COLOURS: Final = {"+": "green", "-": "red", "@": "cyan"}


def record_of(kept: "Kept") -> dict[str, Any]:
    """One record for machines; `raw` is base64."""
    one = kept.record
    return {
        "place": kept.place, "at": one.at, "reason": one.reason, "detail": one.detail, "source": one.source,
        "by": _by(kept), "topic": one.topic, "partition": one.partition, "offset": one.offset,
        "envelope": one.envelope, "replayed": kept.replayed, "raw": b64encode(one.raw).decode(),
    }  # fmt: skip


def print_json(value: Any) -> None:
    """One line."""
    typer.echo(encode(value))


def print_list(console: Console, found: Sequence["Kept"]) -> None:
    """A table, newest first."""
    from streams.replay.readable import visible

    whole = (Column(name, no_wrap=True) for name in ("place", "when (UTC)", "reason"))
    table = Table(*whole, Column("from", overflow="fold"), Column("what", overflow="fold"))
    for kept in found:
        one = kept.record
        begin = visible(one.raw[:SNIPPET].decode("utf-8", "backslashreplace")) + ("…" if len(one.raw) > SNIPPET else "")
        what = Text(visible(one.detail) + (" (replayed)" if kept.replayed else ""))
        if begin:
            what.append(f"\n{begin}", style="dim")
        style = "dim" if kept.replayed else ""
        cells = (kept.place, _moment(one.at), one.reason, f"{visible(one.source)}\n{_by(kept)}")
        table.add_row(*(Text(cell, style=style) for cell in cells), what)
    console.print(table)


def print_one(console: Console, kept: "Kept") -> None:
    """One record with its bytes."""
    from streams.replay.inside import document_in, documents_of
    from streams.replay.readable import readable, visible

    one, envelope = kept.record, kept.record.envelope
    where = f"{one.topic} partition {one.partition} offset {one.offset}" if one.topic else "the collector"
    facts = {"place": kept.place, "at": _moment(one.at), "reason": one.reason, "detail": one.detail,
             "source": one.source, "rejected at": where, "replayed": "yes" if kept.replayed else "no"}  # fmt: skip
    if envelope is not None:
        facts |= {"received at": _moment(envelope.received_at), "trust": envelope.trust,
                  "user agent": envelope.user_agent or "-"}  # fmt: skip
    for name, value in facts.items():
        console.print(Text.assemble((f"{name:>12}  ", "dim"), visible(value)), soft_wrap=True)
    size = f"{len(one.raw):,} bytes" if one.raw else "its bytes were not kept"
    console.print(Text(f"{'original':>12}  {size}", style="dim"))
    if one.raw:
        console.print(Text(readable(one.raw)), soft_wrap=True)
    for name in documents_of(one.raw):
        said = f"{'in ' + visible(name):>12}  lies as text (--inside {visible(name)} patches it)"
        console.print(Text(said, style="dim"), soft_wrap=True)
        console.print(Text(readable(document_in(one.raw, name))), soft_wrap=True)


class Tally:
    """What became of each record, counted and told. `inside`: the field whose text was patched."""

    def __init__(self, *, as_json: bool, dry_run: bool, inside: str = "") -> None:
        self._console = Console(highlight=False)
        self._as_json = as_json
        self._dry_run = dry_run
        self._inside = inside
        self._ended: Counter[str] = Counter()

    @property
    def count(self) -> int:
        """Of how many it heard."""
        return self._ended.total()

    def hear(self, outcome: "Outcome") -> None:
        """One more."""
        self._ended[outcome.ended] += 1
        if self._as_json:
            print_json(_outcome(outcome, dry_run=self._dry_run))
        elif self._dry_run and self.count <= SHOWN:
            _print_preview(self._console, outcome, inside=self._inside)
        elif not self._dry_run and outcome.ended != "replayed" and self.count - self._ended["replayed"] <= SHOWN:
            _say(self._console, f"{outcome.kept.place}: {outcome.preview.why or _verdict(outcome.preview.verdict)}")

    def close(self, *, missing: int) -> None:
        """The sum, and the exit code: 3 where not all were replayed, and would be."""
        would = "would be " if self._dry_run else ""
        if not self._as_json:
            self._console.print(Text(f"{self._ended['replayed']:,} {would}replayed", style="green"))
            for ended, words in OTHERWISE.items():
                if self._ended[ended]:
                    self._console.print(Text(f"{self._ended[ended]:,} {would}{words}", style="yellow"))
            if missing > 0:
                _say(self._console, f"{missing:,} of the places hold nothing, or were replayed before (--again)")
        if missing > 0 or self.count > self._ended["replayed"]:
            raise typer.Exit(NOT_ALL)


def _outcome(outcome: "Outcome", *, dry_run: bool) -> dict[str, Any]:
    preview = outcome.preview
    told = {"place": outcome.kept.place, "ended": outcome.ended, "dry_run": dry_run, "why": str(preview.why or ""),
            "verdict": _verdict_told(preview.verdict)}  # fmt: skip
    if dry_run:
        told |= {"before": b64encode(preview.before).decode(), "after": b64encode(preview.after).decode(),
                 "becomes": [{"inbox": one.inbox, "message": Raw(one.message)} for one in preview.becomes]}  # fmt: skip
    return told


def _print_preview(console: Console, outcome: "Outcome", *, inside: str) -> None:
    """What a replay would do to one."""
    from streams.replay.readable import difference, readable

    record, preview = outcome.kept.record, outcome.preview
    _say(console, f"{outcome.kept.place}  {record.reason}: {record.detail}", style="bold")
    changes = difference(preview.before, preview.after, inside=inside)
    if inside and changes:
        _say(console, f"  in {inside}:")
    for line in changes:
        _say(console, f"  {line}", style=_COLOURS.get(line[:1], ""))
    for made in preview.becomes[:SHOWN]:
        _say(console, f"  becomes, in {made.inbox}:")
        for line in readable(made.message).split("\n"):
            _say(console, f"    {line}", style="green")
    said = f"not replayable: {preview.why}" if preview.verdict is None else _verdict(preview.verdict)
    _say(console, f"  → {said}", style="green" if preview.is_good else "yellow")


def _say(console: Console, text: str, *, style: str = "") -> None:
    from streams.replay.readable import visible

    console.print(Text(visible(text), style=style), soft_wrap=True)


def _verdict_told(verdict: "Verdict | None") -> dict[str, Any] | None:
    from streams.core.said import in_english

    if verdict is None:
        return None
    means = [(in_english(what), points) for what, points in verdict.means]
    return {"said": verdict.said, "reason": verdict.reason, "detail": verdict.detail, "means": means}


def _verdict(verdict: "Verdict | None") -> str:
    from streams.core.said import in_english

    if verdict is None:
        return ""
    if verdict.said == "rejected":
        return f"rejected again: {verdict.reason}: {verdict.detail}"
    if verdict.said == "left_out":
        return f"accepted, and left out on purpose: {verdict.reason}"
    means = [in_english(name) + ("" if points is None else f" {points:+g}") for name, points in verdict.means]
    return "accepted" + (f": {', '.join(means)}" if means else "")


def _by(kept: "Kept") -> str:
    return "collector" if kept.record.topic is None else "agent"


def _moment(at: int) -> str:
    try:
        return datetime.fromtimestamp(at / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return str(at)
