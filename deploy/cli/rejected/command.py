"""`leadstream rejected`: look at what could not be used, mend it, replay it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer
from rich.console import Console

from deploy.cli.actor import actor
from deploy.cli.copying import bars
from deploy.cli.home import AT_HOME, Home
from deploy.cli.openings import opened_door, opened_window
from deploy.cli.rejected.choice import (
    By,
    Choice,
    Expression,
    Inside,
    Merge,
    Reasons,
    Since,
    Sought,
    Sources,
    Until,
    patch_of,
    places_of,
)
from deploy.cli.rejected.shown import Tally, print_json, print_list, print_one, record_of
from deploy.errors import BadDeploySettings, BadReplay, BadRules, BrokerUnreachable
from deploy.settings import DeploySettings, from_environment, secret_of
from running.wall_clock import utc_ms

if TYPE_CHECKING:
    from schemas.ids import Naming
    from streams.replay.replaying import Replaying
    from streams.replay.shelf import Shelf
    from streams.window import Window

__all__ = ["app"]

app = typer.Typer(
    help="Events that could not be used, kept for 28 days: look, mend, replay.\n\n"
    "1. [b]leadstream rejected list --since 2d[/b] says what and why.\n\n"
    "2. [b]leadstream rejected show 2:991[/b] prints the original bytes.\n\n"
    """3. [b]leadstream rejected replay --reason unknown_type --merge '{"type":"track"}' --dry-run[/b], then without """
    "--dry-run. Twice changes nothing.\n\n"
    "Exit code 0: all; 3: some were not replayed (it says why); 1: stopped, run it again.",
    no_args_is_help=True,
)
Json: TypeAlias = Annotated[bool, typer.Option("--json", help="One JSON object a line; original bytes in base64.")]
Named: TypeAlias = Annotated[
    list[str] | None, typer.Argument(metavar="[PLACE]...", help="Partition:offset, as `list` prints it.")
]


@app.command("list")
def list_(
    *, reason: Reasons = [], source: Sources = [], since: Since = "", until: Until = "", text: Sought = "",  # noqa: B006
    by: By = None,
    replayed: Annotated[bool, typer.Option("--replayed", help="Also those that were replayed.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="The newest so many.")] = 50,
    as_json: Json = False, home: Home = AT_HOME,
) -> None:  # fmt: skip
    """Print the newest, newest first."""
    chosen = Choice(reasons=reason, sources=source, since=since, until=until, text=text, by=by, replayed=replayed)
    wanted = chosen.wanted()
    with opened_window(from_environment(home)) as window, _shelf(window) as shelf:
        found = shelf.newest(wanted, limit=limit)
    if as_json:
        for kept in found:
            print_json(record_of(kept))
        return
    console = Console(highlight=False)
    if not found:
        console.print("Nothing that fits was rejected." if not wanted.is_all else "Nothing was rejected.")
        return
    print_list(console, found)
    if len(found) == limit:
        console.print(f"The newest {limit:,}; more: --limit")


@app.command()
def show(places: Named, *, as_json: Json = False, home: Home = AT_HOME) -> None:
    """Print records with their original bytes. What a terminal would act upon is written as its code."""
    asked = places_of(places or [])
    wanted = Choice(reasons=[], sources=[], since="", until="", text="", by=None, replayed=True).wanted(asked)
    with opened_window(from_environment(home)) as window, _shelf(window) as shelf:
        found = shelf.newest(wanted, limit=max(1, len(asked)))
    console = Console(highlight=False)
    for kept in found:
        if as_json:
            print_json(record_of(kept))
        else:
            print_one(console, kept)
    missing = asked - {(kept.partition, kept.offset) for kept in found}
    if missing:
        raise BadReplay(f"nothing rejected lies at {', '.join(f'{one}:{two}' for one, two in sorted(missing))}")


@app.command()
def replay(
    places: Named = None, *,
    reason: Reasons = [], source: Sources = [], since: Since = "", until: Until = "", text: Sought = "",  # noqa: B006
    by: By = None,
    everything: Annotated[bool, typer.Option("--all", help="All that were not replayed yet.")] = False,
    again: Annotated[bool, typer.Option("--again", help="Also those that were replayed.")] = False,
    limit: Annotated[int, typer.Option(min=0, help="At most so many, oldest first; 0 = all.")] = 0,
    merge: Merge = "", jmespath: Expression = "", inside: Inside = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would change and the verdict. Sends nothing.")]
    = False,
    rules: Annotated[Path | None, typer.Option(envvar="LEADSTREAM_RULES_DIR", help="Your rules: verdicts follow from "
                                               "them.")] = None,
    as_json: Json = False, home: Home = AT_HOME,
) -> None:  # fmt: skip
    """Send chosen records on their way again, mended or as they are.

    Each keeps its time, its source, its trust and its id: replayed twice, it counts once. What would be rejected again
    is not sent. Events with a userId alone need LEADSTREAM_SECRET.

    What a CRM said (--reason mapping) is read by the mapping files of now: LEADSTREAM_CRM__MAPPING and
    LEADSTREAM_CRM__<CRM>_MAPPING as the collector has them. What a mail provider said is read by this release;
    of Amazon's, --inside Message patches what lies as text in the envelope.
    """
    choice = Choice(reasons=reason, sources=source, since=since, until=until, text=text, by=by, replayed=again)
    asked = places_of(places or [])
    wanted, patch = choice.wanted(asked), patch_of(merge, jmespath, inside)
    if wanted.is_all and not everything:
        raise BadReplay("say which: places, a filter such as --reason, or --all")
    settings = from_environment(home)
    tally = Tally(as_json=as_json, dry_run=dry_run, inside=inside)
    with opened_window(settings) as window, _replaying(settings, window, rules=rules, home=home) as replaying:
        with _shelf(window) as shelf:
            found = shelf.places(wanted)
        total = sum(map(len, found.values()))
        most = min(total, limit or total)
        with bars(Console(stderr=True)) as told:
            for some in shelf.at(found):
                for outcome in replaying.replay(some[: most - tally.count], patch, dry_run=dry_run):
                    tally.hear(outcome)
                told("mended" if dry_run else "replayed", tally.count, most)
                if tally.count >= most:
                    break
    tally.close(missing=len(asked) - total if asked else 0)


@contextmanager
def _shelf(window: "Window") -> "Iterator[Shelf]":
    from streams.replay.shelf import Shelf, TooMany

    try:
        with bars(Console(stderr=True)) as told:
            yield Shelf(window, told=lambda done, total: told("looked through", done, total))
    except TooMany as error:
        raise BadReplay(str(error)) from error


@contextmanager
def _replaying(
    settings: DeploySettings, window: "Window", *, rules: Path | None, home: Path
) -> "Iterator[Replaying]":
    from deploy.again import mapper_with
    from schemas.ids import Naming
    from schemas.topics import topic
    from streams.core.rules import RulesError
    from streams.inbox import DoorClosed
    from streams.replay.remaking import Remaker
    from streams.replay.replaying import Replaying
    from streams.replay.verdicts import judged
    from streams.rules_files import read_rules

    kafka, naming = settings.kafka, _naming(home)
    try:
        read = read_rules(rules, naming or Naming(b"nobody is named by a verdict"))
    except RulesError as error:
        raise BadRules(str(error)) from error
    partitions = len(window.bounds("visits"))
    remaker = Remaker(
        partitions=partitions, naming=naming, look=window.record, judge=lambda put: judged(put, read),
        full=lambda name: topic(name).full(kafka.topic_prefix, epoch=kafka.epoch), mapper=mapper_with(naming),
    )  # fmt: skip
    try:
        with opened_door(settings, partitions=partitions) as door:
            yield Replaying(door, remaker, actor=actor(), now=utc_ms)
    except DoorClosed as error:
        raise BrokerUnreachable(f"Kafka at {kafka.bootstrap_servers} did not take everything: {error}. Run it again: "
                                "what was replayed before counts once") from error  # fmt: skip


def _naming(home: Path) -> "Naming | None":
    from schemas.ids import Naming

    try:
        return Naming(secret_of(home).encode())
    except BadDeploySettings:
        return None
