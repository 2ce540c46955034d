"""The catalogues of the console: which texts there are, which lack a translation, and what a compiled one holds.

Texts are found where they are marked: in templates, and in Python by `N_`, `NN_`, `Said` and `Counted`. Beside them
stand names that pages make readable (`pricing_page` -> `Pricing page`) and the labels of the rules that come with us.
"""

import ast
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from io import BytesIO
from itertools import chain
from pathlib import Path
from typing import Any, Final, TypeAlias, get_args

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from schemas.cards import AlertStatus
from schemas.rejected import Reason
from streams.core.activity.together import BEFORE_EPOCH
from streams.core.flow.cohorts import COHORT_FORMULA
from streams.core.flow.ledger import FLOW_FORMULA
from streams.core.mail.send_gate import NOT_MAILED
from streams.core.returns.strength import CUSTOMER, NO_LOST_DEAL, OPEN_DEAL
from streams.core.rulebook.segments_rules import CARD_FIELDS
from streams.core.score.scoring import VERDICTS
from streams.core.written import words
from streams.rules_files import PACKAGED

__all__ = ["LANGUAGES", "Text", "as_mo", "as_po", "catalogue", "compiled", "faults", "merged", "place_of", "said_in",
           "texts"]  # fmt: skip

Text: TypeAlias = str | tuple[str, str]  # of one, and of many
STREAMS: Final = Path(__file__).parents[2] / "streams"
CONSOLE: Final = STREAMS / "console"
SPEAKING: Final = (STREAMS, STREAMS.parent / "deploy")
LANGUAGES: Final = ("ko",)
METHODS: Final = [("templates/**.html", "jinja2"), ("**.py", "python")]
OPTIONS: Final = {"templates/**.html": {"newstyle_gettext": "false"}}
MARKS: Final[Mapping[str, Any]] = {"_": None, "N_": None, "ngettext": (1, 2), "NN_": (1, 2)}
EPOCH: Final = datetime(2026, 1, 1, tzinfo=UTC)  # of a head that says nothing else: the same texts, the same bytes
PLACEHOLDER: Final = re.compile(r"%\(\w+\)\w|%%|%(?!\()")
LABELLED: Final = ("scoring", "returns", "stages", "segments", "content")
LABEL: Final = ("label", "title", "hold_text")
NAMED: Final = {
    "scoring": ("name", "group", "mail_kinds", "form_kinds"), "returns": ("name", "reason", "persona"),
    "stages": ("reasons", "sub_stages", "reason", "via"), "site": ("kind", "program"),
}  # fmt: skip
OF_STAGES: Final = (("milestone", "kind"), ("check", "name"))
TRAITS: Final = (
    "name", "email", "company", "title", "department", "employees", "industry", "segment", "region", "country",
    "marketing_consent", "company_size", "seniority",
)  # fmt: skip
LABELS: Final = ("source", "medium", "program", "region")  # of the books
FILTERED: Final = ("machine", "staff", "nothing in it")
SIGNS: Final = ("network", "review", "partner", "job_seeker", "wrong_company", "not_a_buyer", "contacted", "reopened")


def texts() -> set[Text]:
    """All that there is to translate."""
    found = {message for _, _, message, _, _ in extract_from_dir(str(CONSOLE), METHODS, OPTIONS, keywords=MARKS)}
    found |= {text for place in SPEAKING for path in place.rglob("*.py") for text in said_in(path.read_text("utf-8"))}
    return {one for one in (*found, *_said_elsewhere()) if one and one[0]}


