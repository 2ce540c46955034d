"""Which process reads which setting, as its code says: `settings.kafka.epoch`, or `kafka.epoch` of `settings.kafka`."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from deploy.settings import DeploySettings
from kafka_access.access import Access
from tests.architecture.source import ROOT

__all__ = ["leaves", "read_by", "read_by_commands"]

# What a process consists of, as far as it meets settings.
CODE: Final[dict[str, tuple[str, ...]]] = {
    "worker": ("streams/app.py", "streams/engine", "streams/channels"),
    "console": ("streams/console",),
    "collector": ("producers/collector", "producers/crm", "producers/mail"),
    "simulate": ("producers/simulate",),
    "demo site": ("deploy/local/demo",),
    "import": ("deploy/cli/feeding/imports.py",),
}
WAY_IN: Final = tuple(f"kafka.{name}" for name in Access.model_fields)  # handed to Kafka's clients as one
# What settings make of several of their own: who reads the left one reads the right ones.
MADE_OF: Final[dict[str, tuple[str, ...]]] = {
    "settings.application": ("worker.app_id", "kafka.epoch"),
    "settings.slack.by_member": ("slack.users",),
    "settings.by_name": ("slack.channels",),
    "settings.outgoing.private": ("outgoing.private_hosts",),
    "settings.secret_of(": tuple(f"crm.{name}_secret" for name in ("generic", "hubspot", "pipedrive", "salesforce")),
    "settings.mapping_of(": tuple(f"crm.{name}_mapping" for name in ("hubspot", "pipedrive", "salesforce")),
    ".signed()": ("crm.generic_secret", "crm.generic_hmac_secret"),
    "settings.mail.ring()": ("mail.keys",),
    "client_options(kafka)": WAY_IN,
    "KafkaDoor(kafka,": WAY_IN,
    "KafkaSink(": WAY_IN,
}
PREFIX: Final = "LEADSTREAM_"
SHOWS_ALL: Final = ROOT / "deploy/cli/settings.py"
NAMED: Final = re.compile(r'(?:"LEADSTREAM_|f"\{PREFIX\})([A-Z][A-Z_]*[A-Z])"')


def leaves(settings: type[BaseModel], path: str = "") -> Iterator[tuple[str, type[BaseModel], str]]:
    """(`kafka.epoch`, its group, `epoch`) of each setting."""
    for name, field in settings.model_fields.items():
        kind = field.annotation
        if isinstance(kind, type) and issubclass(kind, BaseModel):
            yield from leaves(kind, f"{path}{name}.")
        else:
            yield f"{path}{name}", settings, name


def read_by(process: str, path: str, group: type[BaseModel]) -> bool:
    """Whether the code of this process reads the setting `kafka.epoch` of the class `KafkaSettings`.

    What a group has from a class of elsewhere is read there, for whoever takes the group.
    """
    of, _, name = path.rpartition(".")
    if of and name not in vars(group).get("__annotations__", {}):
        return any(re.search(rf"\bsettings\.{of}\b", text) for text in _texts(process))
    return any(_reads(text, of=of, name=name, kind=group.__name__) for text in _texts(process)) or any(
        path in parts and any(made in text for text in _texts(process)) for made, parts in MADE_OF.items()
    )


def read_by_commands(variable: str) -> bool:
    """Whether a command takes it as an option's variable, or looks it up."""
    return variable in _of_commands()


def _reads(text: str, *, of: str, name: str, kind: str) -> bool:
    if not of:
        return bool(re.search(rf"\bsettings\.{name}\b", text))
    if re.search(rf"\bsettings\.{of}\.{name}\b", text):
        return True
    by_another_name = rf"\bsettings\.{of}\b(?!\.)|\b{kind}\b"
    return bool(re.search(by_another_name, text) and re.search(rf"\b(?:{of}|here|ours|_?settings)\.{name}\b", text))


@cache
def _texts(process: str) -> tuple[str, ...]:
    return tuple(path.read_text("utf-8") for path in _files(CODE[process]))


@cache
def _of_commands() -> frozenset[str]:
    places = ("deploy/cli", "deploy/settings.py", "deploy/again.py")
    texts = [path.read_text("utf-8") for path in _files(places) if path != SHOWS_ALL]
    own = {PREFIX + path.upper().replace(".", "__") for path, _, _ in leaves(DeploySettings)}
    named = {PREFIX + name for text in texts for name in NAMED.findall(text)}
    return frozenset(own | named)


def _files(places: Iterable[str]) -> Iterator[Path]:
    for place in places:
        at = ROOT / place
        yield from sorted(at.rglob("*.py")) if at.is_dir() else [at]
