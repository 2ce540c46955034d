"""`leadstream config show`: the effective settings, secrets masked."""

import os
from collections.abc import Iterator, Mapping
from typing import Any, Final

import typer
from pydantic import BaseModel, SecretStr
from rich.console import Console
from rich.table import Table
from rich.text import Text

from deploy.cli.home import AT_HOME, Home
from deploy.errors import BadDeploySettings
from deploy.settings import lent
from running.variables import FILE, PREFIX

__all__ = ["app", "rows"]

UP: Final = "leadstream up"
MASK: Final = "••••••"
# Maps whose keys are secrets, though their type does not say so.
_KEYS: Final = frozenset({"LEADSTREAM_WRITE_KEYS", "LEADSTREAM_SERVER_KEYS"})

app = typer.Typer(help="Settings: environment variables LEADSTREAM_..., __ between levels, ..._FILE for secrets.",
                  no_args_is_help=True)  # fmt: skip


@app.callback()
def _settings() -> None:
    """Settings, as the processes see them."""


@app.command()
def show(*, home: Home = AT_HOME) -> None:
    """Print every setting with its effective value and where it comes from. Secrets are masked.

    Beside a running [b]leadstream up[/b] its addresses and its secret count, where the environment says nothing.
    """
    of_home = lent(home)
    ours = {(name, value, UP if name in of_home else origin) for name, value, origin in rows(_streams(of_home))}
    theirs = {row for row in rows(_producers(of_home)) if row[0] not in of_home}
    table = Table("variable", "value", "from", box=None, pad_edge=False)
    for name, value, origin in sorted(ours | theirs):
        table.add_row(name, Text(value), Text(origin, style="dim" if origin == "default" else "green"))
    Console(highlight=False).print(table)


def rows(settings: BaseModel, *, prefix: str = PREFIX) -> Iterator[tuple[str, str, str]]:
    """(variable, shown value, `default` or what sets it) for each leaf of a settings tree."""
    for field in type(settings).model_fields:
        name, value = f"{prefix}{field.upper()}", getattr(settings, field)
        if isinstance(value, BaseModel):
            yield from rows(value, prefix=f"{name}__")
        else:
            yield name, _shown(name, value), _origin(name)


def _shown(name: str, value: Any) -> str:
    if name in _KEYS and isinstance(value, dict):
        return ", ".join(f"{key[:3]}{MASK}={source}" for key, source in value.items())
    if isinstance(value, SecretStr):
        return MASK if value.get_secret_value() else ""
    return "" if value is None else str(value)


def _origin(name: str) -> str:
    if name in os.environ:
        return "environment"
    return name + FILE if name + FILE in os.environ else "default"


def _streams(of_home: Mapping[str, str]) -> BaseModel:
    from streams.errors import SettingsError
    from streams.settings import Settings

    try:
        return Settings.from_env({**os.environ, **of_home})
    except SettingsError as error:
        raise BadDeploySettings(str(error)) from error


def _producers(of_home: Mapping[str, str]) -> BaseModel:
    from producers.errors import BadSettings
    from producers.settings import Settings, read

    secret = of_home.get(f"{PREFIX}SECRET")
    try:
        return read(Settings) if secret is None else read(Settings, secret=secret)
    except BadSettings as error:
        raise BadDeploySettings(str(error)) from error
