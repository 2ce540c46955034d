"""`leadstream users signout-openid`: end the sessions of somebody whom the provider signed in."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.text import Text

from deploy.cli.access.shell_log import AuditFile, shell_log
from deploy.errors import BadUsers
from running.wall_clock import utc_ms
from streams.console_files import AUDIT, SESSIONS

if TYPE_CHECKING:
    from streams.console.access.session_file import CompanyPerson

__all__ = ["signout_openid"]


def signout_openid(
    who: Annotated[str, typer.Argument(help="Their e-mail address, name, or subject at the provider.")],
    *,
    sessions: Annotated[
        Path, typer.Option("--sessions", envvar="LEADSTREAM_CONSOLE__SESSIONS", help="Where consoles keep what ended.")
    ] = SESSIONS,
    audit: AuditFile = AUDIT,
) -> None:
    """End all sessions of somebody who came by OpenID Connect. They may come again, as far as the provider lets them.

    leadstream users signout-openid ines@example.com
    """
    from streams.console.access.session_file import opened_sessions, read_sessions
    from streams.errors import StreamError

    try:
        read_sessions(sessions)  # one that is missing is not begun here
        with shell_log(audit) as log, opened_sessions(sessions, now=utc_ms) as book:
            key = _only(book.people, who)
            ended = book.end_person(key)
            log.note("end sessions of company account", ended.label)
    except StreamError as error:
        raise BadUsers(str(error)) from error
    except OSError as error:
        raise BadUsers(f"{sessions} cannot be written: {error.strerror}") from error
    Console(highlight=False).print(Text.assemble(("✓ ", "green"), f"all sessions of {ended.label} ended"))


def _only(people: Mapping[str, "CompanyPerson"], who: str) -> str:
    """The one person who is meant. Raises BadUsers, which names those that there are."""
    from streams.console.access.user_file import name_key

    wanted = name_key(who)
    found = [key for key, one in people.items()
             if one.subject == who or (wanted and wanted in {name_key(one.email), name_key(one.name)})]  # fmt: skip
    if len(found) == 1:
        return found[0]
    among = [people[key] for key in found] or [*people.values()]
    told = ", ".join(sorted(f"{one.email} {one.label}".strip() for one in among)) or "nobody"
    if found:
        raise BadUsers(f"{who} may be several; say the subject of one: {told}")
    raise BadUsers(f"{who} did not come by OpenID Connect within a day; there came: {told}")
