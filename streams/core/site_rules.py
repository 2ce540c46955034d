"""What `rules/site.toml` may say: sources, what pages, forms and events mean, what traits are called."""

from typing import Annotated, Final, TypeAlias
from zoneinfo import ZoneInfo

from msgspec import Meta, Struct

__all__ = [
    "REQUESTS",
    "FormMeaning",
    "PageMeaning",
    "SiteRules",
    "SiteTable",
    "SourceMeaning",
    "TrackMeaning",
    "TraitMeaning",
]

# Form kinds that ask for a talk: the fast pass (arrow T4).
REQUESTS: Final = frozenset({"catalogue", "demo", "inquiry", "quote"})
Word: TypeAlias = Annotated[str, Meta(min_length=1, max_length=128)]
Glob: TypeAlias = Annotated[str, Meta(pattern=r"^/", max_length=256)]


class SiteTable(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The site as a whole. `senders` begin the user agents of programs that post events and read no pages."""

    timezone: str = "UTC"
    senders: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Raises ValueError for a time zone that nobody knows."""
        try:
            ZoneInfo(self.timezone)
        except (OSError, ValueError, LookupError) as error:
            raise ValueError(f'no time zone is named "{self.timezone}"; write one such as "Europe/Berlin"') from error


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

    `measure`: a property that must be `at_least` so much where a sender says it.
    """

    event: Word
    rule: str = ""
    form: str = ""
    asset: str = ""
    measure: str = ""
    at_least: float = 0

    def __post_init__(self) -> None:
        """Exactly one meaning. Raises ValueError."""
        if bool(self.rule) == bool(self.form):
            raise ValueError("say either rule or form")


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
