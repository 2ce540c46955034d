"""`leadstream person`: what is known of somebody, and to forget them. For whoever answers requests under the GDPR."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final, TypeAlias

import typer
from rich.console import Console

from deploy.cli.actor import actor
from deploy.cli.home import AT_HOME, Home
from deploy.cli.openings import opened_door, opened_window
from deploy.cli.who import NOBODY, lead_id_of
from deploy.errors import BadPerson, BrokerUnreachable
from deploy.settings import DeploySettings, from_environment
from running.wall_clock import utc_ms

if TYPE_CHECKING:
    from schemas.cards import LeadCard
    from schemas.touches import EraseOrder
    from streams.inbox import Door
    from streams.readmodel.reader import Reader

    Telling: TypeAlias = Callable[[Reader, LeadCard], Awaitable[bytes]]

__all__ = ["app"]

GONE_S: Final = 30.0  # a worker that runs takes less than a second
LOOK_S: Final = 0.2

app = typer.Typer(
    help="One person: what is known of them, and to forget them.\n\n"
    "1. Make sure that it is they who ask: answer to the address that you know.\n\n"
    "2. [b]leadstream person export ann@acme.example > ann.json[/b] writes all that the cards say.\n\n"
    "3. [b]leadstream person erase ann@acme.example[/b] forgets them: rows, cards, alerts, search. It cannot be taken "
    "back, and whatever still comes of them is dropped.\n\n"
    "Needs LEADSTREAM_SECRET, from which pseudonyms follow. What stays, and how long: docs/how-to/erase-a-person.md.",
    no_args_is_help=True,
)
Who: TypeAlias = Annotated[str, typer.Argument(metavar="PERSON", help="E-mail address, or lead id (32 hex digits).")]


@app.command()
def export(who: Who, *, home: Home = AT_HOME) -> None:
    """Print all that the cards say of a person, as JSON. Hand it to nobody but them."""
    from msgspec import json

    from streams.console.leads.person import exported

    async def told(reader: "Reader", lead: "LeadCard") -> bytes:
        return json.format(json.encode(await exported(reader, lead)), indent=2)

    settings, lead_id = from_environment(home), _lead_id(who, home)
    lead, said = asyncio.run(_asked(settings, lead_id, told))
    if lead is None or said is None:
        raise BadPerson(f"no card of lead {lead_id}: nobody by that name is known here, or they were erased")
    typer.echo(said.decode())


@app.command()
def erase(
    who: Who, *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask. For scripts that made sure before.")] = False,
    home: Home = AT_HOME,
) -> None:  # fmt: skip
    """Forget a person for good. Says what is known, asks, sends the order, and watches until the card is gone.

    Where nobody is known by that name the order is sent too: whatever comes of them later is dropped.
    """
    from schemas.touches import EraseOrder
    from streams.console.leads.person import leads_of

    settings, lead_id = from_environment(home), _lead_id(who, home)
    console = Console(highlight=False)
    lead, _ = asyncio.run(_asked(settings, lead_id, None))
    _show(console, lead_id, lead)
    if not yes:
        typer.confirm("Erase them for good?", abort=True)
    with _door(settings) as door:
        for one in (lead_id,) if lead is None else leads_of(lead):
            order = EraseOrder(to=one, lead_id=one, at=utc_ms(), actor=actor())
            asyncio.run(_sent(settings, door, order))
    console.print("The order is safe in Kafka.")
    if lead is not None:
        _watch(console, settings, lead_id)


def _lead_id(who: str, home: Path) -> str:
    """Raises BadPerson."""
    lead_id = lead_id_of(who, home)
    if lead_id is None:
        raise BadPerson(f"{who} {NOBODY}")
    return lead_id


async def _asked(
    settings: DeploySettings, lead_id: str, told: "Telling | None"
) -> tuple["LeadCard | None", bytes | None]:
    """The card, and what is told of it. Raises BadPerson where Redis is away."""
    from streams.readmodel.errors import ReadModelAway
    from streams.readmodel.reader import Reader

    reader = Reader.connect(settings.redis.url.get_secret_value(), prefix=settings.redis.key_prefix)
    try:
        lead = await reader.lead(lead_id)
        return lead, None if lead is None or told is None else await told(reader, lead)
    except ReadModelAway as error:
        raise BadPerson(f"Redis does not answer ({error}): LEADSTREAM_REDIS__URL names another") from error
    finally:
        await reader.close()


def _show(console: Console, lead_id: str, lead: "LeadCard | None") -> None:
    console.print(f"Lead {lead_id}")
    if lead is None:
        console.print("No card: nobody is known by that name. The order makes sure that nobody will be.")
        return
    console.print(f"  {lead.name or 'no name'}, {lead.email or 'no address'}, {lead.account_id or 'no company'}")
    console.print(f"  {len(lead.visitors)} browsers, {len(lead.pages)} pages shown, {len(lead.deals)} deals, "
                  f"{len(lead.moves)} moves (which stay, under the pseudonym)")  # fmt: skip
    for name, ids in (("turned out to be", (lead.merged_into,) if lead.merged_into else ()), ("also", lead.aliases)):
        for one in ids:
            console.print(f"  {name} lead {one}, erased with it")


async def _sent(settings: DeploySettings, door: "Door", order: "EraseOrder") -> None:
    from streams.inbox import DoorClosed

    try:
        await door.send(order)
    except DoorClosed as error:
        servers = settings.kafka.bootstrap_servers
        raise BrokerUnreachable(f"Kafka at {servers} did not take the order: {error}. Run it again") from error


def _watch(console: Console, settings: DeploySettings, lead_id: str) -> None:
    """Until the card is gone. Raises BadPerson where nobody takes it away."""
    until = time.monotonic() + GONE_S
    with console.status("waiting until the card is gone"):
        while asyncio.run(_asked(settings, lead_id, None))[0] is not None:
            if time.monotonic() > until:
                raise BadPerson(f"the order is in Kafka, but the card is there after {GONE_S:.0f} s: start a worker")
            time.sleep(LOOK_S)
    console.print("The card is gone, and nothing that comes brings it back.")


@contextmanager
def _door(settings: DeploySettings) -> "Iterator[Door]":
    with opened_window(settings) as window:
        partitions = len(window.bounds("touches"))
    with opened_door(settings, partitions=partitions) as door:
        yield door
