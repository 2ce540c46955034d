"""Rows 42 to 44 for every channel that has an address: nothing inside is reached, at save, at a test or at a send.

Save is the start of a worker: settings are where addresses are written. A server on this machine counts who connects.
"""

import asyncio
import json
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio
from msgspec.structs import replace

from streams.channels import CHANNELS, make_channels
from streams.channels.errors import ChannelError
from streams.channels.trial import try_channel
from streams.errors import SettingsError
from streams.outgoing import addresses
from streams.settings import Settings
from tests.contract.people_worlds import KIM, now
from tests.contract.test_channels import post
from tests.contract.test_outgoing import INSIDE, ODD_SPELLINGS, Far
from tests.unit.core.made import example_rules

RULES: Final = example_rules(routing='[[rep]]\nemail = "kim@us.example"')
COMMON: Final = {"LEADSTREAM_SECRET": "x" * 32, "LEADSTREAM_KAFKA__BOOTSTRAP_SERVERS": "127.0.0.1:1"}
# What sets a channel up so that it goes to {}.
SET_UP: Final[Mapping[str, tuple[str, Mapping[str, str]]]] = {
    "webhook": ("webhook", {"WEBHOOK__URL": "https://{}/", "WEBHOOK__SECRET": f"whsec_{'c3Rv' * 8}"}),
    "teams": ("teams", {"TEAMS__URL": "https://{}/"}),
    "slack's hook": ("slack", {"SLACK__WEBHOOK_URL": "https://{}/"}),
    "slack's api": ("slack", {"SLACK__TOKEN": "xoxb-1", "SLACK__CHANNEL": "C1", "SLACK__API_URL": "https://{}/"}),
    "apprise": ("apprise", {"APPRISE__ADDRESSES": '"*" = ["jsons://{}/"]'}),
}  # fmt: skip
HOST: Final = "hooks.example"


def settings(way: str, place: str) -> Settings:
    _, variables = SET_UP[way]
    return Settings.from_env(COMMON | {f"LEADSTREAM_{name}": text.replace("{}", place)
                                       for name, text in variables.items()})  # fmt: skip


def test_every_channel_with_an_address_is_here() -> None:
    """Mail goes to a server of the operator's own, which most have inside: it is named, not guarded."""
    assert {name for name, _ in SET_UP.values()} == set(CHANNELS) - {"mail"}


def test_there_are_sixty() -> None:
    assert len({*ODD_SPELLINGS, *INSIDE}) >= 60


@pytest_asyncio.fixture
async def far(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Far]:
    """Listens on this machine; its port is open: only the look at the address stands before it."""
    one = Far()
    server = await asyncio.start_server(one.serve, "127.0.0.1", 0)
    one.port = server.sockets[0].getsockname()[1]
    monkeypatch.setattr(addresses, "PORTS", (443, one.port))
    yield one
    server.close()


@pytest.mark.parametrize("way", SET_UP)
async def test_row_42_a_number_is_refused_at_save(far: Far, way: str) -> None:
    """Every spelling of an address; names are looked at when something is sent."""
    numbers = [one for one in ODD_SPELLINGS if "localhost" not in one.lower()]
    numbers += [f"[{one}]" if ":" in one else one for one in INSIDE if "%" not in one]
    let_through = []
    for number in numbers:
        try:
            made = make_channels(settings(way, f"{number}:{far.port}"), RULES.routing)
        except SettingsError:
            continue
        let_through.append(number)
        for channel in made.values():
            await channel.close()
    assert let_through == []
    assert far.connections == 0


@pytest.mark.parametrize("way", [one for one in SET_UP if one != "apprise"])
async def test_rows_42_to_44_a_name_that_leads_inside_is_refused_at_a_test_and_at_a_send(
    far: Far, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, _ = SET_UP[way]
    found: list[str] = []
    monkeypatch.setattr(socket, "getaddrinfo", _finding(found))
    made = make_channels(settings(way, f"{HOST}:{far.port}"), RULES.routing)
    for address in [*INSIDE, "127.0.0.1"]:
        for addresses_found in ([address], ["8.8.8.8", address]):
            found[:] = addresses_found
            with pytest.raises(ChannelError):
                await made[name].deliver(replace(post(), to=KIM))
            with pytest.raises(ChannelError):
                await try_channel(made, RULES, name=name, to="kim@us.example", now_ms=now())
    assert far.connections == 0
    await made[name].close()


@pytest.fixture
def leads_to(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[list[str]], None]:
    """What the host leads to in the process that Apprise lives in."""
    file = tmp_path / "leads_to.json"
    command = (sys.executable, "-m", "tests.contract.resolving_child", HOST, str(file))
    monkeypatch.setattr("streams.channels.apprise.process.COMMAND", command)
    return lambda found: file.write_text(json.dumps(found)) and None


async def test_rows_42_to_44_apprise_connects_to_nothing_inside(
    far: Far, leads_to: Callable[[list[str]], None]
) -> None:
    made = make_channels(settings("apprise", f"{HOST}:{far.port}"), RULES.routing)
    for address in [*INSIDE, "127.0.0.1"]:
        leads_to([address])
        with pytest.raises(ChannelError):
            await made["apprise"].deliver(replace(post(), to=KIM))
        with pytest.raises(ChannelError):
            await try_channel(made, RULES, name="apprise", to="kim@us.example", now_ms=now())
    assert far.connections == 0
    await made["apprise"].close()


def _finding(found: list[str]) -> Any:
    """A resolver that says of the host what `found` holds then; of numbers what is true."""
    real = socket.getaddrinfo

    def look(host: Any, port: Any, *more: Any, **how: Any) -> Any:
        text = host.decode() if isinstance(host, bytes) else host
        if text != HOST:
            return real(host, port, *more, **how)
        if how.get("flags", 0) & socket.AI_NUMERICHOST:
            raise socket.gaierror(socket.EAI_NONAME, "a name")
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in one], socket.SOCK_STREAM, 6, "", (one, port or 0)) for one in found]

    return look
