"""`leadstream crm`: what a CRM's body would become."""

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from deploy.errors import BadDeploySettings, DeployError

__all__ = ["app"]

app = typer.Typer(help="Deals from a CRM.", no_args_is_help=True)
_ANY_SECRET = "a dry run keeps nothing"  # noqa: S105  (ids in a preview need a key, and go nowhere)


@app.callback()
def _deals() -> None:
    """Deals from a CRM."""


@app.command("dry-run")
def dry_run(
    body: Annotated[Path, typer.Argument(help="A file with the JSON that the CRM posts; - reads standard input.")],
    *,
    mapping: Annotated[
        Path | None, typer.Option(help="Your mapping file (default: LEADSTREAM_CRM__MAPPING, else the packaged one).")
    ] = None,
) -> None:
    """Print the signal that a body would become, and send nothing.

    The collector takes the same body at POST /v1/crm/generic with a server key.
    """
    from producers.crm.generic import preview
    from producers.crm.mapping import load
    from producers.errors import ProducerError
    from schemas.ids import Naming

    chosen = mapping or (Path(named) if (named := os.environ.get("LEADSTREAM_CRM__MAPPING")) else None)
    naming = Naming(os.environ.get("LEADSTREAM_SECRET", _ANY_SECRET).encode())
    try:
        shown = preview(_content(body), mapping=load(chosen), naming=naming, received_at=int(time.time() * 1000))
    except ProducerError as error:
        raise BadDeploySettings(str(error)) from error
    typer.echo(shown)


def _content(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise DeployError(f"cannot read {path}: {error.strerror}") from error
