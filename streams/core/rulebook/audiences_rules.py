"""What `rules/audiences.toml` may say: groups of leads that other tools follow, and what a webhook is told of leads.

The predicates are those of segments, over more: fields of the card too (`segments_rules.CARD_FIELDS`).
"""

from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from streams.core.rulebook.segments_rules import Name, Predicate, refuse_too_deep, refuse_twice

__all__ = ["MAX_AUDIENCES", "Audience", "AudiencesRules"]

MAX_AUDIENCES: Final = 64
Announced: TypeAlias = Literal["lead.merged", "lead.stage_changed"]


class Audience(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One group: all of whom `when` is true. `announce`: a webhook hears who enters and leaves."""

    name: Name
    label: str
    when: Predicate
    announce: bool = True


class AudiencesRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file. `announce`: what a webhook hears of all leads; `channels`: on which of them that are set up."""

    announce: tuple[Announced, ...] = ()
    channels: tuple[Literal["memory", "webhook"], ...] = ("webhook",)
    audience: Annotated[tuple[Audience, ...], Meta(max_length=MAX_AUDIENCES)] = ()

    def __post_init__(self) -> None:
        """Names are unique, predicates not deeper than anybody reads. Raises ValueError."""
        refuse_twice("audience", [one.name for one in self.audience])
        for one in self.audience:
            refuse_too_deep(f'audience "{one.name}"', one.when)
