"""Traits as senders write them, to traits as Leadstream reads them: one name each, text, bounded."""

from collections.abc import Mapping
from typing import Any, Final

from schemas.activity import Trait
from schemas.errors import Undecodable
from schemas.ids import normalised_email
from schemas.rejected import Reason
from streams.core.events.free_form import clean_text, text_of
from streams.core.events.meanings import Meanings

__all__ = ["company_traits", "email_of", "traits_of"]

MAX_NAME: Final = 64
MAX_TRAITS: Final = 32
# Names that harm programs which copy traits into objects.
REFUSED_NAMES: Final = frozenset({"__proto__", "constructor", "prototype"})


def traits_of(said: Mapping[str, Any], *, at: int, meanings: Meanings) -> dict[str, Trait]:
    """Up to 32 traits: those with a meaning, then others by name. Raises Undecodable for an e-mail that is none."""
    found = _meant(said, meanings)
    if "name" not in found and (name := _name_of(said)):
        found["name"] = name
    if (email := email_of(said, meanings)) is not None:
        found["email"] = email
    others = sorted(key for key in said if key not in meanings.trait_names and key not in found)
    for key in others:
        if len(found) >= MAX_TRAITS:
            break
        name = clean_text(key)[:MAX_NAME]
        if name and name not in found and name not in REFUSED_NAMES and (text := text_of(said[key])):
            found[name] = text
    return {name: Trait(at, text) for name, text in found.items()}


def company_traits(said: Mapping[str, Any], *, at: int, meanings: Meanings) -> dict[str, Trait]:
    """What a `group` event says of the company, as traits of its person: only those that have a meaning."""
    return {name: Trait(at, text) for name, text in _meant({"company": said}, meanings).items()}


def _meant(said: Mapping[str, Any], meanings: Meanings) -> dict[str, str]:
    """The traits with a meaning, in the order of `site.toml`; of several names the first that says something."""
    places = sorted(set().union(*[meanings.trait_places[key] for key in said if key in meanings.trait_places]))
    found: dict[str, str] = {}
    for place in places:
        name, called = meanings.said_traits[place]
        for one in called:
            if text := text_of(_inside(said, one)):
                found[name] = text
                break
    return found


def email_of(said: Mapping[str, Any], meanings: Meanings) -> str | None:
    """The normalised e-mail among traits, None without one. Raises Undecodable for one that cannot be."""
    for name in meanings.traits.get("email", ("email",)):
        value = _inside(said, name)
        if value is None or value == "":
            continue
        email = normalised_email(value) if isinstance(value, str) else None
        if email is None:
            raise Undecodable(Reason.BAD_EMAIL, f"trait {name} is no e-mail address")
        return email
    return None


def _inside(said: Mapping[str, Any], name: str) -> object:
    """A trait by its name; `company.name` looks inside `company`."""
    if name in said:
        return said[name]
    outer, dot, inner = name.partition(".")
    nested = said.get(outer) if dot else None
    return nested.get(inner) if isinstance(nested, dict) else None


def _name_of(said: Mapping[str, Any]) -> str:
    """First and last name, where no full name is said."""
    parts = (text_of(said.get(one) or said.get(other)) for one, other in _NAME_PARTS)
    return " ".join(part for part in parts if part)


_NAME_PARTS: Final = (("firstName", "first_name"), ("lastName", "last_name"))
