"""Where a `leadstream up` lies, as every command is told it."""

from pathlib import Path
from typing import Annotated, Final, TypeAlias

import typer

__all__ = ["AT_HOME", "Home"]

Home: TypeAlias = Annotated[Path, typer.Option(help="Of leadstream up: logs, secrets and up.json lie there.")]
AT_HOME: Final = Path(".leadstream")
