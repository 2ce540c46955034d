"""The file that says how a CRM's bodies are read: a setting's, or the packaged one."""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Any

from producers.errors import BadSettings
from running.variables import text_in

__all__ = ["mapping_text", "tables_of"]


def mapping_text(path: Path | None, *, packaged: str, setting: str) -> tuple[str, str]:
    """(its text, its name for whoever reads an error). Raises BadSettings."""
    if path is None:
        return files("producers.crm").joinpath(packaged).read_text("utf-8"), packaged
    return text_in(path, setting=setting, refused=BadSettings), str(path)


def tables_of(text: str, *, name: str) -> dict[str, Any]:
    """Raises BadSettings, which names file and line."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadSettings(f"{name}: {error}") from error
