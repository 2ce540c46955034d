"""What `leadstream rejected` is told: which records are meant, and what mends them."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, Literal, TypeAlias

import typer
from msgspec import Struct

from deploy.errors import BadReplay
from running.wall_clock import utc_ms
from schemas.rejected import Reason
from schemas.times import milliseconds_of

if TYPE_CHECKING:
    from streams.replay.patch import Patch
    from streams.replay.wanted import Place, Wanted

__all__ = [
    "By", "Choice", "Expression", "Inside", "Merge", "Reasons", "Since", "Sought", "Sources", "Until", "patch_of",
    "places_of",
]  # fmt: skip

AGO: Final = re.compile(r"(\d{1,6})\s*([smhd])")
UNITS: Final = {"s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
Reasons: TypeAlias = Annotated[list[Reason], typer.Option("--reason", help="Why; may be repeated.")]
Sources: TypeAlias = Annotated[list[str], typer.Option("--source", help="From where; may be repeated.")]
Since: TypeAlias = Annotated[str, typer.Option(help="A time (2026-11-21, 2026-11-21T18:00Z) or an age (2h, 7d).")]
Until: TypeAlias = Annotated[str, typer.Option(help="The same; not included.")]
Sought: TypeAlias = Annotated[str, typer.Option("--text", help="In the bytes or the detail, whatever its case.")]
By: TypeAlias = Annotated[
    Literal["collector", "agent"] | None, typer.Option(help="Who rejected it: the collector, or an agent of a worker.")
]
Merge: TypeAlias = Annotated[
    str, typer.Option(metavar="JSON", help='JSON Merge Patch: {"type": "track"}; null takes away. @FILE reads a file.')
]
Expression: TypeAlias = Annotated[
    str, typer.Option("--jmespath", metavar="EXPRESSION", help="Maps the event to the mended one: "
                      """merge(@, {type: 'track'}). @FILE reads a file.""")
]
Inside: TypeAlias = Annotated[
    str, typer.Option(metavar="FIELD", help="Patch the JSON that lies as text in this field of the body: `Message` of "
                      "what Amazon SES said.")
]


class Choice(Struct, frozen=True, kw_only=True):
    """The options as they were given."""

    reasons: list[Reason]
    sources: list[str]
    since: str
    until: str
    text: str
    by: Literal["collector", "agent"] | None
    replayed: bool = False

    def wanted(self, places: "frozenset[Place]" = frozenset()) -> "Wanted":
        """Raises BadReplay."""
        from streams.replay.wanted import Wanted

        return Wanted(
            reasons=frozenset(self.reasons), sources=frozenset(self.sources), since=_time("--since", self.since),
            until=_time("--until", self.until), text=self.text, by=self.by, places=places, replayed=self.replayed,
        )  # fmt: skip


def places_of(texts: list[str]) -> "frozenset[Place]":
    """`2:991` and so on, as `list` prints them. Raises BadReplay."""
    from streams.replay.wanted import place_of

    found = {text: place_of(text) for text in texts}
    bad = [text for text, place in found.items() if place is None]
    if bad:
        raise BadReplay(f"{', '.join(bad)}: write partition:offset as `rejected list` prints it, such as 2:991")
    return frozenset(place for place in found.values() if place is not None)


def patch_of(merge: str, expression: str, inside: str = "") -> "Patch | None":
    """Raises BadReplay."""
    from streams.replay.inside import inside as of_the_document
    from streams.replay.patch import BadPatch, merge_patch
    from streams.replay.patch import expression as compiled

    if merge and expression:
        raise BadReplay("give --merge or --jmespath, not both")
    if not merge and not expression:
        if inside:
            raise BadReplay(f"--inside {inside} says where to patch: give --merge or --jmespath as well")
        return None
    try:
        patch = merge_patch(_text("--merge", merge)) if merge else compiled(_text("--jmespath", expression))
    except BadPatch as error:
        raise BadReplay(str(error)) from error
    return of_the_document(patch, inside) if inside else patch


def _text(option: str, said: str) -> str:
    if not said.startswith("@") or (option == "--jmespath" and not Path(said[1:]).is_file()):
        return said  # a JMESPath expression may begin with @ itself
    try:
        return Path(said[1:]).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadReplay(f"{option}: cannot read {said[1:]}: {error}") from error


def _time(option: str, said: str) -> int | None:
    if not said:
        return None
    if ago := AGO.fullmatch(said):
        return utc_ms() - int(ago[1]) * UNITS[ago[2]]
    at = milliseconds_of(said)
    if at is None:
        raise BadReplay(f"{option} {said}: write a time such as 2026-11-21T18:00Z, or an age such as 30m, 2h, 7d")
    return at
