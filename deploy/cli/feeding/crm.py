"""`leadstream crm`: what a CRM's body would become."""

import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import typer

from deploy.errors import BadDeploySettings, DeployError
from running.wall_clock import utc_ms

__all__ = ["app"]

app = typer.Typer(help="Deals from a CRM.", no_args_is_help=True)
_ANY_SECRET = "a dry run keeps nothing"  # noqa: S105  (ids in a preview need a key, and go nowhere)


@app.callback()
def _deals() -> None:
    """Deals from a CRM."""


@app.command("dry-run")
def dry_run(
    body: Annotated[Path, typer.Argument(help="A file with what the CRM posts; - reads standard input.")],
    *,
    crm: Annotated[
        Literal["generic", "hubspot", "pipedrive", "salesforce"], typer.Option(help="Whose webhook it is.")
    ] = "generic",
    mapping: Annotated[
        Path | None,
        typer.Option(help="Your mapping file (default: LEADSTREAM_CRM__MAPPING or LEADSTREAM_CRM__<CRM>_MAPPING, else "
                           "the packaged one).")
    ] = None,
) -> None:
    """Print the signals that a body would become, and send nothing. Its proof of origin is not looked at.

    The collector takes the same body at POST /v1/crm/<crm>: of generic ones with a server key.
    """
    from deploy.again import mapping_variable
    from producers.errors import ProducerError

    chosen = mapping or (Path(named) if (named := os.environ.get(mapping_variable(crm))) else None)
    try:
        shown = _shown(crm, _content(body), chosen)
    except ProducerError as error:
        raise BadDeploySettings(str(error)) from error
    typer.echo(shown)


def _shown(crm: str, body: bytes, mapping: Path | None) -> str:
    """Raises ProducerError."""
    from producers.crm import generic, registry
    from producers.crm.fieldmap import load_fields
    from producers.crm.mapping import load
    from producers.crm.reading import Reading
    from schemas.ids import Naming

    naming = Naming(os.environ.get("LEADSTREAM_SECRET", _ANY_SECRET).encode())
    at = utc_ms()
    if crm == "generic":
        return generic.preview(body, mapping=load(mapping), naming=naming, received_at=at)
    reading = Reading(source=crm, fields=load_fields(crm, mapping), naming=naming, received_at=at)
    return registry.preview(registry.CRMS[crm], body, reading)


def _content(path: Path) -> bytes:
    try:
        return sys.stdin.buffer.read() if str(path) == "-" else path.read_bytes()
    except OSError as error:
        raise DeployError(f"cannot read {path}: {error.strerror}") from error
