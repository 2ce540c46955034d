"""`leadstream console`: run it; `leadstream console rebuild`: fill what it shows anew."""

from typing import Annotated

import typer
from rich.console import Console

from deploy.cli.become import become
from deploy.cli.home import AT_HOME, Home
from deploy.settings import from_environment

__all__ = ["app"]

app = typer.Typer()


@app.callback(invoke_without_command=True)
def console(context: typer.Context) -> None:
    """Run the console: alerts as they come, leads, accounts, and why a score is what it is."""
    if context.invoked_subcommand is None:
        become("deploy.console")


@app.command()
def rebuild(
    *,
    home: Home = AT_HOME,
    empty: Annotated[
        bool, typer.Option("--empty", help="Throw away what Redis shows first; pages are empty until it is back.")
    ] = False,
) -> None:
    """Fill Redis anew from the card topics. The running workers do it and go on with all else; nothing is lost.

    Reads LEADSTREAM_REDIS__URL, LEADSTREAM_REDIS__KEY_PREFIX and LEADSTREAM_KAFKA__PARTITIONS. It is not needed after
    Redis was lost: workers notice that by themselves.
    """
    from deploy.cli.kept.rebuild import rebuilt

    rebuilt(from_environment(home), console=Console(highlight=False), empty=empty)
