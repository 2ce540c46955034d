"""What `rules/site.toml` may say: sources, what pages, forms and events mean, what traits are called."""

from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

from streams.core.rulebook.faults import RuleFault, is_twice, no_such_timezone
from streams.core.said import Said

__all__ = [
    "OPT_IN",
    "REQUESTS",
    "FormMeaning",
    "PageMeaning",
    "Program",
    "SiteRules",
    "SiteTable",
    "SourceMeaning",
    "TrackMeaning",
    "TraitMeaning",
]

# Form kinds that ask for a talk: the fast pass (arrow T4). A form that names a competitor under review is a comparison.
REQUESTS: Final = frozenset({"catalogue", "comparison", "demo", "inquiry", "quote"})
OPT_IN: Final = "opt_in"  # the form kind that asks for mail: it ends a hold (arrow T12)
Word: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
Moment: TypeAlias = Annotated[datetime, Meta(tz=True)]
Glob: TypeAlias = Annotated[str, Meta(pattern=r"^/", max_length=256)]


class SiteTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The site as a whole. `senders` begin the user agents of programs that post events and read no pages."""

    timezone: str = "UTC"
    senders: tuple[str, ...] = ()
    competitor_fields: tuple[str, ...] = ()  # of forms: what they call a competitor under review
    no_competitor: tuple[str, ...] = ()  # answers there that name none

    def __post_init__(self) -> None:
        """Raises ValueError for a time zone that nobody knows."""
        try:
            ZoneInfo(self.timezone)
        except (OSError, ValueError, LookupError) as error:
            raise RuleFault(no_such_timezone(self.timezone, such_as="Europe/Berlin")) from error


class SourceMeaning(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A source of events, by the name that its key stands for."""

    name: Word
    measures_dwell: bool = False


class PageMeaning(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Pages whose path matches a glob (`*` also matches `/`). `answer` names the lost reason that they answer."""

    kind: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$")]
    paths: Annotated[tuple[Glob, ...], Meta(min_length=1)]
    answer: str = ""


class FormMeaning(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A form, by the name that `form_submitted` gives it."""

    name: Word
    kind: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$")]


class TrackMeaning(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A `track` event: a hit of `rule`, or a form of kind `form`. `asset` is the property that tells assets apart.

    `measure`: a property that must be `at_least` so much where a sender says it. `program`: what it says of a program,
    which `asset` names; with or without a hit of `rule`.
    """

    event: Word
    rule: str = ""
    form: str = ""
    asset: str = ""
    program: Literal["", "invited", "registered", "attended", "followed_up"] = ""
    measure: str = ""
    at_least: float = 0

    def __post_init__(self) -> None:
        """Exactly one meaning. Raises ValueError."""
        if bool(self.rule or self.program) == bool(self.form):
            raise RuleFault(Said("say either rule or form"))
        if self.program and not self.asset:
            raise RuleFault(Said("asset must name the property that holds the program's id"))


class Program(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that people attend. `own`: we hold it; whoever comes from a [[target]] goes straight to a meeting."""

    id: Word
    kind: Literal["webinar", "seminar", "fair"]
    own: bool = False
    starts_at: Moment
    ends_at: Moment
    medium: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError for one that ends before it starts."""
        if self.ends_at < self.starts_at:
            raise RuleFault(Said("ends_at is before starts_at"))


class TraitMeaning(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A trait that Leadstream reads, and what senders call it (`company.name` looks inside `company`)."""

    name: Word
    called: tuple[Word, ...]


class SiteRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    site: SiteTable = SiteTable()
    source: tuple[SourceMeaning, ...] = ()
    page: tuple[PageMeaning, ...] = ()
    form: tuple[FormMeaning, ...] = ()
    track: tuple[TrackMeaning, ...] = ()
    trait: tuple[TraitMeaning, ...] = ()
    program: tuple[Program, ...] = ()

    def __post_init__(self) -> None:
        """Programs are there once. Raises ValueError."""
        ids = [program.id for program in self.program]
        if doubled := next((one for one in ids if ids.count(one) > 1), None):
            raise RuleFault(is_twice(f'program "{doubled}"'))
