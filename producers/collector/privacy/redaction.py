"""What a source does not want to know is taken out of an event before anything is written."""

import re
from collections.abc import Callable
from typing import Any, Final

from msgspec import DecodeError
from msgspec.json import Decoder

from producers.collector.door.addresses import shortened
from producers.collector.privacy.lists import Lists
from producers.collector.privacy.urls import CLICK_IDS, Urls
from producers.collector.sources import Source
from schemas.codec import encode

__all__ = ["HARMFUL_NAMES", "Redaction"]

# Names that harm programs which copy what they are sent into objects. Nothing of ours does, so they are not looked for
# in what stays as it came.
HARMFUL_NAMES: Final = frozenset({"__proto__", "constructor", "prototype"})
IDS: Final = frozenset({"anonymousid", "groupid", "messageid", "previousid", "type", "userid"})
_BEHIND_ADDRESS: Final = re.compile(rb'[?#][^\s"]*|(?<=//)[^\s"/]*@')
_decode: Final[Callable[[bytes], Any]] = Decoder().decode


class Redaction:
    """What one source takes out. Names and dotted paths count in any case. `click_ids`: whether they may be kept."""

    def __init__(self, policy: Source, *, click_ids: bool = True) -> None:
        left_out = () if click_ids else CLICK_IDS
        self._urls = Urls(one for one in policy.url_parameters if one.casefold() not in left_out)
        self._lists = Lists(policy) if policy.properties_allow or policy.properties_deny else None

    def might_change(self, raw: bytes) -> bool:
        """Whether an event's JSON text may hold something to take out: quick, never wrongly false."""
        return self._urls.might_change(raw) or (self._lists is not None and self._lists.might_change(raw))

    def of(self, event: dict[str, Any], *, with_ip: bool) -> dict[str, Any]:
        """The event without it, a new value. `with_ip`: the context's address stays, shortened."""
        listed = event if self._lists is None else self._lists.of(event)
        redacted = {
            self._text(name, ""): value if _is_id(name, value) else self._cleaned(value, name)
            for name, value in listed.items()
            if name not in HARMFUL_NAMES
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
        if not raw or not (b'"ip"' in raw or self._lists is not None or self.might_change(raw)):
            return raw
        try:
            value = _decode(raw)
            redacted = self.of(value, with_ip=True) if isinstance(value, dict) else self._cleaned(value, "")
        except (ValueError, RecursionError, DecodeError):
            return b"" if self._lists is not None else _BEHIND_ADDRESS.sub(b"", raw)
        return raw if redacted == value else encode(redacted)

    def _cleaned(self, value: Any, name: str) -> Any:
        """`name`: what it is called, or the list that it is in."""
        if isinstance(value, str):
            return self._text(value, name)
        if isinstance(value, dict):
            kept = ((key, one) for key, one in value.items() if key not in HARMFUL_NAMES)
            return {self._text(key, ""): self._cleaned(one, key) for key, one in kept}
        return [self._cleaned(one, name) for one in value] if isinstance(value, list) else value

    def _text(self, text: str, name: str) -> str:
        marked = "?" in text or "#" in text or "@" in text
        return self._urls.text(text, name=name.casefold()) if marked else text


def _is_id(name: str, value: Any) -> bool:
    """Never an address, whatever it looks like."""
    return name.casefold() in IDS and isinstance(value, str)
