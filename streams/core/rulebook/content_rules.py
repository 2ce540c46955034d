"""What `rules/content.toml` may say: an inventory of what people can read, by review stage and by what it answers."""

from typing import Annotated, Final, Literal, TypeAlias

from msgspec import Meta, Struct

from streams.core.rulebook.faults import RuleFault, at, is_twice
from streams.core.said import Row, Said

__all__ = ["Content", "ContentRules", "Gate", "Review"]

Review: TypeAlias = Literal["early", "mid", "late"]
Gate: TypeAlias = Literal["open", "form", "ask_unknown"]
Tag: TypeAlias = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]*(:.+)?$", max_length=128)]
Glob: TypeAlias = Annotated[str, Meta(pattern=r"^/", max_length=256)]
_GATES: Final[dict[Review, tuple[Gate, ...]]] = {
    "early": ("open",),
    "mid": ("form", "open"),
    "late": ("open", "ask_unknown"),
}


class Content(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One piece: a `path` (a glob as in site.toml) or an `asset` (as download and video events name it).

    `answers` are lost reasons, whole (`feature_gap:sso`) or not (`price`). `gate` "" = what its review stage asks for:
    early nothing, mid a form, late nothing. `segments` () = for everybody.
    """

    title: str
    path: Glob = ""
    asset: str = ""
    review: Review
    gate: Gate | Literal[""] = ""
    answers: tuple[Tag, ...] = ()
    segments: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """One place, and a gate that its review stage allows. Raises ValueError."""
        if bool(self.path) == bool(self.asset):
            raise RuleFault(Said("say either path or asset"))
        if self.gate and self.gate not in _GATES[self.review]:
            allowed = Row(tuple(f'"{gate}"' for gate in _GATES[self.review]), ends="or")
            said = Said('"gate" of "%(review)s" content is %(allowed)s, not "%(gate)s"',
                        {"review": self.review, "allowed": allowed, "gate": self.gate})  # fmt: skip
            raise RuleFault(said)

    @property
    def asks(self) -> Gate:
        """The gate that this row has."""
        return self.gate or _GATES[self.review][0]


class ContentRules(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file, in the order in which it is offered."""

    content: tuple[Content, ...] = ()
    seen_days: Annotated[int, Meta(ge=1)] = 90  # what was seen in this time is not offered again

    def __post_init__(self) -> None:
        """Nothing is there twice. Raises ValueError."""
        places = [one.path or one.asset for one in self.content]
        if doubled := next((number for number, one in enumerate(places) if places.index(one) < number), None):
            raise RuleFault(at(f'content "{self.content[doubled].title}"', is_twice(f'"{places[doubled]}"')))
