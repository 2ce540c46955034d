"""What a source does not want to know is taken out of an event before anything is written."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Final

from msgspec import DecodeError
from msgspec.json import Decoder

from producers.collector.addresses import shortened
from producers.collector.sources import Source
from producers.collector.urls import CLICK_IDS, Urls
from schemas.codec import encode

__all__ = ["HARMFUL_NAMES", "Redaction"]

# Names that harm programs which copy what they are sent into objects. Nothing of ours does, so they are not looked for
# in what stays as it came.
HARMFUL_NAMES: Final = frozenset({"__proto__", "constructor", "prototype"})
# Never an address, whatever it looks like.
IDS: Final = frozenset({"anonymousid", "groupid", "messageid", "previousid", "type", "userid"})
_BEHIND_ADDRESS: Final = re.compile(rb'[?#][^\s"]*|(?<=//)[^\s"/]*@')
_decode: Final[Callable[[bytes], Any]] = Decoder().decode
# Where people are told of; `context.traits` are traits.
PARTS: Final = ("properties", "traits", "context")
# What the pipeline itself reads of a page and of attention: no list of allowed properties leaves it out.
NEEDED: Final = frozenset({
    "properties.dwell_ms", "properties.form", "properties.interactions", "properties.page_id", "properties.path",
    "properties.referrer", "properties.started_at", "properties.title", "properties.url", "context.consent",
    "context.consentmanagement", "context.identity", "context.library", "context.page", "context.useragent",
})  # fmt: skip


class Redaction:
    """What one source takes out. Names and dotted paths count in any case. `click_ids`: whether they may be kept."""

    def __init__(self, policy: Source, *, click_ids: bool = True) -> None:
        left_out = () if click_ids else CLICK_IDS
        self._urls = Urls(one for one in policy.url_parameters if one.casefold() not in left_out)
        self._denied = frozenset(path for one in policy.properties_deny for path in _paths(one))
        self._denied_names = frozenset(one.casefold() for one in policy.properties_deny if "." not in one)
        allowed = {path for one in policy.properties_allow for path in _paths(one)}
        self._allowed = tuple(sorted(allowed | NEEDED)) if policy.properties_allow else ()
        self._limited = {"properties", "traits"} if self._allowed else set()
        self._limited |= {"context"} if any(one.startswith("context.") for one in allowed) else set()
        self._lists = bool(policy.properties_allow or policy.properties_deny)

    def might_change(self, raw: bytes) -> bool:
        """Whether an event's JSON text may hold something to take out: quick, never wrongly false."""
        return self._lists or self._urls.might_change(raw)

    def of(self, event: dict[str, Any], *, with_ip: bool) -> dict[str, Any]:
        """The event without it, a new value. `with_ip`: the context's address stays, shortened."""
        redacted = {
            name: value if name.casefold() in IDS else self._value(value, name.casefold(), path=_part(name))
            for name, value in event.items()
            if name not in HARMFUL_NAMES and name not in self._denied
        }
        context = redacted.get("context")
        if isinstance(context, dict) and "ip" in context:
            ip = context["ip"]
            context["ip"] = shortened(ip) if with_ip and isinstance(ip, str) else None
        return redacted

    def unread(self, raw: bytes) -> bytes:
        """The same for bytes that may be no event, or no JSON: then what stands behind `?` and `#` goes.

        Where lists say what may be kept, bytes that nobody can read are not kept.
        """
        if not raw or not (b'"ip"' in raw or self.might_change(raw)):
            return raw
        try:
            value = _decode(raw)
        except (ValueError, RecursionError, DecodeError):
            return b"" if self._lists else _BEHIND_ADDRESS.sub(b"", raw)
        redacted = self.of(value, with_ip=True) if isinstance(value, dict) else self._value(value, "", path="")
        return raw if redacted == value else encode(redacted)

    def _value(self, value: Any, name: str, *, path: str) -> Any:
        """`path` "" = outside of the parts where lists count."""
        if isinstance(value, str):
            return self._urls.text(value, name=name)
        if isinstance(value, list):
            return [self._value(one, name, path=path) for one in value]
        if not isinstance(value, dict):
            return value
        kept = ((key, key.casefold()) for key in value if key not in HARMFUL_NAMES)
        return {
            key: self._value(value[key], folded, path=_under(path, folded))
            for key, folded in kept
            if not path or self._stays(folded, _under(path, folded))
        }

    def _stays(self, name: str, path: str) -> bool:
        if name in self._denied_names or path in self._denied:
            return False
        if path.partition(".")[0] not in self._limited:
            return True
        return any(_is_on_the_way(path, to=one) for one in self._allowed)


def _part(name: str) -> str:
    return name if name in PARTS else ""


def _under(path: str, name: str) -> str:
    """The path of what lies under this name."""
    return "traits" if (path, name) == ("context", "traits") else f"{path}.{name}" if path else ""


def _is_on_the_way(path: str, *, to: str) -> bool:
    return path == to or path.startswith(to + ".") or to.startswith(path + ".") or path == "traits"


def _paths(listed: str) -> Iterable[str]:
    """`plan` and `cart.total` are looked for in properties and traits, `context.device.id` stands as it is."""
    path = listed.casefold().replace("context.traits.", "traits.")
    return [path] if path.partition(".")[0] in PARTS else [f"{part}.{path}" for part in ("properties", "traits")]
