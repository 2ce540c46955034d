"""Whom Apprise tells, and where: TOML with a list of its URLs by rep or team. Apprise itself is an extra."""

import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final, Protocol, TypeAlias

from schemas.ids import Naming
from streams.channels.addresses import mail_address
from streams.errors import SettingsError
from streams.outgoing.addresses import Reach, number_of
from streams.outgoing.errors import OutgoingError

__all__ = ["EVERYBODY_ELSE", "Listed", "Service", "listed_of", "services_of"]

# "kim@example.com" = ["ntfy://ntfy.example.com/kim"], "team:sales" = [...]; "*" is everybody else
EVERYBODY_ELSE: Final = "*"
MOST: Final = 10  # URLs of one recipient: they are told one after the other
VARIABLE: Final = "LEADSTREAM_APPRISE__ADDRESSES"


class Service(Protocol):
    """One URL of Apprise, made ready."""

    def notify(self, body: str, title: str, *, body_format: str, timeout: float) -> object:
        """Blocks for at most `timeout` seconds. What comes back is true where the service took it."""
        ...


Listed: TypeAlias = Mapping[str, Sequence[str]]


def listed_of(text: str, naming: Naming, reach: Reach) -> Listed:
    """The URLs of each recipient_id, and of everybody else. Raises SettingsError, which shows no URL."""
    try:
        listed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{VARIABLE}: is no TOML: {error}; see docs/how-to/apprise.md") from error
    try:
        make = _maker()
    except ImportError as error:
        raise SettingsError(f"{VARIABLE}: needs Apprise; pip install 'leadstream[apprise]'") from error
    return {_recipient(who, naming): _checked(who, urls, make=make, reach=reach) for who, urls in listed.items()}


def services_of(urls: Sequence[str]) -> list[Service]:
    """Those of URLs that were checked, made ready."""
    make = _maker()
    services = [make() for _ in urls]
    for service, url in zip(services, urls, strict=True):
        service.add(url)
    return services


def _maker() -> Callable[[], Any]:
    """What makes an empty service. Raises ImportError."""
    library = import_module("apprise")
    asset = library.AppriseAsset(app_id="Leadstream", storage_mode="memory", secure_logging=True,
                                 http_redirects=False)  # fmt: skip
    return lambda: library.Apprise(asset=asset)


def _recipient(who: str, naming: Naming) -> str:
    if who == EVERYBODY_ELSE or who.startswith("team:"):
        return who
    try:
        return naming.recipient_of(mail_address(who).addr_spec)
    except ValueError as error:
        raise SettingsError(f'{VARIABLE}: "{who}" is no e-mail address of a rep, no team:name and no "*"') from error


def _checked(who: str, urls: Any, *, make: Callable[[], Any], reach: Reach) -> list[str]:
    if not isinstance(urls, list) or not urls or len(urls) > MOST or not all(isinstance(one, str) for one in urls):
        raise SettingsError(f'{VARIABLE}: "{who}" must be a list of 1 to {MOST} URLs')
    for number, url in enumerate(urls, start=1):
        service = make()
        if not service.add(url):
            raise SettingsError(f'{VARIABLE}: "{who}": URL {number} is none that Apprise knows')
        _look(service, reach, said=f'{VARIABLE}: "{who}": URL {number}')
    return urls


def _look(made: Any, reach: Reach, *, said: str) -> None:
    """At a host of its owner's choice that is a number; names are looked at when we connect. Raises SettingsError."""
    for one in made:
        if not any("{host}" in str(template) for template in one.templates):
            continue
        try:
            if number := number_of(str(one.host)):
                reach.admitted(str(one.host), [number])
        except OutgoingError as error:
            raise SettingsError(f"{said}: {error}") from error
