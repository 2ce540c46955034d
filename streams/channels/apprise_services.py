"""Whom Apprise tells, and where: TOML with a list of its URLs by rep or team. Apprise itself is an extra."""

import socket
import tomllib
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any, Final, Protocol, TypeAlias

from schemas.ids import Naming
from streams.channels.addresses import mail_address
from streams.errors import SettingsError
from streams.outgoing.addresses import Reach, is_number
from streams.outgoing.errors import OutgoingError

__all__ = ["EVERYBODY_ELSE", "Service", "Services", "services_of"]

# "kim@example.com" = ["ntfy://ntfy.example.com/kim"], "team:sales" = [...]; "*" is everybody else
EVERYBODY_ELSE: Final = "*"
MOST: Final = 10  # URLs of one recipient: they are told one after the other
VARIABLE: Final = "LEADSTREAM_APPRISE__ADDRESSES"


class Service(Protocol):
    """One URL of Apprise, made ready."""

    def notify(self, body: str, title: str, *, body_format: str, timeout: float) -> object:
        """Blocks for at most `timeout` seconds. What comes back is true where the service took it."""
        ...


Services: TypeAlias = Mapping[str, Sequence[Service]]


class _Guarded:
    """A service at a host of its owner's choice: looked up before each message, and not told where it leads inside.

    Apprise looks the name up once more itself: one that changes in between is not caught.
    """

    def __init__(self, service: Service, host: str, *, reach: Reach) -> None:
        self._service = service
        self._host = host
        self._reach = reach

    def notify(self, body: str, title: str, *, body_format: str, timeout: float) -> object:
        """False where the host leads inside or nowhere: Apprise's no."""
        try:
            self._reach.admitted(self._host, _addresses(self._host))
        except OutgoingError:
            return False
        return self._service.notify(body, title, body_format=body_format, timeout=timeout)


def services_of(text: str, naming: Naming, reach: Reach) -> Services:
    """The services of each recipient_id, and of everybody else. Raises SettingsError, which shows no URL."""
    try:
        listed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{VARIABLE}: is no TOML: {error}; see docs/how-to/apprise.md") from error
    try:
        library = import_module("apprise")
    except ImportError as error:
        raise SettingsError(f"{VARIABLE}: needs Apprise; pip install 'leadstream[apprise]'") from error
    asset = library.AppriseAsset(app_id="Leadstream", storage_mode="memory", secure_logging=True,
                                 http_redirects=False)  # fmt: skip
    return {_recipient(who, naming): _services(who, urls, make=lambda: library.Apprise(asset=asset), reach=reach)
            for who, urls in listed.items()}  # fmt: skip


def _recipient(who: str, naming: Naming) -> str:
    if who == EVERYBODY_ELSE or who.startswith("team:"):
        return who
    try:
        return naming.recipient_of(mail_address(who).addr_spec)
    except ValueError as error:
        raise SettingsError(f'{VARIABLE}: "{who}" is no e-mail address of a rep, no team:name and no "*"') from error


def _services(who: str, urls: Any, *, make: Callable[[], Any], reach: Reach) -> list[Service]:
    if not isinstance(urls, list) or not urls or len(urls) > MOST or not all(isinstance(one, str) for one in urls):
        raise SettingsError(f'{VARIABLE}: "{who}" must be a list of 1 to {MOST} URLs')
    made: list[Service] = []
    for number, url in enumerate(urls, start=1):
        service = make()
        if not service.add(url):
            raise SettingsError(f'{VARIABLE}: "{who}": URL {number} is none that Apprise knows')
        made.append(_guarded(service, reach, said=f'{VARIABLE}: "{who}": URL {number}'))
    return made


def _guarded(made: Any, reach: Reach, *, said: str) -> Service:
    """As it is where the service has a fixed address; else guarded. Raises SettingsError for an inside number."""
    service: Service = made
    for one in made:
        if not any("{host}" in str(template) for template in one.templates):
            continue
        host = str(one.host)
        try:
            if is_number(host):
                reach.admitted(host, _addresses(host))
        except OutgoingError as error:
            raise SettingsError(f"{said}: {error}") from error
        service = _Guarded(service, host, reach=reach)
    return service


def _addresses(host: str) -> list[str]:
    """What the system finds for it, nothing where there is none. Asks a name server, so it is called in a thread."""
    try:
        return [str(one[4][0]) for one in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]
    except (OSError, UnicodeError):
        return []
