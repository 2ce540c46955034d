"""Lists of the properties that a source keeps, or does not: names, and dotted paths."""

import re
from collections.abc import Iterable
from typing import Any, Final

from producers.collector.sources import Source

__all__ = ["Lists"]

# Where people are told of; `context.traits` are traits.
PARTS: Final = ("properties", "traits", "context")
# What the pipeline itself reads of a page and of attention: no list of allowed properties leaves it out.
NEEDED: Final = frozenset({
    "properties.dwell_ms", "properties.form", "properties.interactions", "properties.page_id", "properties.path",
    "properties.referrer", "properties.started_at", "properties.title", "properties.url", "context.consent",
    "context.consentmanagement", "context.identity", "context.library", "context.page", "context.useragent",
})  # fmt: skip


class Lists:
    """What `properties_allow` and `properties_deny` of a source leave of an event. Names count in any case.

    Denied: a plain name wherever it stands in properties, traits and context, a path where it leads. Allowed: what is
    listed of properties and traits, and of the context once a path of it is listed.
    """

    def __init__(self, policy: Source) -> None:
        self._denied = frozenset(path for one in policy.properties_deny for path in _paths(one))
        self._denied_names = frozenset(one.casefold() for one in policy.properties_deny if "." not in one)
        allowed = {path for one in policy.properties_allow for path in _paths(one)}
        self._allowed = tuple(sorted(allowed | NEEDED)) if allowed else ()
        self._limited = {"properties", "traits"} if allowed else set()
        self._limited |= {"context"} if any(one.startswith("context.") for one in allowed) else set()
        last = [one.rpartition(".")[2] for one in policy.properties_deny]
        self._always = bool(allowed) or not all(map(str.isascii, last))
        self._told = re.compile(rb'"(?:%s)"|\\u00' % b"|".join(re.escape(one.encode()) for one in last), re.IGNORECASE)

    def might_change(self, raw: bytes) -> bool:
        """Whether an event's JSON text may hold something that must not stay: quick, never wrongly false."""
        return self._always or self._told.search(raw) is not None

    def of(self, event: dict[str, Any]) -> dict[str, Any]:
        """The event with what may stay, a new value."""
        return {
            name: self._value(value, path=name) if name in PARTS else value
            for name, value in event.items()
            if name not in self._denied
        }

    def _value(self, value: Any, *, path: str) -> Any:
        if isinstance(value, list):
            return [self._value(one, path=path) for one in value]
        if not isinstance(value, dict):
            return value
        names = [(name, name.casefold()) for name in value]
        placed = [(name, folded, _under(path, folded)) for name, folded in names]
        return {name: self._value(value[name], path=at) for name, folded, at in placed if self._stays(folded, at)}

    def _stays(self, name: str, path: str) -> bool:
        if name in self._denied_names or path in self._denied:
            return False
        if path == "traits" or path.partition(".")[0] not in self._limited:
            return True
        return any(path == one or path.startswith(one + ".") or one.startswith(path + ".") for one in self._allowed)


def _under(path: str, name: str) -> str:
    """The path of what lies under this name."""
    return "traits" if (path, name) == ("context", "traits") else f"{path}.{name}"


def _paths(listed: str) -> Iterable[str]:
    """`plan` and `cart.total` are looked for in properties and traits, `context.device.id` stands as it is."""
    path = listed.casefold().replace("context.traits.", "traits.")
    return [path] if path.partition(".")[0] in PARTS else [f"{part}.{path}" for part in ("properties", "traits")]