def said_in(source: str) -> Iterator[Text]:
    """What a program says as data, one within another too. Raises ValueError for a text that is not written out."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or not call.args:
            continue
        first, *more = call.args
        if call.func.id == "Said" and len(more) < 2:  # a finding of the same name says where, too
            if isinstance(first, ast.Constant):
                yield str(first.value)
            elif isinstance(first, ast.JoinedStr | ast.BinOp | ast.IfExp):
                raise ValueError(f"no text that a catalogue can have: {ast.unparse(call)}")
        elif call.func.id == "Counted" and more:
            yield ast.literal_eval(first), ast.literal_eval(more[0])


def _said_elsewhere() -> Iterator[str]:
    yield from (*NOT_MAILED.values(), *VERDICTS.values())
    yield from (COHORT_FORMULA, FLOW_FORMULA, CUSTOMER, NO_LOST_DEAL, OPEN_DEAL, BEFORE_EPOCH)
    rules = {name: tomllib.loads((PACKAGED / f"{name}.toml").read_text()) for name in {*LABELLED, *NAMED}}
    yield from chain.from_iterable(_values(rules[name], LABEL) for name in LABELLED)
    yield from (f"Cap of {group}" for group in _values(rules["scoring"], ("group",)))
    yield from (f"Bounds of {name}" for name in ("engagement", "fit"))
    stages = (one for table, key in OF_STAGES for one in _values(rules["stages"][table], (key,)))
    names = chain(stages, chain.from_iterable(_values(rules[name], keys) for name, keys in NAMED.items()))
    statuses = (*get_args(AlertStatus), *(reason.value for reason in Reason))
    yield from map(words, (*names, *statuses, *TRAITS, *LABELS, *SIGNS, *CARD_FIELDS, *FILTERED, "topic"))


def _values(found: object, keys: tuple[str, ...], key: str = "") -> Iterator[str]:
    """Every text that stands under one of these keys, however deep."""
    if isinstance(found, dict):
        for name, value in found.items():
            yield from _values(value, keys, name)
    elif isinstance(found, list):
        for value in found:
            yield from _values(value, keys, key)
    elif isinstance(found, str) and key in keys:
        yield found


def catalogue(language: str) -> Catalog:
    """What is translated so far."""
    with place_of(language, "po").open("rb") as file:
        return read_po(file, locale=language)


def compiled(language: str) -> bytes:
    """What the console reads."""
    return place_of(language, "mo").read_bytes()


def merged(found: Catalog, wanted: set[Text]) -> Catalog:
    """The same translations for the texts that there are now; a new text has none yet."""
    made = Catalog(locale=found.locale, fuzzy=False, header_comment="", creation_date=EPOCH, revision_date=EPOCH)
    for text in sorted(wanted, key=str):
        known = found.get(text if isinstance(text, str) else text[0])
        made.add(text, string=known.string if known is not None and known.id == text else "")
    return made


def faults(found: Catalog, wanted: set[Text]) -> list[str]:
    """What is wrong with a catalogue, a line each."""
    here = {message.id: message for message in found if message.id}
    lines = [f"no translation: {one!r}" for one in sorted(wanted, key=str) if not _is_whole(here.get(one))]
    lines += [f"no such text any more: {one!r}" for one in sorted(set(here) - wanted, key=str)]
    lines += [f"no such text any more: {one!r}" for one in found.obsolete]
    lines += [f"fuzzy: {one!r}" for one, message in here.items() if message.fuzzy]
    return lines + [f"other placeholders: {one!r}" for one, message in here.items() if not _keeps_places(message)]


def as_po(made: Catalog) -> bytes:
    """As it is kept: no places and no dates, so that a change shows what changed."""
    out = BytesIO()
    write_po(out, made, width=0, no_location=True, omit_header=True, sort_output=True)
    language = str(made.locale)
    head = (
        'msgid ""\nmsgstr ""\n'
        f'"Language: {language}\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n'
        f'"Plural-Forms: {made.plural_forms}\\n"\n\n'
    )
    return head.encode() + out.getvalue().lstrip()


def as_mo(made: Catalog) -> bytes:
    """Compiled, the same bytes for the same texts."""
    out = BytesIO()
    write_mo(out, made)
    return out.getvalue()


def place_of(language: str, kind: str) -> Path:
    """Where a catalogue lies: `po` as it is written, `mo` compiled."""
    return CONSOLE / "words" / language / "LC_MESSAGES" / f"leadstream.{kind}"


def _is_whole(message: Message | None) -> bool:
    if message is None:
        return False
    return bool(message.string) and all(message.string if isinstance(message.string, tuple) else (message.string,))


def _keeps_places(message: Message) -> bool:
    ids = message.id if isinstance(message.id, tuple) else (message.id,)
    strings = message.string if isinstance(message.string, tuple) else (message.string,)
    wanted = set(PLACEHOLDER.findall(ids[-1]))
    return all(set(PLACEHOLDER.findall(one)) == wanted for one in strings if one)
