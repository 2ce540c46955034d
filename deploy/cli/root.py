"""The commands, and what becomes of an error: one clear message, exit code 1."""

import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.text import Text

from deploy.cli import channels, console, settings
from deploy.cli.access import api_keys, audit, keys, users
from deploy.cli.become import become
from deploy.cli.feeding import crm, imports, mails, simulate
from deploy.cli.home import AT_HOME, Home
from deploy.cli.kept import backup, grow, person, topics
from deploy.cli.rejected import command as rejected
from deploy.cli.rules import command as rules
from deploy.cli.rules import publish, replay, supply
from deploy.errors import BadRules, DeployError

__all__ = ["app", "main"]

app = typer.Typer(
    name="leadstream",
    help="Who on your site is becoming a customer, and which lost deal has come back: while it happens.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
for _panel, _groups in {
    "Processes": {"console": console.app},
    "What comes in": {"keys": keys.app, "import": imports.app, "crm": crm.app, "mail": mails.app,
                      "rejected": rejected.app},
    "What goes out": {"channels": channels.app, "api-keys": api_keys.app},
    "Rules": {"rules": rules.app, "supply": supply.app},
    "People": {"users": users.app, "audit": audit.app, "person": person.app},
    "The installation": {"topics": topics.app, "config": settings.app, "backup": backup.app, "grow": grow.app},
}.items():  # fmt: skip
    for _name, _group in _groups.items():
        app.add_typer(_group, name=_name, rich_help_panel=_panel)
rules.app.command("publish")(publish.publish)


def main() -> None:
    """What the console script calls."""
    try:
        app()
    except DeployError as error:
        Console(stderr=True).print(Text.assemble(("✗ ", "bold red"), str(error)), soft_wrap=True)
        sys.exit(1)


@app.command()
def up(
    *,
    story: Annotated[bool, typer.Option(help="Play invented companies until a lost deal comes back.")] = True,
    broker: Annotated[
        Literal["embedded", "apache"],
        typer.Option(help="[b]embedded[/b] needs nothing and keeps everything in memory; [b]apache[/b] needs Java 17 "
                     "and Maven and keeps its data under --home."),
    ] = "embedded",
    home: Home = AT_HOME,
    workers: Annotated[int, typer.Option(min=1, max=16, help="Worker processes; they share the partitions.")] = 1,
    partitions: Annotated[int, typer.Option(min=1, max=256, help="Of each topic; twice the most workers you run.")] = 4,
    rules_dir: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, envvar="LEADSTREAM_RULES_DIR",
                     help="Your scoring.toml and its neighbours; what it lacks is taken from the packaged ones."),
    ] = None,
    verbose: Annotated[bool, typer.Option(help="Show every log line, not only warnings.")] = False,
    with_parent: Annotated[bool, typer.Option(hidden=True)] = False,
) -> None:
    """Start everything on this machine: broker, read model, collector, worker, console and a demo site.

    All addresses are on 127.0.0.1 with free ports; they are printed, and written to HOME/up.json once all is ready.
    LEADSTREAM_WEBHOOK__URL (and __SECRET) in your environment make alerts go there too. Ctrl-C stops everything.
    """
    from deploy.local.plan import Plan
    from deploy.local.up import run
    from streams.console.access.auth import one_time_link

    _check_rules(rules_dir)
    plan = Plan(home=home.absolute(), broker=broker, story=story, workers=workers, partitions=partitions,
                rules_dir=rules_dir, everything=verbose, with_parent=with_parent)  # fmt: skip
    terminal = Console(highlight=False)
    raise typer.Exit(
        run(plan, console=terminal, link=lambda one: one_time_link(one.secrets.link_secret, one.console_url))
    )


@app.command(rich_help_panel="Processes")
def collector() -> None:
    """Run one collector: takes events over HTTP, writes them to Kafka, answers when they are safe.

    Needs LEADSTREAM_SECRET, LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS, and LEADSTREAM_COLLECTOR__KEYS (the file of
    [b]leadstream keys[/b]) or LEADSTREAM_WRITE_KEYS (key=source, ...).
    """
    become("producers.collector")


@app.command(rich_help_panel="Processes")
def worker() -> None:
    """Run one worker: folds events into leads and accounts, raises alerts. Start more of them to share the work.

    Needs LEADSTREAM_SECRET, LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS, LEADSTREAM_REDIS__URL and a LEADSTREAM_WORKER__DATADIR
    of its own. Make the topics first: [b]leadstream topics apply[/b].
    """
    become("streams", "worker")


app.command("simulate")(simulate.simulate)
app.command("replay", rich_help_panel="Rules")(replay.replay)


@app.command()
def doctor(*, home: Home = AT_HOME) -> None:
    """Look at everything that Leadstream needs here, and say what to do about what is missing.

    It asks the Kafka and Redis that the environment names, else those of a running [b]leadstream up[/b].
    """
    from deploy.cli.doctor.command import examine

    raise typer.Exit(examine(Console(highlight=False), home=home))


@app.command()
def version() -> None:
    """Print the version."""
    typer.echo(version_of("leadstream"))


def _check_rules(directory: Path | None) -> None:
    """A bad file is told before anything is started. Raises BadRules."""
    from schemas.ids import Naming
    from streams.core.rules import RulesError
    from streams.rules_files import read_rules

    try:
        read_rules(directory, Naming(b"no lead is named here"))
    except RulesError as error:
        raise BadRules(str(error)) from error
