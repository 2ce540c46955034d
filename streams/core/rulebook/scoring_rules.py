"""What `rules/scoring.toml` may say: points, half-lives, keep limits, group caps, fit."""

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from streams.core.rulebook.faults import RuleFault, at
from streams.core.rulebook.mail_rules import MailRules
from streams.core.said import Said

__all__ = ["Band", "FitRules", "Grade", "GroupRule", "PageKeep", "ScoringRule", "ScoringRules", "Totals"]

Name: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*$", max_length=64)]
Days: TypeAlias = Annotated[float, Meta(gt=0)]
Places: TypeAlias = Annotated[int, Meta(ge=1, le=64)]


class ScoringRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule. `keep` is N; at most `limit` hits of one bucket (`limit_per`) are among them, None = no such limit.

    A rule of kind `page` is hit by pages of `page_kinds` that were read for `min_dwell_ms`, one of kind `form` by forms
    of `form_kinds`, one of kind `track` by what `[[track]]` in site.toml sends here, one of kind `mail` by mail events
    of `mail_kinds`. The kinds `page_view`, `return_visit` and `deep_visit` are read from the pages store, `mail_click`
    from the clicks: it gives `points` for a person's and `probable_points` for what was probably one.
    """

    name: Name
    kind: str
    label: str
    points: float
    keep: Places
    limit: Places | None = None
    limit_per: Literal["day", "week", "asset", "message", "program"] = "day"
    half_life_days: Days
    group: Name
    page_kinds: tuple[str, ...] = ()
    min_dwell_ms: Annotated[int, Meta(ge=0)] = 0
    form_kinds: tuple[str, ...] = ()
    mail_kinds: tuple[Literal["bounced", "complained", "opened", "replied", "subscribed", "unsubscribed"], ...] = ()
    probable_points: float = 0

    def __post_init__(self) -> None:
        """Raises ValueError for a rule that nothing could ever hit."""
        if self.kind == "mail" and not self.mail_kinds:
            said = Said('one of kind "mail" names its events in mail_kinds')
            raise RuleFault(at(f'rule "{self.name}": kind', said))


class GroupRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules of one group are worth at most `cap` points together; None = no cap (penalties)."""

    name: Name
    cap: Annotated[float, Meta(ge=0)] | None = None


class PageKeep(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is a counted page, and how many are remembered."""

    counted_ms: Annotated[int, Meta(ge=0)] = 5_000
    counted_days: Places = 10
    counted_a_day: Places = 8
    seen_days: Places = 16
    intent_days: Places = 8
    read_days: Places = 4  # days of which the longest read pages are remembered too
    uncounted_kinds: tuple[str, ...] = ("careers", "legal", "login", "unsubscribe")
    intent_kinds: tuple[str, ...] = ("pricing", "comparison", "demo", "security")
    careers_kinds: tuple[str, ...] = ("careers", "team")


class Band(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Company sizes of the ideal customer, in employees, both ends included."""

    least: Annotated[int, Meta(ge=0)]
    most: Annotated[int, Meta(ge=0)]


class FitRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who they are. Traits that are unknown give 0 and are shown as unknown."""

    least: int = 0
    most: int = 50
    executive: int = 15
    director: int = 12
    manager: int = 8
    other_title: int = 4
    executive_words: tuple[str, ...] = ()
    director_words: tuple[str, ...] = ()
    manager_words: tuple[str, ...] = ()
    department: int = 8
    department_words: tuple[str, ...] = ()
    size_band: int = 12
    size_adjacent: int = 6
    band: Band | None = None
    adjacent: tuple[Band, ...] = ()
    segment: int = 10
    segments: tuple[str, ...] = ()
    not_target: Annotated[int, Meta(le=0)] = -25  # a segment that we say no to (segments.toml)
    region: int = 5
    regions: tuple[str, ...] = ()
    free_mail: int = -10


class Grade(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From this value on: this letter (fit) or digit (engagement)."""

    grade: Annotated[str, Meta(min_length=1, max_length=1)]
    least: float


class Totals(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of engagement, and the grades: the first that is reached counts."""

    engagement_least: float = -50
    engagement_most: float = 100
    letters: tuple[Grade, ...] = (Grade(grade="A", least=35), Grade(grade="B", least=20), Grade(grade="C", least=-1000))
    digits: tuple[Grade, ...] = (Grade(grade="1", least=60), Grade(grade="2", least=30), Grade(grade="3", least=-1000))


class ScoringRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    rule: tuple[ScoringRule, ...]
    group: tuple[GroupRule, ...]
    pages: PageKeep = PageKeep()
    fit: FitRules = FitRules()
    totals: Totals = Totals()
    mail: MailRules = MailRules()
