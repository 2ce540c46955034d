"""Rules that somebody pastes or uploads as B: read as text, tried, and forgotten, unless they are kept as a draft.

Nothing in a text leads to a file: it is what the file of that name would say. What is not brought is as in force.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import urlencode

import structlog
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from streams.console.access.uploads import File, Uploaded, uploaded
from streams.console.desk import Desk, desk_of
from streams.console.flow.laid import shown
from streams.console.rules.at_hand import unreadable_rules
from streams.console.rules.drafts import DRAFT, is_draft_name
from streams.console.rules.known import IN_FORCE, KnownRules
from streams.console.tongue import N_, Text, filled
from streams.core.rules import FILES, Rules, RulesError

__all__ = ["LARGEST", "ROUTES"]

LARGEST: Final = 262_144  # bytes of all texts together; those that come with us have 30,000
UNREADABLE: Final = 422
UPLOAD: Final = "files"  # the field of files, and what is wrong with them
NAME: Final = "draft"
LONGEST: Final = 500  # characters of a fault
log = structlog.get_logger()


class Wrong(Struct, frozen=True, kw_only=True):
    """What is wrong in a field. `line`: the text of the line that is meant, "" for none."""

    said: Text
    line: str = ""


async def paste(request: Request) -> Response:
    """`GET /rules/paste?a=now`: the texts in force, to be written over."""
    desk = desk_of(request)
    try:
        return await _page(desk, request, a=request.query_params.get("a", ""), texts={}, wrong={})
    except (RulesError, OSError) as error:
        return await unreadable_rules(desk, request, error)


async def take(request: Request) -> Response:
    """`POST /rules/paste`: `a`, a field for each file, `files`, and `keep` with `draft` = the name of a new draft."""
    desk = desk_of(request)
    try:
        brought = await uploaded(request, desk.auth, largest=LARGEST)
    except HTTPException as error:
        if error.status_code != 413:
            raise
        text = filled(N_("All texts together may have %(kib)s KiB. Bring the files that differ alone: the others are "
                         "as in force."), kib=LARGEST // 1_024)  # fmt: skip
        return await desk.notice(request, 413, title=N_("Too large"), text=text)
    try:
        return await _taken(desk, request, brought)
    except (RulesError, OSError) as error:  # of those in force
        return await unreadable_rules(desk, request, error)


async def _taken(desk: Desk, request: Request, brought: Uploaded) -> Response:
    known, a = desk.sight.known, brought.fields.get("a", "")
    texts, wrong = _texts(known, brought)
    files, rules, faults = await asyncio.to_thread(_tried, known, texts)
    wrong |= faults
    keeps = known.drafts.are_kept and "keep" in brought.fields
    name = brought.fields.get(NAME, "").strip()
    if keeps and not is_draft_name(name):
        wrong[NAME] = Wrong(said=N_("A name has at most 40 small letters, digits and hyphens, and no hyphen first."))
    if not wrong and rules is not None:
        b, unkept = _kept(known, name, files) if keeps else (await desk.pasted.hold(rules, files), None)
        if unkept is None:
            return RedirectResponse(_compare(a, b), 303)
        wrong[NAME] = unkept
    return await _page(desk, request, a=a, texts=texts, wrong=wrong, status=UNREADABLE, name=name, keeps=keeps)


def _texts(known: KnownRules, brought: Uploaded) -> tuple[dict[str, str], dict[str, Wrong]]:
    """What differs from the texts in force: what was pasted, and over that the files."""
    ours = known.files()
    found = {name: _lines(brought.fields[name]) for name in FILES if brought.fields.get(name, "").strip()}
    read, wrong = _read(brought.files)
    found |= read
    return {name: text for name, text in found.items() if text != _lines(ours[name])}, wrong


def _read(files: Sequence[File]) -> tuple[dict[str, str], dict[str, Wrong]]:
    found, wrong = dict[str, str](), dict[str, Wrong]()
    for file in files:
        if file.name not in FILES:
            said = N_("%(name)s is none of the files of rules: %(files)s.")
            wrong[UPLOAD] = Wrong(said=filled(said, name=file.name[:80], files=", ".join(FILES)))
            continue
        try:
            found[file.name] = _lines(file.content.decode("utf-8-sig"))
        except UnicodeDecodeError:
            wrong[UPLOAD] = Wrong(said=filled(N_("%(name)s is no text in UTF-8."), name=file.name))
    return found, wrong


def _lines(text: str) -> str:
    """Forms end lines as no file of ours does."""
    return text.replace("\r\n", "\n")


def _tried(
    known: KnownRules, texts: Mapping[str, str]
) -> tuple[Mapping[str, str], Rules | None, dict[str, Wrong]]:
    """The rules that these texts say; of each file the first fault. Blocks. Raises RulesError of those in force."""
    known.in_force()
    wrong: dict[str, Wrong] = {}
    while True:
        try:
            files, rules = known.instead({name: text for name, text in texts.items() if name not in wrong})
        except RulesError as error:
            name = error.file
            if name not in FILES or name in wrong:
                return {}, None, wrong or {UPLOAD: Wrong(said=error.said)}
            text = texts.get(name, known.files()[name])
            wrong[name] = Wrong(said=error.said, line=_line(text, error.line))
        else:
            return files, rules, wrong


def _line(text: str, number: int) -> str:
    lines = text.splitlines()
    return lines[number - 1].strip()[:200] if 0 < number <= len(lines) else ""


def _kept(known: KnownRules, name: str, files: Mapping[str, str]) -> tuple[str, Wrong | None]:
    """As a draft: its name in addresses, and why that cannot be."""
    try:
        known.drafts.keep(name, files)
    except FileExistsError:
        return "", Wrong(said=N_("There is a draft of this name. Take another one."))
    except OSError as error:
        log.warning("draft_unwritten", error=type(error).__name__, setting="LEADSTREAM_CONSOLE__RULES_DRAFTS")
        said = N_("The draft cannot be written (%(error)s): the console needs the right to write into its directory of "
                  "drafts.")  # fmt: skip
        return "", Wrong(said=filled(said, error=error.strerror or type(error).__name__))
    return DRAFT + name, None


def _compare(a: str, b: str) -> str:
    return f"/rules/compare?{urlencode({'a': a or IN_FORCE, 'b': b})}"


async def _page(
    desk: Desk, request: Request, *, a: str, texts: Mapping[str, str], wrong: Mapping[str, Wrong], status: int = 200,
    name: str = "", keeps: bool = False,
) -> Response:  # fmt: skip
    known = desk.sight.known
    values: dict[str, Any] = {
        "choices": known.choices(desk.now()), "a": a or IN_FORCE, "texts": {**known.files(), **texts},
        "brought": texts, "wrong": wrong, "drafts": known.drafts.are_kept, "name": name, "keeps": keeps,
        "kib": LARGEST // 1_024, "longest": LONGEST,
    }  # fmt: skip
    return await shown(desk, request, "rules_paste.html", status=status, **values)


ROUTES: Final = [Route("/rules/paste", paste), Route("/rules/paste", take, methods=["POST"])]
