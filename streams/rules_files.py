"""Reads the rules files. The core says what they mean; nothing else opens them."""

from pathlib import Path
from typing import Final

from schemas.ids import Naming
from streams.core.events.signing import UNSIGNED, Signing
from streams.core.rules import FILES, Identity, Rules, RulesError, load_rules
from streams.core.said import Said

__all__ = ["PACKAGED", "read_rules", "read_texts"]

PACKAGED: Final = Path(__file__).with_name("rules")


def read_rules(
    directory: Path | None, naming: Naming, *, identity: Identity = "open", signing: Signing = UNSIGNED
) -> Rules:
    """The rules in a directory (None: the packaged ones); a file that is not there is taken from the packaged ones.

    Raises RulesError: its text is one clear message.
    """
    return load_rules(read_texts(directory), naming=naming, identity=identity, signing=signing)


def read_texts(directory: Path | None) -> dict[str, str]:
    """Name -> text of each file, as `read_rules` takes them. Raises RulesError."""
    return {name: _text(directory, name) for name in FILES}


def _text(directory: Path | None, name: str) -> str:
    if directory is not None and not directory.is_dir():
        raise RulesError(str(directory), Said("no such directory of rules"))
    path = PACKAGED / name if directory is None or not (directory / name).exists() else directory / name
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RulesError(name, Said("cannot be read: %(error)s", {"error": str(error)})) from error
