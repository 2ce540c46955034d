"""`leadstream channels`: which ways out are set up, and whether one works."""

import asyncio
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from deploy.cli.home import AT_HOME, Home
from deploy.errors import BadDeploySettings, NotDelivered
from deploy.settings import lent
from running.wall_clock import utc_ms

if TYPE_CHECKING:
    from streams.channels.base import Channel
    from streams.core.rules import Rules
    from streams.settings import Settings

__all__ = ["app"]

app = typer.Typer(
    help="The ways out to sales: webhook, mail, Teams and others, as the worker's environment sets them up.",
    no_args_is_help=True,
)


@app.command("list")
def list_(*, home: Home = AT_HOME) -> None:
    """Name each channel, whether it is set up, and which alerts routing.toml gives it.

    A setting that is wrong ends with exit code 1 and names the variable.
    """
    from streams.channels import CHANNELS

    settings, rules = _read(home)
    made, routed = asyncio.run(_names(settings, rules)), rules.routing.rules.channels
    for name in CHANNELS:
        levels = [level for level in ("real_time", "digest") if name in getattr(routed, level)]
        takes = f"takes {' and '.join(levels)}" if levels else "takes nothing: name it in routing.toml"
        text = ("set up, " + takes, "green" if levels else "yellow") if name in made else ("not set up", "dim")
        Console(highlight=False).print(Text.assemble(f"{name:<10}", text))


@app.command("test")
def try_out(
    channel: Annotated[str, typer.Argument(help="mail, teams, apprise ...; not webhook: a machine reads there.")],
    *,
    to: Annotated[str, typer.Option(help="E-mail of a rep, or team:name (default: the team of routing.toml).")] = "",
    home: Home = AT_HOME,
) -> None:
    """Send one message that says it is a test, the way that alerts go, and say what became of it.

    leadstream channels test mail --to kim@example.com
    """
    from streams.channels.errors import ChannelError
    from streams.channels.trial import NotTried, try_channel

    settings, rules = _read(home)

    async def tried() -> None:
        made = _made(settings, rules)
        try:
            await try_channel(made, rules, name=channel, to=to, now_ms=utc_ms())
        except NotTried as error:
            raise NotDelivered(str(error)) from error
        except ChannelError as error:
            raise NotDelivered(f"{channel}: {error}") from error
        finally:
            for one in made.values():
                await one.close()

    asyncio.run(tried())
    Console(highlight=False).print(Text(f"✓ {channel} took it", style="green"))


async def _names(settings: "Settings", rules: "Rules") -> list[str]:
    made = _made(settings, rules)
    for one in made.values():
        await one.close()
    return list(made)


def _made(settings: "Settings", rules: "Rules") -> dict[str, "Channel"]:
    from streams.channels import make_channels
    from streams.errors import SettingsError

    try:
        return make_channels(settings, rules.routing)
    except SettingsError as error:
        raise BadDeploySettings(str(error)) from error


def _read(home: Path) -> tuple["Settings", "Rules"]:
    """What a worker would read here. Raises BadDeploySettings."""
    from schemas.ids import Naming
    from streams.core.rules import RulesError
    from streams.errors import SettingsError
    from streams.rules_files import read_rules
    from streams.settings import Settings

    try:
        settings = Settings.from_env({**os.environ, **lent(home)})
        return settings, read_rules(settings.rules_dir, Naming(settings.secret.get_secret_value().encode()))
    except (SettingsError, RulesError) as error:
        raise BadDeploySettings(str(error)) from error
