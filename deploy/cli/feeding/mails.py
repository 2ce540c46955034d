"""`leadstream mail`: what a sender puts into a mail so that clicks, opens and unsubscribing come back to its lead."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer
from msgspec import to_builtins

from deploy.cli.home import AT_HOME, Home
from deploy.cli.who import NOBODY, lead_id_of
from deploy.errors import BadDeploySettings
from deploy.settings import up_in, value_of
from running.wall_clock import utc_ms

if TYPE_CHECKING:
    from producers.mail.letter import Letter

__all__ = ["app"]

KEYS: Final = "LEADSTREAM_MAIL__KEYS"
URL: Final = "LEADSTREAM_COLLECTOR__PUBLIC_URL"
LINK_DAYS: Final = 400  # what a link lives is the collector's to say

app = typer.Typer(help="Mails to leads: signed links, the pixel, and headers to unsubscribe.", no_args_is_help=True)


@app.callback()
def _mails() -> None:
    """Mails to leads."""


@app.command()
def link(
    lead: Annotated[str, typer.Option(help="Whom the mail goes to: e-mail address, or lead id (32 hex digits).")],
    to: Annotated[list[str], typer.Option(help="Where a link leads: https://... May be repeated, in their order.")],
    *,
    message: Annotated[str, typer.Option(help="The mail's id: the same for all links of one mail to one person.")],
    program: Annotated[str, typer.Option(help="The program that it invites to, by its id in site.toml.")] = "",
    tracked: Annotated[
        bool, typer.Option("--tracked/--untracked", help="Untracked, without consent: plain links and no pixel.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document on standard output, for scripts.")] = False,
    home: Home = AT_HOME,
) -> None:  # fmt: skip
    """Print the links, the pixel and the headers of one mail to one lead.

    [b]leadstream mail link --lead ann@acme.example --message spring-1 --to https://www.example.com/pricing[/b]

    Needs LEADSTREAM_MAIL__KEYS and LEADSTREAM_COLLECTOR__PUBLIC_URL as the collector has them, and LEADSTREAM_SECRET
    for an address; else those of a running [b]leadstream up[/b] are taken. Nothing is sent.
    """
    from producers.errors import ProducerError
    from producers.mail.letter import letter
    from producers.mail.links import Link, Links

    links = Links(_keys(home), days=LINK_DAYS)
    said = Link(lead_id=_lead_id(lead, home), message_id=message, made_at=utc_ms(),
                program_id=program)  # fmt: skip
    try:
        made = letter(links, said, to, base=_base(home), tracked=tracked)
    except ProducerError as error:
        raise BadDeploySettings(str(error)) from error
    typer.echo(json.dumps(to_builtins(made), indent=2) if as_json else _shown(made))


def _shown(made: "Letter") -> str:
    lines = [f"link {place}\n{one}\n" for place, one in enumerate(made.links, 1)]
    if made.pixel:
        lines.append(f'pixel\n<img src="{made.pixel}" width="1" height="1" alt="">\n')
    lines.append(f"unsubscribe\n{made.unsubscribe}\n")
    return "\n".join([*lines, "headers", *(f"{name}: {value}" for name, value in made.headers.items())])


def _keys(home: Path) -> dict[str, str]:
    """The collector's ring. Raises BadDeploySettings."""
    from pydantic import SecretStr, ValidationError

    from producers.settings import MailSettings

    text = value_of(KEYS) or _kept(home, "mail_keys")
    try:
        ring = MailSettings(keys=SecretStr(text)).ring()
    except ValidationError as error:
        raise BadDeploySettings(f"{KEYS}: {error.errors()[0]['msg']}") from error
    if not ring:
        raise BadDeploySettings(f"{KEYS} is not set: id=secret as the collectors have it, such as 2026a=$(openssl rand "
                                "-hex 32)")  # fmt: skip
    return ring


def _base(home: Path) -> str:
    """Raises BadDeploySettings."""
    base = os.environ.get(URL) or str(up_in(home).get("collector_url", ""))
    if not base:
        raise BadDeploySettings(f"{URL} is not set: the collector's address as readers of mails reach it")
    return base


def _lead_id(who: str, home: Path) -> str:
    """Raises BadDeploySettings."""
    lead_id = lead_id_of(who, home)
    if lead_id is None:
        raise BadDeploySettings(f"--lead: {who} {NOBODY}")
    return lead_id


def _kept(home: Path, name: str) -> str:
    """A secret of a `leadstream up` in `home`, "" where there is none."""
    try:
        found: dict[str, Any] = json.loads((home / "secrets.json").read_bytes())
    except (OSError, ValueError):
        return ""
    return str(found.get(name, ""))
