"""What variables of the environment tell a process: themselves, or by a file that they name.

Any of them may be given as a file: `LEADSTREAM_SECRET_FILE=/run/secrets/x` is what LEADSTREAM_SECRET would say.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

__all__ = ["FILE", "PREFIX", "from_files", "text_in"]

PREFIX: Final = "LEADSTREAM_"
FILE: Final = "_FILE"


def from_files(environ: Mapping[str, str], *, refused: type[Exception]) -> dict[str, str]:
    """What each variable would say that is given as a file. Raises `refused` as `text_in`."""
    given = [name for name in environ if name.startswith(PREFIX) and name.endswith(FILE)]
    return {name.removesuffix(FILE): text_in(environ[name], setting=name, refused=refused).strip() for name in given}


def text_in(path: str | Path, *, setting: str, refused: type[Exception]) -> str:
    """What lies in a file that a setting names. Raises `refused`, which says what is wrong, and where."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise refused(f"{setting}: cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise refused(f"{setting}: cannot read {path}: it is not UTF-8") from error
