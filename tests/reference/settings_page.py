"""`docs/reference/settings.md`, made of the fields and docstrings of the settings themselves."""

import inspect
from collections.abc import Iterator
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

import producers.settings
import streams.settings
from deploy.local.demo.settings import DemoSettings
from deploy.settings import DeploySettings, ImportSettings
from tests.architecture.source import ROOT
from tests.reference.readers import leaves, read_by, read_by_commands

__all__ = ["SETTINGS", "Setting", "said_twice", "settings", "settings_page"]

SETTINGS: Final = ROOT / "docs/reference/settings.md"
PREFIX: Final = "LEADSTREAM_"
# The settings of a process begin with this; who may read them.
ROOTS: Final[tuple[tuple[type[BaseModel], str, tuple[str, ...]], ...]] = (
    (streams.settings.Settings, "", ("worker", "console")),
    (producers.settings.Settings, "", ("collector",)),
    (producers.settings.SimulateSettings, "SIMULATE__", ("simulate",)),
    (DemoSettings, "DEMO__", ("demo site",)),
    (ImportSettings, "IMPORT__", ("import",)),
)
UNITS: Final = {
    "_events_per_s": "events/s", "_per_s": "1/s", "_ms": "ms", "_s": "s", "_bytes": "bytes", "_days": "days",
    "_burst": "at once",
}  # fmt: skip
WORDS: Final = {int: "whole number", float: "number", bool: "`true`, `false`", Path: "path", SecretStr: "secret",
                str: "text", tuple: "list", dict: "pairs"}  # fmt: skip
SIZES: Final = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"))
DAY_S: Final = 86_400
HEAD: Final = """\
# Settings

Every variable that a process reads. `make reference` writes this page from the code, a test compares.

- Nested names are joined by `__`. Any variable may be given as a file: what `LEADSTREAM_SECRET_FILE` names is read
  where `LEADSTREAM_SECRET` is not set. Secrets are meant to come so.
- `leadstream config show` prints all with their values, secrets masked, and where each comes from; `leadstream doctor`
  says what is missing. A process that finds one wrong says which, and ends with exit code 78.
- *Commands* are those of `leadstream` that look at or change the installation. Where a command reads the rules or
  deliveries as a worker or a collector does, it takes their variables too, and beside a running `leadstream up` its own
  addresses and secret.
- What differs from source to source stands in the file of `LEADSTREAM_COLLECTOR__SOURCES` ([keys](../how-to/keys.md));
  points, thresholds and stages are [rules](stages.md), not settings. What follows for senders: [limits](limits.md).
"""


class Setting(NamedTuple):
    """One row of the page."""

    variable: str
    kind: str
    default: str
    unit: str
    says: str
    readers: tuple[str, ...] = ()


def settings() -> dict[str, dict[str, Setting]]:
    """By group (`KAFKA__`, "" of what stands alone) and variable; one that two wings read stands once, with both."""
    found: dict[str, dict[str, Setting]] = {}
    for root, prefix, processes in ROOTS:
        for path, group, name in leaves(root):
            one = _setting(prefix, path, group.model_fields[name])
            by = [process for process in processes if read_by(process, path, group)]
            there = found.setdefault(_group_of(one.variable), {}).get(one.variable)
            readers = (*(there.readers if there else ()), *by)
            found[_group_of(one.variable)][one.variable] = one._replace(readers=readers)
    return {group: {name: _with_commands(one) for name, one in rows.items()} for group, rows in found.items()}


def said_twice() -> Iterator[tuple[Setting, Setting]]:
    """What one variable is to the one process and to the other; commands have no words of their own."""
    first: dict[str, Setting] = {}
    for root, prefix, _ in (*ROOTS, (DeploySettings, "", ())):
        for path, group, name in leaves(root):
            one = _setting(prefix, path, group.model_fields[name])
            before = first.setdefault(one.variable, one)
            yield before, one if one.says else one._replace(says=before.says)


def settings_page() -> str:
    """The whole page."""
    told, sections = _told(), []
    for group, rows in settings().items():
        title = f"`{PREFIX}{group}`" if group else "For all"
        head = "| variable | type | default | unit | read by | what it does |\n|---|---|---|---|---|---|\n"
        lines = "\n".join(_line(one) for one in rows.values())
        sections.append(f"## {title}\n\n{told[group]}\n\n{head}{lines}\n")
    return "\n".join((HEAD, *sections))


def _line(one: Setting) -> str:
    cells = (f"`{one.variable}`", one.kind, one.default, one.unit, ", ".join(one.readers), one.says)
    return "|" + "".join(f" {cell} |" if cell else " |" for cell in cells)


def _with_commands(one: Setting) -> Setting:
    return one._replace(readers=(*one.readers, "commands")) if read_by_commands(one.variable) else one


def _group_of(variable: str) -> str:
    group, joined, _ = variable.removeprefix(PREFIX).rpartition("__")
    return group + joined


def _told() -> dict[str, str]:
    """The docstrings of the groups, each wing's own where they differ."""
    found: dict[str, list[str]] = {}
    for root, prefix, _ in ROOTS:
        for path, group, _name in leaves(root):
            said = inspect.getdoc(group) if group is not root or prefix else "What stands in no group."
            texts = found.setdefault(_group_of(PREFIX + prefix + path.upper().replace(".", "__")), [])
            if said and said not in texts:
                texts.append(said)
    return {group: "\n\n".join(texts) for group, texts in found.items()}


def _setting(prefix: str, path: str, field: FieldInfo) -> Setting:
    variable = PREFIX + prefix + path.upper().replace(".", "__")
    unit = next((unit for ending, unit in UNITS.items() if path.endswith(ending)), "")
    return Setting(variable, _kind(field), _default(field, unit), unit, field.description or "")


def _kind(field: FieldInfo) -> str:
    kind: Any = field.annotation
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    if get_origin(kind) in {Union, UnionType}:
        kind = next(one for one in get_args(kind) if one is not NoneType)
    if get_origin(kind) is Literal:
        return ", ".join(f"`{one}`" for one in get_args(kind))
    word = WORDS[get_origin(kind) or kind]
    bounds = _bounds(field)
    return f"{word}, {bounds}" if bounds else word


def _bounds(field: FieldInfo) -> str:
    of = {name: getattr(one, name) for one in field.metadata for name in ("ge", "gt", "le", "lt") if hasattr(one, name)}
    least = f"{of['ge']} or more" if "ge" in of else f"above {of['gt']}" if "gt" in of else ""
    most = f"at most {of['le']}" if "le" in of else f"below {of['lt']}" if "lt" in of else ""
    if "ge" in of and "le" in of:
        return f"{of['ge']} to {of['le']}"
    return ", ".join(one for one in (least, most) if one)


def _default(field: FieldInfo, unit: str) -> str:
    value = field.default
    if value is PydanticUndefined:
        return "**must be set**"
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value is None or value in ("", (), {}):
        return ""
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, int | float):
        return f"`{value:.15g}`" + _in_words(value, unit)
    return f"`{value}`"


def _in_words(value: float, unit: str) -> str:
    if unit == "bytes":
        size, word = next((one for one in SIZES if value >= one[0]), (1, ""))
        return f" ({value / size:g} {word})" if word else ""
    return f" ({value / DAY_S:g} days)" if unit == "s" and value >= DAY_S else ""
